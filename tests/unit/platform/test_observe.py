"""What every function says about each of its invocations."""

import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from flatrender.platform import observe

CONTEXT = SimpleNamespace(aws_request_id="request-1")


class Refusal(Exception):
    pass


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    return [json.loads(line) for line in (out + err).splitlines() if line.startswith("{")]


def observed(handler: Callable[[Any, Any], Any], **given: Any) -> Callable[[Any, Any], Any]:
    """The handler, watched; the logger keeps the output it was made with, and pytest gives each test another."""
    observe.logger().registered_handler.stream = sys.stdout
    return observe.observed(handler, **given)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"requestContext": {"requestId": "api-1"}}, "api-1"),
        ({"job_id": "job-1", "tenant_id": "t"}, "job-1"),
        ({"Records": [{"messageId": "message-1"}, {"messageId": "message-2"}]}, "message-1"),
        ({"id": "event-1"}, "event-1"),
    ],
)
def test_every_log_line_says_what_it_belongs_to(
    event: dict[str, Any], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(_event: dict[str, Any], _context: Any) -> str:
        observe.logger().info("inside")
        return "answer"

    assert observed(handler)(event, CONTEXT) == "answer"
    lines = [line for line in said(capsys) if "message" in line]
    assert [line["message"] for line in lines] == ["inside", "Handled"]
    assert {line["correlation_id"] for line in lines} == {expected}
    assert {line["request_id"] for line in lines} == {"request-1"}


def test_only_the_first_invocation_is_cold(capsys: pytest.CaptureFixture[str]) -> None:
    handler = observed(lambda event, context: None)
    handler({}, CONTEXT)
    first = said(capsys)
    handler({}, CONTEXT)
    second = said(capsys)
    assert any("ColdStart" in line for line in first)
    assert not any("ColdStart" in line for line in second)
    assert any("Handled" in line for line in second)


def test_a_fault_is_logged_counted_and_raised_on(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_event: dict[str, Any], _context: Any) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        observed(handler)({}, CONTEXT)
    lines = said(capsys)
    assert any(line.get("level") == "ERROR" and "RuntimeError" in line["exception"] for line in lines)
    assert any("Faulted" in line for line in lines)


def test_a_refusal_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_event: dict[str, Any], _context: Any) -> None:
        raise Refusal

    with pytest.raises(Refusal):
        observed(handler, refusal=Refusal)({}, CONTEXT)
    lines = said(capsys)
    assert not any(line.get("level") == "ERROR" for line in lines)
    assert any("Refused" in line for line in lines)


def test_keys_of_one_invocation_do_not_reach_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    handler = observed(lambda event, context: observe.logger().append_keys(**event))
    handler({"tenant_id": "secret"}, CONTEXT)
    said(capsys)
    handler({}, CONTEXT)
    assert all("tenant_id" not in line for line in said(capsys))


def test_an_invocation_ends_with_one_line_that_is_its_metrics_too(capsys: pytest.CaptureFixture[str]) -> None:
    handler = observed(lambda event, context: observe.logger().append_keys(tenant_id="t-1", nothing=None))
    handler({"job_id": "job-1"}, CONTEXT)
    handler({"job_id": "job-2"}, CONTEXT)
    cold, warm = said(capsys)
    assert [cold["message"], cold["correlation_id"], cold["request_id"]] == ["Handled", "job-1", "request-1"]
    assert cold["tenant_id"] == "t-1"
    assert "nothing" not in cold
    assert cold["duration_ms"] == round(cold["Handled"][0], 1)
    assert [cold["cold_start"], warm["cold_start"]] == [True, False]
    (described,) = cold["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "FlatRender"
    assert described["Metrics"] == [
        {"Name": "Handled", "Unit": "Milliseconds"},
        {"Name": "ColdStart", "Unit": "Count"},
    ]
    assert cold["ColdStart"] == [1]
    (described,) = warm["_aws"]["CloudWatchMetrics"]
    assert described["Metrics"] == [{"Name": "Handled", "Unit": "Milliseconds"}]
    # What CloudWatch takes for a metric's value or dimension must be on the same level of the line.
    for line in (cold, warm):
        for dimensions in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]:
            assert set(dimensions) == {"function", "service"}
            assert all(isinstance(line[name], str) for name in dimensions)
        assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60


def test_the_last_line_has_the_form_of_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1;Sampled=0")
    observed(lambda event, context: observe.logger().info("inside"))({"id": "e"}, CONTEXT)
    inside, last = said(capsys)
    assert set(inside) - {"location"} <= set(last)
    assert last["xray_trace_id"] == inside["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert [last[key] for key in ("level", "service", "function")] == [
        inside[key] for key in ("level", "service", "function")
    ]
    for line in (inside, last):
        datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z")


def test_metrics_do_not_depend_on_the_log_level(capsys: pytest.CaptureFixture[str]) -> None:
    handler = observed(lambda event, context: observe.logger().info("inside"))
    observe.logger().setLevel("ERROR")
    try:
        handler({}, CONTEXT)
    finally:
        observe.logger().setLevel("INFO")
    (last,) = said(capsys)
    assert last["message"] == "Handled"


def test_a_logger_made_during_an_invocation_knows_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    observe.logger.cache_clear()
    seen: list[bool] = []

    def handler(_event: dict[str, Any], _context: Any) -> None:
        seen.append(observe.logger.cache_info().currsize == 0)
        observe.logger().registered_handler.stream = sys.stdout
        observe.logger().info("inside")

    observe.observed(handler)({"id": "event-1"}, CONTEXT)
    inside, last = said(capsys)
    assert seen == [True]
    assert inside["correlation_id"] == last["correlation_id"] == "event-1"


def test_a_quiet_function_needs_no_logger(capsys: pytest.CaptureFixture[str]) -> None:
    observe.logger.cache_clear()
    observe.observed(lambda event, context: None)({"id": "event-1"}, CONTEXT)
    (last,) = said(capsys)
    assert last["correlation_id"] == "event-1"
    assert observe.logger.cache_info().currsize == 0


def test_what_the_first_invocation_loaded_is_left_alone_by_later_collections() -> None:
    frozen = gc.get_freeze_count()
    handler = observed(lambda event, context: None)
    handler({}, CONTEXT)
    assert gc.get_freeze_count() > frozen
    gc.unfreeze()
    handler({}, CONTEXT)
    assert gc.get_freeze_count() == 0
