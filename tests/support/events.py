"""Events against their published schemas.

from tests.support.events import assert_valid_event, outbox_events
assert_valid_event(event)          an Event, or the dict on the wire
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from pydantic import BaseModel
from referencing import Registry, Resource

CATALOG = Path(__file__).resolve().parents[2] / "events" / "catalog"


@cache
def schema(routing_key: str) -> dict[str, Any]:
    path = CATALOG / f"{routing_key}.json"
    assert path.exists(), f"{routing_key} has no schema in events/catalog"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def closed(node: Any) -> Any:
    """The schema with every object that says nothing else about further fields refusing them.

    What is published is open, so that it may grow; what we send has the fields that are described, and no more.
    """
    if isinstance(node, list):
        return [closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {key: closed(part) for key, part in node.items()}
    # What narrows another schema describes some of its fields only.
    if isinstance(node.get("properties"), dict) and "type" in node and "$ref" not in node:
        made.setdefault("additionalProperties", False)
    return made


@cache
def _validator(routing_key: str) -> jsonschema.Draft202012Validator:
    envelope = json.loads((CATALOG / "envelope.json").read_text(encoding="utf-8"))
    registry = Registry().with_resource("envelope.json", Resource.from_contents(closed(envelope)))
    return jsonschema.Draft202012Validator(
        closed(schema(routing_key)),
        registry=registry,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def assert_valid_event(event: BaseModel | dict[str, Any]) -> None:
    """Fails with every deviation of the event from the schema of its type, undescribed fields included."""
    document = event.model_dump(mode="json") if isinstance(event, BaseModel) else event
    faults = [f"{error.json_path}: {error.message}" for error in _validator(document["type"]).iter_errors(document)]
    assert not faults, "\n".join(faults)


def outbox_events(table: str) -> list[dict[str, Any]]:
    """All events in a context's outbox (moto or a local cloud), in the order in which they happened."""
    import boto3

    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"] if item["type"]["S"] == "outbox"]
    events = [json.loads(item["body"]["S"]) for item in items]
    return sorted(events, key=lambda event: (event["occurred_at"], event["sequence"]))
