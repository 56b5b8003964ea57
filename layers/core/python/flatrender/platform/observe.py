"""Structured logs, metrics and traces through Powertools, made on first use.

    handler = observed(handler)

gives every function the same three: log lines that carry a correlation id, a duration and a cold start as metrics,
and a subsegment in the traces that X-Ray samples.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, wraps
from typing import Any

NAMESPACE = "FlatRender"

type Handler[Event, Answer] = Callable[[Event, Any], Answer]


@cache
def logger() -> Any:
    """The JSON logger. `logger().append_keys(job_id=…)` correlates what follows in this invocation."""
    from aws_lambda_powertools.logging import Logger

    return Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "flatrender"))


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
        log = logger()
        log.clear_state()
        log.append_keys(
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
                log.exception("the function failed")
            raise
        else:
            return answer
        finally:
            elapsed = (time.perf_counter() - began) * 1000
            log.info(outcome, extra={"duration_ms": round(elapsed, 1)})
            count(outcome, elapsed, "Milliseconds", function=function)
            if cold:
                count("ColdStart", function=function)
            cold = False

    return watched


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
