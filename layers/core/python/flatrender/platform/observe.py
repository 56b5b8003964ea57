"""Structured logs, metrics and traces through Powertools, made on first use."""

import os
from functools import cache
from typing import Any

NAMESPACE = "FlatRender"


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
