"""From outbox items in a table's stream to events on the bus.

At least once: what a batch could not put is reported back and read again, so an event may arrive twice, never not at
all. Consumers bear doubles.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flatrender.platform import observe
from flatrender.platform.clients import client
from flatrender.platform.settings import settings

OUTBOX: Final = "outbox"
"""The type of `platform.outbox`'s items; not imported from there, for that takes pynamodb along."""

SOURCES: Final = {"file": "files"}
"""Contexts whose events start with another word than the context's name."""

MAX_ENTRIES: Final = 10
MAX_BYTES: Final = 250_000
"""What one PutEvents takes: 10 entries, 256 KiB in all."""

ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Letter:
    """An event on its way: its place in the stream, and what PutEvents is given for it."""

    sequence_number: str
    entry: dict[str, Any]

    @property
    def size(self) -> int:
        return sum(len(str(self.entry[field]).encode()) for field in ("Source", "DetailType", "Detail"))


def relay(event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Puts a stream batch's outbox items on the bus.

    Returns a partial batch response. Lambda reads the stream again from the first failure on, in order.
    """
    failed: list[str] = []
    letters: list[Letter] = []
    for record in event["Records"]:
        try:
            letter = _letter(record)
        except (KeyError, ValueError):
            observe.logger().exception("an outbox item cannot be read", extra={"record": record.get("eventID")})
            failed.append(record["dynamodb"]["SequenceNumber"])
            continue
        if letter:
            letters.append(letter)
    for batch in _batches(letters):
        failed += [letter.sequence_number for letter in _put(batch)]
    if failed:
        observe.count("EventsNotRelayed", len(failed))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _letter(record: dict[str, Any]) -> Letter | None:
    """None for a record that is no new outbox item; the event source's filter lets none such through."""
    image = record["dynamodb"].get("NewImage") or {}
    if record.get("eventName") != "INSERT" or image.get("type", {}).get("S") != OUTBOX:
        return None
    body = image["body"]["S"]
    event = json.loads(body)
    word = event["type"].partition(".")[0]
    entry = {
        "Source": f"flatrender.{SOURCES.get(word, word)}",
        "DetailType": event["type"],
        "Detail": body,
        "EventBusName": settings().event_bus,
    }
    if event.get("trace_id"):
        entry["TraceHeader"] = event["trace_id"]
    return Letter(record["dynamodb"]["SequenceNumber"], entry)


def _batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        if batch and (len(batch) == MAX_ENTRIES or size + letter.size > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += letter.size
    if batch:
        yield batch


def _put(batch: Sequence[Letter]) -> list[Letter]:
    """What could not be put, after a few tries. PutEvents answers 200 even when it took only some."""
    from botocore.exceptions import BotoCoreError, ClientError

    left = list(batch)
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(0.05 * 2**attempt)
        try:
            results = client("events").put_events(Entries=[letter.entry for letter in left])["Entries"]
        except (BotoCoreError, ClientError) as error:
            reason = str(error)
            continue
        reason = next((result["ErrorCode"] for result in results if result.get("ErrorCode")), "")
        left = [letter for letter, result in zip(left, results, strict=True) if result.get("ErrorCode")]
        if not left:
            return []
    observe.logger().error("events not put on the bus", extra={"count": len(left), "reason": reason})
    return left
