"""What every function says about each of its invocations."""

import json
import sys
from collections.abc import Callable
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
