"""What every consumer of the bus needs: each event handled once, stale ones dropped, failures alone tried again.

The bus delivers at least once and in any order. A consumer keeps, in its context's table,

    a receipt per event id      claimed while it is handled, done afterwards; time to live removes it
    a mark per aggregate        the highest sequence number handled, below which events are stale

    INBOX = consumer.inbox_of("render")
    def handler(event, context):
        return consumer.consume(event, service.on_file_deleted, name="render-files", inbox=INBOX)
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from flatrender.kernel.clock import epoch
from flatrender.kernel.errors import Conflict, Unavailable
from flatrender.kernel.events import Event
from flatrender.platform import batches, observe, transactions
from flatrender.platform.tables import Item, meta, tenant_key

KEPT_SECONDS = 14 * 24 * 3600
"""As long as a message can wait in a queue or its dead-letter queue, and so come back."""

CLAIM_SECONDS = 300
"""After this long, a claim is taken to be that of a handler that died."""

_DONE = 0


class ReceiptItem(Item):
    """`claimed_until` is the epoch second until which a handler works on the event; 0 once it is done."""

    claimed_until = NumberAttribute()
    token = UnicodeAttribute()


class MarkItem(Item):
    sequence = NumberAttribute()


class EventInProgress(Conflict):
    """Another invocation handles the same event at this moment; the queue shows it again later."""


@dataclass(frozen=True)
class Inbox:
    """The receipts and marks of one context's table."""

    receipts: type[ReceiptItem]
    marks: type[MarkItem]


def inbox_of(context: str) -> Inbox:
    """Call it once, in the context's `model.py`."""
    body = {"Meta": meta(context)}
    title = context.title()
    return Inbox(type(f"{title}ReceiptItem", (ReceiptItem,), body), type(f"{title}MarkItem", (MarkItem,), dict(body)))


def consume(
    batch: dict[str, Any], handle: Callable[[Event], None], *, name: str, inbox: Inbox, ordered: bool = True
) -> batches.Response:
    """Calls `handle` once per event of an SQS batch that an EventBridge rule filled; returns a partial batch response.

    `name` tells consumers of one context apart. With `ordered`, an event whose sequence number is not above the
    highest one handled of its aggregate is dropped. `handle` may still run twice for an event if its invocation dies
    half-way, so what it does must bear that.
    """

    def one(record: dict[str, Any]) -> None:
        _once(event_of(record), handle, name, inbox, ordered=ordered)

    return batches.each(batch, one)


def event_of(record: dict[str, Any]) -> Event:
    """The event in an SQS record that holds EventBridge's envelope.

    Raises pydantic's ValidationError, KeyError or ValueError: it is not one of ours.
    """
    return Event.model_validate(json.loads(record["body"])["detail"])


def _once(event: Event, handle: Callable[[Event], None], name: str, inbox: Inbox, *, ordered: bool) -> None:
    mark = inbox.marks(pk=tenant_key(event.tenant_id, "INBOX", name), sk=f"AGGREGATE#{event.aggregate_id}")
    receipt = inbox.receipts(pk=mark.pk, sk=f"EVENT#{event.id}", type="receipt", token=_token())
    log = {"event_id": event.id, "event_type": event.type}
    if not _claim(receipt):
        observe.logger().info("event was handled before", extra=log)
        return
    if ordered and _sequence(mark) >= event.sequence:
        observe.logger().info("stale event dropped", extra=log)
        _settle(receipt)
        return
    try:
        handle(event)
    except Exception:
        _release(receipt)
        raise
    _settle(receipt)
    if ordered:
        _raise_mark(mark, event.sequence)


def _token() -> str:
    from flatrender.kernel.ids import new_id

    return new_id()


def _claim(receipt: ReceiptItem) -> bool:
    """False when the event is done. Raises EventInProgress."""
    kind = type(receipt)
    now = epoch()
    receipt.claimed_until = now + CLAIM_SECONDS
    receipt.expires_at = now + KEPT_SECONDS
    abandoned = (kind.claimed_until > _DONE) & (kind.claimed_until < now)
    try:
        receipt.save(condition=kind.pk.does_not_exist() | abandoned)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise Unavailable from error
        if kind.get(receipt.pk, receipt.sk, consistent_read=True).claimed_until == _DONE:
            return False
        raise EventInProgress from error
    return True


def _settle(receipt: ReceiptItem) -> None:
    receipt.claimed_until = _DONE
    receipt.save()


def _release(receipt: ReceiptItem) -> None:
    """Lets the next delivery try at once; a claim that somebody took over meanwhile is left alone."""
    try:
        receipt.delete(condition=type(receipt).token == receipt.token)
    except DeleteError:
        observe.logger().warning("claim not released", exc_info=True)


def _sequence(mark: MarkItem) -> int:
    try:
        return int(type(mark).get(mark.pk, mark.sk, consistent_read=True).sequence)
    except type(mark).DoesNotExist:
        return 0


def _raise_mark(mark: MarkItem, sequence: int) -> None:
    kind = type(mark)
    actions = [kind.sequence.set(sequence), kind.type.set("mark"), kind.expires_at.set(epoch() + KEPT_SECONDS)]
    lower = kind.pk.does_not_exist() | (kind.sequence < sequence)
    try:
        transactions.commit([transactions.upsert(mark, actions, lower)])
    except Conflict:
        return  # a newer event of the aggregate was handled meanwhile
