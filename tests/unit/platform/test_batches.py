"""Queue batches: what fails comes back, and nothing else."""

import json
from typing import Any

from flatrender.kernel.events import Event
from flatrender.kernel.ids import new_id
from flatrender.platform import batches


def record(event: Event) -> dict[str, Any]:
    envelope = {"detail-type": event.type, "source": "flatrender.files", "detail": event.model_dump(mode="json")}
    return {"messageId": event.id, "body": json.dumps(envelope)}


def test_events_arrive_typed_and_what_is_none_fails_alone() -> None:
    sent = Event(type="file.ready.v1", tenant_id=new_id(), aggregate_id=new_id(), data={"kind": "image"}, sequence=2)
    seen: list[Event] = []
    broken = [{"messageId": "no event", "body": '{"detail": {"id": 1}}'}, {"messageId": "no JSON", "body": "<"}]

    answer = batches.each({"Records": [*broken, record(sent)]}, lambda found: seen.append(batches.event_of(found)))

    assert seen == [sent]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "no event"}, {"itemIdentifier": "no JSON"}]}
