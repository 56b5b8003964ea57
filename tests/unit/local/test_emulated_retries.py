"""How the local Step Functions tries again. It is in another environment; what is changed of it stands in here."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

LOCAL = Path(__file__).parents[3] / "infra/local"
THROTTLED = "Lambda.TooManyRequestsException"
BUSY = {
    "ErrorEquals": [THROTTLED],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxDelaySeconds": 30,
    "JitterStrategy": "FULL",
    "MaxAttempts": 100,
}
PLAIN = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3}


class ExecutionError(Exception):
    def __init__(self, error: str, cause: str) -> None:
        self.error, self.cause = error, cause


def _call_lambda(function: str, event: Any) -> Any:
    """As ministack's: a throttled call is an error without a type."""
    if isinstance(event, ExecutionError):
        raise event
    return {function: event}


def _find_matching_retrier(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> Any:
    """As ministack's."""
    for index, retrier in enumerate(retriers):
        if {"States.ALL", error} & set(retrier["ErrorEquals"]):
            return (None, -1) if counts.get(index, 0) >= retrier.get("MaxAttempts", 3) else (retrier, index)
    return None, -1


@pytest.fixture(name="states", autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    states = SimpleNamespace(
        _call_lambda=_call_lambda, _find_matching_retrier=_find_matching_retrier, _ExecutionError=ExecutionError
    )
    for name, content in {"ministack": {}, "ministack.services": {"stepfunctions": states}}.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(str(LOCAL))
    importlib.import_module("emulated_retries").install()
    yield states
    sys.modules.pop("emulated_retries")


def test_a_throttled_call_has_the_name_that_aws_gives_it(states: SimpleNamespace) -> None:
    cause = json.dumps({"__type": "TooManyRequestsException", "message": "Rate Exceeded"})
    with pytest.raises(ExecutionError) as failure:
        states._call_lambda("work", ExecutionError("Lambda.Unknown", cause))
    assert (failure.value.error, failure.value.cause) == (THROTTLED, cause)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("ValueError", '{"errorType": "ValueError", "__type": "TooManyRequestsException"}'),
        ("Lambda.Unknown", '{"errorMessage": "timed out"}'),
        ("Lambda.Unknown", '["TooManyRequestsException"]'),
        ("Lambda.Unknown", "TooManyRequestsException"),
    ],
)
def test_every_other_failure_keeps_its_name(states: SimpleNamespace, error: str, cause: str) -> None:
    with pytest.raises(ExecutionError) as failure:
        states._call_lambda("work", ExecutionError(error, cause))
    assert (failure.value.error, failure.value.cause) == (error, cause)


def test_an_answer_is_passed_on(states: SimpleNamespace) -> None:
    assert states._call_lambda("work", 1) == {"work": 1}


def seconds(states: SimpleNamespace, error: str, counts: dict[int, int]) -> float:
    """What ministack would wait, as it reckons it."""
    found, index = states._find_matching_retrier([BUSY, PLAIN], error, counts)
    waited: float = found["IntervalSeconds"] * found["BackoffRate"] ** counts.get(index, 0)
    return waited


def test_the_wait_is_drawn_by_lot_and_bounded(states: SimpleNamespace) -> None:
    for attempt, most in ((0, 1), (3, 8), (5, 30), (99, 30)):
        drawn = [seconds(states, THROTTLED, {0: attempt}) for _ in range(200)]
        assert 0 <= min(drawn) < 0.2 * most < 0.8 * most < max(drawn) <= most


def test_without_a_bound_and_without_a_lot_it_doubles(states: SimpleNamespace) -> None:
    assert [seconds(states, "ValueError", {1: attempt}) for attempt in range(3)] == [2, 4, 8]


def test_attempts_come_to_an_end(states: SimpleNamespace) -> None:
    assert states._find_matching_retrier([BUSY, PLAIN], THROTTLED, {0: 100}) == (None, -1)
    assert states._find_matching_retrier([BUSY], "ValueError", {}) == (None, -1)
