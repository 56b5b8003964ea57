"""The consumer helper: once per event, nothing stale, and only failures come back."""

import json
from typing import Any

import pytest

from flatrender.kernel.events import Event
from flatrender.kernel.ids import new_id
from flatrender.platform import consumer

INBOX = consumer.inbox_of("progress")
TENANT, FILE = new_id(), new_id()


def _event(sequence: int = 1, **given: Any) -> Event:
    return Event(
        **{"type": "file.ready.v1", "tenant_id": TENANT, "aggregate_id": FILE, "data": {}} | given, sequence=sequence
    )


def _record(event: Event, message_id: str | None = None) -> dict[str, Any]:
    envelope = {"detail-type": event.type, "source": "flatrender.files", "detail": event.model_dump(mode="json")}
    return {"messageId": message_id or event.id, "body": json.dumps(envelope)}


class Handler:
    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.seen: list[Event] = []

    def __call__(self, event: Event) -> None:
        if event.id in self.failing:
            raise RuntimeError("the handler's own trouble")
        self.seen.append(event)


def _consume(handler: Handler, *records: dict[str, Any], name: str = "test", **given: Any) -> list[str]:
    answer = consumer.consume({"Records": list(records)}, handler, name=name, inbox=INBOX, **given)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.usefixtures("aws")
class TestConsume:
    def test_events_reach_the_handler_typed(self) -> None:
        handler, event = Handler(), _event(data={"file_id": FILE})
        assert _consume(handler, _record(event)) == []
        assert handler.seen == [event]

    def test_a_double_delivery_is_handled_once(self) -> None:
        handler, event = Handler(), _event()
        assert _consume(handler, _record(event, "a"), _record(event, "b")) == []
        assert _consume(handler, _record(event, "c")) == []
        assert handler.seen == [event]

    def test_a_stale_event_is_dropped(self) -> None:
        handler, first, second = Handler(), _event(1), _event(2)
        assert _consume(handler, _record(second), _record(first)) == []
        assert handler.seen == [second]

    def test_other_aggregates_and_tenants_have_their_own_order(self) -> None:
        handler = Handler()
        events = [_event(5), _event(1, aggregate_id=new_id()), _event(1, tenant_id=new_id())]
        assert _consume(handler, *map(_record, events)) == []
        assert handler.seen == events

    def test_who_does_not_care_for_order_gets_everything(self) -> None:
        handler, events = Handler(), [_event(2), _event(1)]
        assert _consume(handler, *map(_record, events), ordered=False) == []
        assert handler.seen == events

    def test_consumers_do_not_take_events_from_each_other(self) -> None:
        one, two, event = Handler(), Handler(), _event()
        _consume(one, _record(event), name="one")
        _consume(two, _record(event), name="two")
        assert one.seen == two.seen == [event]

    def test_only_the_failure_comes_back_and_is_handled_then(self) -> None:
        bad, good = _event(1), _event(1, aggregate_id=new_id())
        handler = Handler(bad.id)
        assert _consume(handler, _record(bad), _record(good)) == [bad.id]
        handler.failing.clear()
        assert _consume(handler, _record(bad)) == []
        assert handler.seen == [good, bad]

    def test_a_message_that_is_no_event_fails_alone(self) -> None:
        handler, event = Handler(), _event()
        assert _consume(handler, {"messageId": "x", "body": '{"detail": {"id": 1}}'}, _record(event)) == ["x"]
        assert handler.seen == [event]

    def test_an_event_that_another_invocation_handles_waits(self) -> None:
        event = _event()
        busy = Handler()

        class Slow(Handler):
            def __call__(self, given: Event) -> None:
                assert _consume(busy, _record(given, "second")) == ["second"]
                super().__call__(given)

        slow = Slow()
        assert _consume(slow, _record(event, "first")) == []
        assert _consume(busy, _record(event, "second")) == []
        assert slow.seen == [event]
        assert busy.seen == []

    def test_a_claim_of_a_handler_that_died_lapses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event, handler = _event(), Handler()

        def die(given: Event) -> None:
            raise SystemExit

        with pytest.raises(SystemExit):
            consumer.consume({"Records": [_record(event)]}, die, name="test", inbox=INBOX)
        assert _consume(handler, _record(event)) == [event.id]
        later = consumer.epoch() + consumer.CLAIM_SECONDS + 1
        monkeypatch.setattr(consumer, "epoch", lambda: later)
        assert _consume(handler, _record(event)) == []
        assert handler.seen == [event]
