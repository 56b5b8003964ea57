"""What fails for a moment is tried again in a moment: the queue hides a message for twelve minutes, as it must."""

import json
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError
from tests.functional.files.conftest import Bucket, picture

from flatrender.files import repository
from flatrender.files.usage import Usage
from flatrender.kernel.ids import new_id
from flatrender.platform import storage
from flatrender.platform.settings import settings

HIDDEN_SECONDS = 720


@pytest.fixture
def queue(aws: None, monkeypatch: pytest.MonkeyPatch) -> str:
    made = boto3.client("sqs").create_queue(
        QueueName="uploads", Attributes={"VisibilityTimeout": str(HIDDEN_SECONDS), "ReceiveMessageWaitTimeSeconds": "0"}
    )
    monkeypatch.setenv("UPLOADS_QUEUE_URL", made["QueueUrl"])
    settings.cache_clear()
    return str(made["QueueUrl"])


def receive(queue: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    [message] = boto3.client("sqs").receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }


def hidden(message_id: str) -> float:
    """For how many more seconds the queue hides a message."""
    [queue] = sqs_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].queues.values()
    [message] = [one for one in queue._messages if one.id == message_id]
    return float(message.visible_at) / 1000 - time.time()


@pytest.mark.parametrize(("times", "seconds"), [(1, 20), (2, 40), (3, 80), (6, 600)])
def test_a_failed_message_comes_back_soon(
    *, queue: str, ask: Any, bucket: Bucket, caller: Any, load: Callable[[str], ModuleType], times: int, seconds: int
) -> None:
    who, content = caller(), picture()
    file_id = ask(who, size=len(content)).json["file"]["id"]
    key = storage.upload_key(who.tenant_id, file_id)
    bucket.put(key, content)
    item = repository.get(who.tenant_id, file_id)
    assert item is not None
    repository.claim(item, "somebody else's")
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"detail": {"object": {"key": key}}}))
    record = receive(queue)
    record["attributes"]["ApproximateReceiveCount"] = str(times)
    assert hidden(record["messageId"]) > HIDDEN_SECONDS - 60
    answer = load("files/probe").handler({"Records": [record]}, None)
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == [record["messageId"]]
    assert seconds - 10 < hidden(record["messageId"]) <= seconds


def test_a_queue_that_does_not_listen_changes_nothing(
    queue: str, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = {"messageId": "1", "body": "{", "receiptHandle": "gone", "attributes": {"ApproximateReceiveCount": "1"}}
    answer = load("files/probe").handler({"Records": [record]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_claim_waits_for_a_transaction_to_end(
    *, ask: Any, bucket: Bucket, caller: Any, probe: Any, read: Any, refuse_updates: Any
) -> None:
    who, content = caller(), picture()
    file_id = ask(who, size=len(content)).json["file"]["id"]
    key = storage.upload_key(who.tenant_id, file_id)
    bucket.put(key, content)
    refused = refuse_updates(2)
    assert probe(key) == []
    assert len(refused) == 2
    assert read(who, file_id).json["status"] == "ready"


def test_a_users_usage_outlasts_many_conflicts(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB refuses a transaction while another one has hold of the item."""
    write, refused = Connection.transact_write_items, []

    def contended(connection: Connection, **given: Any) -> Any:
        if len(refused) < 12:
            refused.append(given)
            reasons = [CancellationReason(code="TransactionConflict", message="busy")]
            told = {"Error": {"Code": "TransactionCanceledException"}}
            cause = VerboseClientError(told, "TransactWriteItems", cancellation_reasons=reasons)
            raise TransactWriteError("busy", cause)
        return write(connection, **given)

    monkeypatch.setattr(Connection, "transact_write_items", contended)
    tenant_id, user_id = new_id(), new_id()

    def change(usage: Usage) -> Usage:
        return usage.reject("file", "image", 2**31)

    repository.with_usage(tenant_id, user_id, change, [])
    assert set(repository.usage(tenant_id, user_id).passing) == {"file"}
    assert len(refused) == 12
