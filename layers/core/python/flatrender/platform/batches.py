"""Queue batches, one record at a time: what fails is tried again, what succeeded is not."""

import json
from collections.abc import Callable
from typing import Any

from flatrender.kernel.events import Event
from flatrender.platform import observe

Response = dict[str, list[dict[str, str]]]


def each(event: dict[str, Any], handle: Callable[[dict[str, Any]], None]) -> Response:
    """Calls `handle` with each SQS record of a batch, and reports as failed those for which it raised.

    The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`.
    """
    failed = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception:  # noqa: BLE001 - whatever it was: this record is tried again, the others are not
            observe.logger().exception("record failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def event_of(record: dict[str, Any]) -> Event:
    """The event in an SQS record that holds EventBridge's envelope.

    Raises pydantic's ValidationError, KeyError or ValueError: it is not one of ours.
    """
    return Event.model_validate(json.loads(record["body"])["detail"])
