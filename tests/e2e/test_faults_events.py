"""What happens when events come twice, late and out of order, and when a step of the pipeline fails."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from boto3.dynamodb.types import TypeSerializer
from tests.support.books import assert_balanced, assert_nothing_unnamed, spent
from tests.support.people import User, film
from tests.support.stack import Stack
from websockets.sync.client import connect

from flatrender_cli.watch import Watcher

CONTEXTS = ("identity", "files", "render")


def outbox(stack: Stack, tenant_id: str, *aggregates: str) -> list[dict[str, Any]]:
    """The events that were published about some aggregates, oldest first."""
    found = []
    for context in CONTEXTS:
        for item in stack.items(context):
            event = json.loads(item["body"]) if item["type"] == "outbox" else {}
            if event and event["tenant_id"] == tenant_id and event["aggregate_id"] in aggregates:
                found.append(event)
    return sorted(found, key=lambda event: event["occurred_at"])


def publish(stack: Stack, events: list[dict[str, Any]]) -> None:
    """Puts events on the bus as the relay does."""
    words = {"file": "files"}
    for batch in batched(events, 10, strict=False):
        entries = [
            {
                "Source": f"flatrender.{words.get(event['type'].partition('.')[0], event['type'].partition('.')[0])}",
                "DetailType": event["type"],
                "Detail": json.dumps(event),
                "EventBusName": stack.resources["EventBus"],
            }
            for event in batch
        ]
        answer = stack.client("events").put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0, answer


def queues(stack: Stack) -> dict[str, str]:
    """SQS queues by logical id; a Batch queue's physical id is no address."""
    return {name: url for name, url in stack.resources.items() if name.endswith("Queue") and url.startswith("http")}


def waiting(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


def drained(stack: Stack, *, timeout: float = 30) -> None:
    """Waits until every consumer has taken what it was sent."""
    deadline = time.monotonic() + timeout
    while True:
        left = {
            name: count
            for name, url in queues(stack).items()
            if not name.endswith("DeadLetterQueue") and (count := waiting(stack, url))
        }
        if not left:
            return
        assert time.monotonic() < deadline, f"queues do not drain: {left}"
        time.sleep(0.1)


def dead_letters(stack: Stack) -> dict[str, int]:
    return {name: waiting(stack, url) for name, url in queues(stack).items() if name.endswith("DeadLetterQueue")}


def state_of(stack: Stack, user: User, job_id: str, file_id: str) -> dict[str, Any]:
    """Everything that a user can see, and the pipeline's executions."""
    executions = stack.client("stepfunctions").list_executions(stateMachineArn=stack.resources["RenderStateMachine"])
    job = user.api.get(f"/v1/renders/{job_id}")
    file = user.api.get(f"/v1/files/{file_id}")
    return {
        "job": {name: value for name, value in job.items() if name != "result"},
        "file": {name: value for name, value in file.items() if "url" not in name and "links" not in name},
        "balance": user.api.get("/v1/users/me/balance"),
        "me": user.api.get("/v1/users/me"),
        "executions": sum(1 for execution in executions["executions"] if execution["name"] == job_id),
        "objects": {key for key in stack.objects() if job_id in key or file_id in key},
    }


@pytest.fixture(scope="module")
def finished(make_user: Callable[..., User], two_photos: tuple[Path, Path]) -> tuple[User, str, str]:
    """A user with a checked file and a completed render of it."""
    user = make_user()
    (file_id,) = user.upload(two_photos[0])
    composition = film(1)
    composition["scenes"][0]["layers"].insert(0, {"type": "image", "asset": file_id})
    run = user.render({"composition": composition})
    assert run.ended["status"] == "completed"
    return user, run.id, file_id


def test_every_event_twice_and_backwards_changes_nothing(stack: Stack, finished: tuple[User, str, str]) -> None:
    user, job_id, file_id = finished
    events = outbox(stack, user.tenant_id, job_id, file_id, user.account.user_id)
    kinds = {event["type"] for event in events}
    assert {"render.job.submitted.v1", "render.job.started.v1", "render.job.completed.v1"} <= kinds, kinds
    assert any(kind.startswith("file.") for kind in kinds)
    assert any(kind.startswith("identity.") for kind in kinds)
    drained(stack)
    before, dead = state_of(stack, user, job_id, file_id), dead_letters(stack)
    publish(stack, [*reversed(events), *events, *reversed(events)])
    time.sleep(0.5)
    drained(stack)
    assert state_of(stack, user, job_id, file_id) == before
    assert dead_letters(stack) == dead
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def test_the_relay_and_the_tracker_may_read_the_stream_again(stack: Stack, finished: tuple[User, str, str]) -> None:
    """The streams' own consumers, called with every record of the job twice over and in reverse."""
    user, job_id, file_id = finished
    drained(stack)
    before = state_of(stack, user, job_id, file_id)
    items = [item for item in stack.items("render") if job_id in item["pk"]]
    records = [record(item, number) for number, item in enumerate(items)]
    again = {"Records": [*reversed(records), *records]}
    for consumer in ("TrackFunction", "RelayFunction"):
        answer = stack.invoke(consumer, again)
        assert answer == {"batchItemFailures": []}, (consumer, answer)
    drained(stack)
    assert state_of(stack, user, job_id, file_id) == before
    with connect(f"{user.endpoints.socket}?v=1&token={user.account.access_token}", legacy=True) as late:
        late.send(json.dumps({"action": "subscribe", "job_id": job_id}))
        first = json.loads(late.recv(timeout=10))
    assert first["type"] == "completed", "the job was closed once, and stays so"


def record(item: dict[str, Any], number: int) -> dict[str, Any]:
    """A stream record of an item as it is now."""
    encode = TypeSerializer().serialize
    image = {name: encode(value) for name, value in item.items()}
    return {
        "eventID": uuid4().hex,
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": json.loads(json.dumps(image, default=_binary)),
            "SequenceNumber": f"{number + 1:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def _binary(value: object) -> str:
    import base64

    return base64.b64encode(bytes(value)).decode()  # type: ignore[call-overload] # what JSON lacks here is bytes


def test_an_event_that_starts_a_running_job_again_starts_nothing(stack: Stack, user: User) -> None:
    def disturb(job_id: str, message: dict[str, Any]) -> None:
        if message["seq"] in {1, 3, 5}:
            publish(stack, outbox(stack, user.tenant_id, job_id) * 2)

    run = user.render({"composition": film(3)}, disturb)
    drained(stack)
    executions = stack.client("stepfunctions").list_executions(stateMachineArn=stack.resources["RenderStateMachine"])
    assert sum(execution["name"] == run.id for execution in executions["executions"]) == 1
    assert run.ended["status"] == "completed"
    assert spent(user) == run.ended["seconds"]["billed"]
    assert_balanced(stack, user)


@pytest.fixture
def broken(stack: Stack) -> Iterator[Callable[[str, bool], None]]:
    """Makes a function fail each time it is called, and mends it. Throttled, it would not fail but be waited for."""
    handlers: dict[str, str] = {}
    client = stack.client("lambda")

    def mend(name: str) -> None:
        client.update_function_configuration(FunctionName=name, Handler=handlers.pop(name))
        client.get_waiter("function_updated_v2").wait(FunctionName=name)

    def switch(logical_id: str, off: bool) -> None:
        name = stack.resources[logical_id]
        if off:
            handlers[name] = client.get_function_configuration(FunctionName=name)["Handler"]
            client.update_function_configuration(FunctionName=name, Handler="gone.handler")
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
        else:
            mend(name)

    yield switch
    for name in list(handlers):
        mend(name)


@pytest.mark.parametrize("step", ["AssembleFunction", "VerifyFunction", "PublishFunction"])
def test_a_step_that_fails_once_is_tried_again(
    stack: Stack, user: User, broken: Callable[[str, bool], None], step: str
) -> None:
    broken(step, True)
    with Watcher(user.endpoints.socket, user.account.access_token) as watcher:
        job = user.submit({"composition": film(1)})
        failed = waited_for_failure(stack, job["id"], step)
        broken(step, False)
        assert failed, "the step was meant to fail"
        closing = list(watcher.messages(job["id"]))[-1]
    assert closing["type"] == "completed", closing
    assert spent(user) == user.api.get(f"/v1/renders/{job['id']}")["seconds"]["billed"] == 1
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def test_a_step_that_keeps_failing_gives_the_seconds_back(
    stack: Stack, user: User, broken: Callable[[str, bool], None]
) -> None:
    before = user.api.get("/v1/users/me/balance")["available_seconds"]
    broken("AssembleFunction", True)
    run = user.render({"composition": film(1)})
    assert run.told[-1].message["type"] == "failed"
    assert run.ended["status"] == "failed"
    assert run.ended["error"]["message"]
    assert run.ended["result"] is None
    assert user.api.get("/v1/users/me/balance")["available_seconds"] == before
    assert spent(user) == 0
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def waited_for_failure(stack: Stack, job_id: str, logical_id: str, *, timeout: float = 30) -> bool:
    """True once the execution's history has a failed call of a function."""
    machine = stack.resources["RenderStateMachine"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{job_id}"
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            history = stack.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=500)
        except stack.client("stepfunctions").exceptions.ExecutionDoesNotExist:
            history = {"events": []}
        for event in history["events"]:
            if event["type"] in {"TaskFailed", "LambdaFunctionFailed", "TaskSubmitFailed"}:
                return True
        time.sleep(0.1)
    return False
