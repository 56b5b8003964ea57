"""Makes ministack's Step Functions try again as AWS does when Lambda has no room for a call.

ministack names no error for a call that was throttled, so that a state machine cannot tell it from a function that
failed. And it waits between attempts for the whole of the doubled interval, a minute at most: `MaxDelaySeconds` and
`JitterStrategy` are not looked at.
"""

import json
import random
from typing import Any

from ministack.services import stepfunctions

THROTTLED = "TooManyRequestsException"

_original_call = stepfunctions._call_lambda  # noqa: SLF001 - ministack has no extension points
_original_retrier = stepfunctions._find_matching_retrier  # noqa: SLF001
_Failure = stepfunctions._ExecutionError  # noqa: SLF001


def install() -> None:
    stepfunctions._call_lambda = call  # noqa: SLF001
    stepfunctions._find_matching_retrier = retrier  # noqa: SLF001


def call(function: str, event: Any) -> Any:
    """Raises _Failure; named as AWS names it when the function was throttled."""
    try:
        return _original_call(function, event)
    except _Failure as failure:
        if failure.error == "Lambda.Unknown" and _type(failure.cause) == THROTTLED:
            raise _Failure(f"Lambda.{THROTTLED}", failure.cause) from failure
        raise


def _type(cause: str) -> str:
    try:
        told = json.loads(cause)
    except ValueError:
        return ""
    return str(told.get("__type", "")) if isinstance(told, dict) else ""


def retrier(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> tuple[dict[str, Any] | None, int]:
    """The retrier that decides, as one whose interval is what is to be waited now; None and -1 when there is none."""
    found, index = _original_retrier(retriers, error, counts)
    if found is None:
        return None, -1
    seconds = found.get("IntervalSeconds", 1) * found.get("BackoffRate", 2.0) ** counts.get(index, 0)
    seconds = min(seconds, found.get("MaxDelaySeconds", seconds))
    if found.get("JitterStrategy") == "FULL":
        seconds = random.uniform(0, seconds)  # noqa: S311 - no secret
    return found | {"IntervalSeconds": seconds, "BackoffRate": 1}, index
