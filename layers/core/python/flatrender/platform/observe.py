"""Structured logs, metrics and traces; Powertools' logger, metrics and tracer are made on first use.

    handler = observed(handler)

gives every function the same three: log lines that carry a correlation id, a duration and a cold start as metrics,
and a subsegment in the traces that X-Ray samples.

An invocation ends with one line that is both: a structured log line, whose fields can be queried, and its metrics in
CloudWatch's embedded format. A function that says nothing else never makes a logger.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, wraps
from typing import Any

NAMESPACE = "FlatRender"

type Handler[Event, Answer] = Callable[[Event, Any], Answer]


_OF_EACH_LINE = frozenset(("level", "location", "message", "timestamp", "service"))
"""What Powertools keeps among a logger's keys, and is said of each line anew."""

_invocation: dict[str, Any] = {}
"""What every log line of the invocation in progress carries."""


@cache
def logger() -> Any:
    """The JSON logger. `logger().append_keys(job_id=…)` correlates what follows in this invocation."""
    from aws_lambda_powertools.logging import Logger

    made = Logger(service=_service())
    made.append_keys(**_invocation)
    return made


def count(name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Writes one metric in CloudWatch's embedded format: a log line, no call."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as metric:
        for key, dimension in dimensions.items():
            metric.add_dimension(name=key, value=dimension)


def observed[Event, Answer](
    handler: Handler[Event, Answer], *, refusal: type[Exception] | None = None
) -> Handler[Event, Answer]:
    """Wraps a Lambda handler. What it raises is logged with its trace, counted as a fault, and raised on.

    `refusal`: an exception that is an answer, not a fault (the authorizer's).
    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")
    cold = True

    @wraps(handler)
    def watched(event: Event, context: Any) -> Answer:
        nonlocal cold
        began = time.perf_counter()
        _begin(
            function=function,
            correlation_id=_correlation_id(event),
            request_id=getattr(context, "aws_request_id", None),
            cold_start=cold,
        )
        outcome = "Faulted"
        try:
            with _traced(function, cold=cold):
                answer = handler(event, context)
            outcome = "Handled"
        except Exception as error:
            if refusal is not None and isinstance(error, refusal):
                outcome = "Refused"
            else:
                logger().exception("the function failed")
            raise
        else:
            return answer
        finally:
            elapsed = (time.perf_counter() - began) * 1000
            _conclude(function, outcome, elapsed, cold=cold)
            if cold:
                # What is loaded by now stays: no later collection of garbage need look through it.
                gc.freeze()
            cold = False

    return watched


def _service() -> str:
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "flatrender")


def _begin(**keys: Any) -> None:
    _invocation.clear()
    _invocation.update(keys)
    if _logged():
        logger().clear_state()
        logger().append_keys(**keys)


def _logged() -> bool:
    return logger.cache_info().currsize > 0


@cache
def _metrics(function: str) -> Any:
    """A set of metrics of its own: Powertools' shared one would mix with what a handler counts."""
    from aws_lambda_powertools.metrics import EphemeralMetrics

    made = EphemeralMetrics(namespace=NAMESPACE, service=_service())
    made.set_default_dimensions(function=function)
    return made


def _conclude(function: str, outcome: str, elapsed: float, *, cold: bool) -> None:
    """Writes the invocation's last line: how it ended and, as metrics, how many milliseconds it took.

    The log's fields are the metrics' metadata: a line each would cost a small request an eighth of its time. It is
    written whatever the log level.
    """
    from aws_lambda_powertools.metrics import MetricUnit

    now = time.time()
    line = {
        "level": "INFO",
        "message": outcome,
        # As the logger writes it.
        "timestamp": time.strftime(f"%Y-%m-%d %H:%M:%S,{int(now * 1000) % 1000:03d}%z", time.localtime(now)),
        **_keys(),
        "duration_ms": round(elapsed, 1),
    }
    metrics = _metrics(function)
    for key, value in line.items():
        metrics.add_metadata(key=key, value=value)
    metrics.add_metric(name=outcome, unit=MetricUnit.Milliseconds, value=elapsed)
    if cold:
        metrics.add_metric(name="ColdStart", unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()


def _keys() -> dict[str, Any]:
    """What the lines of this invocation carry, also what its handler has appended."""
    known = logger().get_current_keys() if _logged() else _invocation
    keys = {key: value for key, value in known.items() if key not in _OF_EACH_LINE and value is not None}
    trace = os.environ.get("_X_AMZN_TRACE_ID", "").partition("Root=")[2].partition(";")[0]
    return {**keys, "xray_trace_id": trace} if trace else keys


def _correlation_id(event: Any) -> str | None:
    """What ties the log lines of one undertaking together: an API request, a step's job, a batch's first record."""
    if not isinstance(event, dict):
        return None
    request = event.get("requestContext") or {}
    record = (event.get("Records") or [{}])[0]
    found = request.get("requestId") or event.get("job_id") or record.get("messageId") or record.get("eventID")
    return found or event.get("id")


def _traced(name: str, *, cold: bool) -> AbstractContextManager[Any]:
    """A subsegment where X-Ray samples this invocation. The SDK takes 200 ms to import, so the others do without it."""
    if (
        "Sampled=1" not in os.environ.get("_X_AMZN_TRACE_ID", "")
        or os.environ.get("POWERTOOLS_TRACE_DISABLED") == "true"
    ):
        return nullcontext()
    return _subsegment(name, cold=cold)


@contextmanager
def _subsegment(name: str, *, cold: bool) -> Iterator[None]:
    from aws_lambda_powertools.tracing import Tracer

    tracer = Tracer(auto_patch=False)
    with tracer.provider.in_subsegment(f"## {name}"):
        tracer.put_annotation("ColdStart", cold)
        yield
