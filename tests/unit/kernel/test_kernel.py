"""Ids, time, cursors, plans, errors."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from flatrender.kernel import clock, errors
from flatrender.kernel.errors import FlatRenderError, InvalidRequest, Unprocessable
from flatrender.kernel.events import Event
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import Id, derived_id, new_id
from flatrender.kernel.paging import cursor_number, cursor_text, decode_cursor, encode_cursor
from flatrender.kernel.plans import FREE, PLANS, plan_of

IDS = TypeAdapter(Id)


def test_ids_are_version_four() -> None:
    assert UUID(new_id()).version == 4
    assert IDS.validate_python(new_id().upper()).islower()


@pytest.mark.parametrize(
    "value", ["", "x" * 36, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "{00000000-0000-4000-8000-000000000001}"]
)
def test_other_ids_are_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        IDS.validate_python(value)


def test_a_derived_id_is_the_same_every_time_and_is_valid() -> None:
    namespace = new_id()
    assert derived_id(namespace, "a") == derived_id(namespace, "a") != derived_id(namespace, "b")
    assert IDS.validate_python(derived_id(namespace, "a"))


MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert clock.isoformat(first) <= clock.isoformat(second)


def test_moments_are_written_in_utc() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert clock.isoformat(datetime(2026, 5, 27, 13, 45, 0, 123999, tzinfo=tehran)) == "2026-05-27T10:15:00.123Z"


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none())))
def test_a_cursor_comes_back(key: dict[str, Any]) -> None:
    assert decode_cursor(encode_cursor(key)) == key


@given(st.text(max_size=60))
def test_another_cursor_is_refused_or_a_mapping(text: str) -> None:
    try:
        key = decode_cursor(text)
    except InvalidRequest:
        return
    assert isinstance(key, dict)


@pytest.mark.parametrize("key", [{"after": "\ud800"}, {"\udfff": 1}, {"after": ["\ud83d"]}])
def test_a_cursor_of_no_text_is_refused(key: dict[str, Any]) -> None:
    """JSON can write half a surrogate pair; no table takes it for a key."""
    with pytest.raises(InvalidRequest):
        decode_cursor(encode_cursor(key))


@pytest.mark.parametrize("value", ["", "x" * 129, "\u06f0" * 1000, None, 1, ["x"], {"S": "x"}])
def test_a_part_of_a_cursor_that_no_key_can_be_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest):
        cursor_text(value)
    assert cursor_text("x" * 128) == "x" * 128


@pytest.mark.parametrize("value", [-1, 2**53, 10**400, True, 1.0, "1", None, [1]])
def test_a_part_of_a_cursor_that_is_no_count_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest):
        cursor_number(value)
    assert cursor_number(0) == 0
    assert cursor_number(-1, signed=True) == -1


def test_an_unknown_tier_gets_the_smallest_plan() -> None:
    assert plan_of("gold") is FREE
    assert [plan_of(code).code for code in PLANS] == list(PLANS)


def test_a_dearer_plan_never_gives_less() -> None:
    plans = sorted(PLANS.values(), key=lambda plan: plan.price_minor)
    for name in (
        "seconds_charge",
        "storage_bytes",
        "max_files",
        "max_upload_bytes",
        "parallel_renders",
        "max_render_seconds",
    ):
        given_by = [getattr(plan, name) for plan in plans]
        assert given_by == sorted(given_by), name


def test_every_error_has_a_status_a_code_and_advice() -> None:
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, FlatRenderError)
    ]
    assert len({error.code for error in classes}) == len(classes)
    for error in classes:
        assert 400 <= error.status <= 599
        assert error.message.endswith(".")


def test_an_error_carries_its_faults() -> None:
    fault = Fault(pointer="/a", code="missing", message="'a' is required.")
    assert Unprocessable(faults=[fault], extra=1).details == {"extra": 1, "faults": [fault.model_dump()]}


@pytest.mark.parametrize("name", ["render.job.completed", "Render.job.v1", "render.v0", "job.v1 ", "render..v1"])
def test_an_events_type_ends_in_its_version(name: str) -> None:
    with pytest.raises(ValidationError):
        Event(type=name, tenant_id="t", aggregate_id="a", sequence=1, data={})


def test_events_count_from_one() -> None:
    with pytest.raises(ValidationError):
        Event(type="a.b.v1", tenant_id="t", aggregate_id="a", sequence=0, data={})
