"""The relay: outbox items in, events on the bus, failures reported back."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import pytest

from flatrender.kernel.events import Event
from flatrender.kernel.ids import new_id
from flatrender.platform import clients
from flatrender.platform.settings import settings

Load = Callable[[str], ModuleType]


def _event(**given: Any) -> Event:
    file_id = new_id()
    known: dict[str, Any] = {
        "type": "file.deleted.v1",
        "tenant_id": new_id(),
        "aggregate_id": file_id,
        "sequence": 2,
        "data": {
            "file_id": file_id,
            "user_id": new_id(),
            "filename": "لیک.jpg",
            "kind": "image",
            "content_type": "image/jpeg",
        },
    }
    return Event(**known | given)


def _record(event: Event | str, number: int = 1, **changed: Any) -> dict[str, Any]:
    body = event if isinstance(event, str) else event.model_dump_json()
    image = {"pk": {"S": "TENANT#t#OUTBOX#a"}, "type": {"S": "outbox"}, "body": {"S": body}}
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(number), "NewImage": image},
    } | changed


@pytest.fixture
def bus(aws: None) -> Callable[[], list[dict[str, Any]]]:
    """What arrived on the bus: a queue behind a rule that lets everything of ours through."""
    queue = boto3.client("sqs").create_queue(QueueName="everything")["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    events = boto3.client("events")
    pattern = json.dumps({"source": [{"prefix": "flatrender."}]})
    events.put_rule(Name="all", EventBusName=settings().event_bus, EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName=settings().event_bus, Targets=[{"Id": "queue", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while messages := boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                boto3.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    return read


def test_an_outbox_item_becomes_an_event_on_the_bus(bus: Callable[[], list[dict[str, Any]]], load: Load) -> None:
    event = _event()
    answer = load("events/relay").handler({"Records": [_record(event)]}, None)
    [arrived] = bus()
    assert answer == {"batchItemFailures": []}
    assert arrived["source"] == "flatrender.files"
    assert arrived["detail-type"] == "file.deleted.v1"
    assert arrived["detail"] == event.model_dump(mode="json")


def test_batches_larger_than_put_events_takes_all_arrive(bus: Callable[[], list[dict[str, Any]]], load: Load) -> None:
    events = [_event() for _ in range(37)]
    load("events/relay").handler({"Records": [_record(event, n) for n, event in enumerate(events)]}, None)
    assert {arrived["detail"]["id"] for arrived in bus()} == {event.id for event in events}


def test_items_that_are_no_news_are_left_alone(bus: Callable[[], list[dict[str, Any]]], load: Load) -> None:
    removed = _record(_event(), eventName="REMOVE")
    job = _record(_event())
    job["dynamodb"]["NewImage"]["type"] = {"S": "job"}
    assert load("events/relay").handler({"Records": [removed, job]}, None) == {"batchItemFailures": []}
    assert bus() == []


def test_an_unreadable_item_is_reported_and_does_not_hold_up_the_others(
    bus: Callable[[], list[dict[str, Any]]], load: Load
) -> None:
    good = _event()
    answer = load("events/relay").handler({"Records": [_record("not json", 7), _record(good, 8)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert [arrived["detail"]["id"] for arrived in bus()] == [good.id]


class _Moody:
    """An EventBridge that refuses some entries by their place, call by call."""

    def __init__(self, *refused: set[int]) -> None:
        self.refused = list(refused)
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - botocore's name
        self.calls.append(Entries)
        refused = self.refused.pop(0) if self.refused else set()
        return {
            "Entries": [
                {"ErrorCode": "ThrottlingException"} if place in refused else {"EventId": "1"}
                for place in range(len(Entries))
            ]
        }


def _with(bus: _Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    from flatrender.events import relay

    monkeypatch.setattr(relay, "client", lambda service: bus)
    monkeypatch.setattr(relay.time, "sleep", lambda seconds: None)


def test_only_what_was_refused_is_put_again(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    moody = _Moody({1})
    _with(moody, monkeypatch)
    events = [_event() for _ in range(3)]
    answer = load("events/relay").handler({"Records": [_record(event, n) for n, event in enumerate(events)]}, None)
    assert answer == {"batchItemFailures": []}
    assert [json.loads(entry["Detail"])["id"] for entry in moody.calls[1]] == [events[1].id]


def test_what_stays_refused_is_reported_by_its_place_in_the_stream(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    moody = _Moody({0, 2}, {1}, {0})
    _with(moody, monkeypatch)
    records = [_record(_event(), number) for number in (101, 102, 103)]
    assert load("events/relay").handler({"Records": records}, None) == {
        "batchItemFailures": [{"itemIdentifier": "103"}]
    }


def test_a_bus_that_is_down_fails_the_whole_batch(aws: None, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_BUS", "no-such-bus")
    settings.cache_clear()
    clients.client.cache_clear()
    monkeypatch.setattr("flatrender.events.relay.time.sleep", lambda seconds: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flatrender.events.relay.client", _down)
        answer = load("events/relay").handler({"Records": [_record(_event(), 1), _record(_event(), 2)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}


def _down(service: str) -> Any:
    from botocore.exceptions import EndpointConnectionError

    class Down:
        def put_events(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://events")

    return Down()


def test_large_events_are_spread_over_calls(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    moody = _Moody()
    _with(moody, monkeypatch)
    records = [_record(_event(data={"text": "x" * 100_000}), number) for number in range(4)]
    load("events/relay").handler({"Records": records}, None)
    assert [len(call) for call in moody.calls] == [2, 2]


def test_the_relay_looks_for_the_type_of_items_that_the_outbox_writes() -> None:
    from flatrender.events import relay
    from flatrender.platform import outbox

    assert relay.OUTBOX == outbox.OUTBOX
