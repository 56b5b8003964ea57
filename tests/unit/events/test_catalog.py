"""The event catalog: every schema is one, says which event it describes, and refuses what is not that event."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from tests.support.events import CATALOG, assert_valid_event, schema

from flatrender.kernel.events import Event
from flatrender.kernel.ids import new_id

KEYS = sorted(path.stem for path in CATALOG.glob("*.json") if path.stem != "envelope")
OURS = {
    *(f"render.job.{what}.v1" for what in ("submitted", "started", "completed", "failed", "cancelled")),
    *(f"file.{what}.v1" for what in ("ready", "rejected", "deleted")),
}


def test_the_promised_events_are_in_the_catalog() -> None:
    assert set(KEYS) >= OURS


@pytest.mark.parametrize("path", sorted(CATALOG.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_is_a_schema(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("key", KEYS)
def test_a_schema_is_of_the_event_it_is_named_after(key: str) -> None:
    document = json.dumps(schema(key))
    assert f'"const": "{key}"' in document


@pytest.mark.parametrize("key", sorted(OURS))
def test_the_readme_lists_the_event(key: str) -> None:
    assert f"| `{key}` |" in (CATALOG / "README.md").read_text(encoding="utf-8")


def _deleted(**changed: Any) -> Event:
    data = {
        "file_id": new_id(),
        "user_id": new_id(),
        "filename": "lake.jpg",
        "kind": "image",
        "content_type": "image/jpeg",
    }
    return Event(
        type="file.deleted.v1", tenant_id=new_id(), aggregate_id=data["file_id"], sequence=2, data=data | changed
    )


def test_an_event_made_by_the_kernel_fits_its_schema() -> None:
    assert_valid_event(_deleted())


@pytest.mark.parametrize(
    "changed", [{"kind": "spreadsheet"}, {"file_id": "1"}, {"filename": ""}, {"link": "https://bucket/secret"}]
)
def test_an_event_that_deviates_is_caught(changed: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_valid_event(_deleted(**changed))


def test_a_field_that_the_envelope_does_not_have_is_caught() -> None:
    with pytest.raises(AssertionError, match="link"):
        assert_valid_event({**_deleted().model_dump(mode="json"), "link": "https://bucket/secret"})


def test_a_consumer_that_validates_takes_fields_that_were_added_since() -> None:
    registry = Registry().with_resource(
        "envelope.json", Resource.from_contents(json.loads((CATALOG / "envelope.json").read_text(encoding="utf-8")))
    )
    published = jsonschema.Draft202012Validator(schema("file.deleted.v1"), registry=registry)
    grown = {**_deleted(colour_space="srgb").model_dump(mode="json"), "region": "eu-central-1"}
    assert list(published.iter_errors(grown)) == []
    assert list(published.iter_errors({**grown, "data": {**grown["data"], "kind": "spreadsheet"}}))


@pytest.mark.parametrize("path", sorted(CATALOG.glob("*.json")), ids=lambda path: path.stem)
def test_no_published_schema_refuses_further_fields(path: Path) -> None:
    assert '"additionalProperties": false' not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("missing", ["id", "tenant_id", "aggregate_id", "sequence", "data", "occurred_at"])
def test_an_incomplete_envelope_is_caught(missing: str) -> None:
    document = _deleted().model_dump(mode="json")
    del document[missing]
    with pytest.raises(AssertionError):
        assert_valid_event(document)
