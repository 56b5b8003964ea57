"""Queue batches, one record at a time: what fails is tried again, what succeeded is not."""

import json
from collections.abc import Callable
from typing import Any

from flatrender.kernel.events import Event
from flatrender.platform import observe
from flatrender.platform.clients import client

Response = dict[str, list[dict[str, str]]]


FIRST_RETRY, LONGEST_RETRY = 20, 600
"""Seconds until a failed message is tried again, doubled each time."""


def each(event: dict[str, Any], handle: Callable[[dict[str, Any]], None], *, queue_url: str = "") -> Response:
    """Calls `handle` with each SQS record of a batch, and reports as failed those for which it raised.

    These come back when the queue's visibility timeout is over, which must be long enough for a function that hangs.
    With `queue_url`, the queue that they are of, they come back soon. The event source mapping must have
    `FunctionResponseTypes: [ReportBatchItemFailures]`.
    """
    failed = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception:  # noqa: BLE001 - whatever it was: this record is tried again, the others are not
            observe.logger().exception("record failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
            if queue_url:
                _show_soon(queue_url, record)
    return {"batchItemFailures": failed}


def retry_seconds(received: int) -> int:
    """How long a message is hidden that failed when it was received for the `received`-th time, from 1."""
    seconds: int = min(FIRST_RETRY * 2 ** (received - 1), LONGEST_RETRY)
    return seconds


def _show_soon(queue_url: str, record: dict[str, Any]) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    seconds = retry_seconds(int(record["attributes"]["ApproximateReceiveCount"]))
    try:
        client("sqs").change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
        )
    except (BotoCoreError, ClientError):  # it comes back later
        observe.logger().warning("a message stays hidden", extra={"message_id": record["messageId"]}, exc_info=True)


def event_of(record: dict[str, Any]) -> Event:
    """The event in an SQS record that holds EventBridge's envelope.

    Raises pydantic's ValidationError, KeyError or ValueError: it is not one of ours.
    """
    return Event.model_validate(json.loads(record["body"])["detail"])
