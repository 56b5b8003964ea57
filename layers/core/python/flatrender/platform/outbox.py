"""Events leave a context as outbox items, written in the same transaction as the change they tell of.

The table's stream carries them to `functions/events/relay.py`, which puts them on the bus.
Time to live removes them a day later.
"""

import os
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from flatrender.kernel.clock import epoch
from flatrender.kernel.events import Event
from flatrender.platform import transactions
from flatrender.platform.tables import Item, meta, tenant_key

KEPT_SECONDS = 24 * 3600
OUTBOX = "outbox"


class OutboxItem(Item):
    """Subclassed per context by `outbox_of`, since an item belongs to one table."""

    body = UnicodeAttribute()


def outbox_of(context: str) -> type[OutboxItem]:
    """The outbox of a context's table; call it once, in the context's `model.py`."""
    return type(f"{context.title()}OutboxItem", (OutboxItem,), {"Meta": meta(context)})


def emit(
    outbox: type[OutboxItem], event_type: str, *, tenant_id: str, aggregate_id: str, sequence: int, data: dict[str, Any]
) -> transactions.Operation:
    """The operation that publishes an event together with the rest of its transaction."""
    event = Event(
        type=event_type,
        tenant_id=tenant_id,
        aggregate_id=aggregate_id,
        sequence=sequence,
        data=data,
        trace_id=os.environ.get("_X_AMZN_TRACE_ID"),
    )
    item = outbox(
        pk=tenant_key(tenant_id, "OUTBOX", aggregate_id),
        sk=f"EVENT#{sequence:08d}#{event.id}",
        type=OUTBOX,
        body=event.model_dump_json(),
        expires_at=epoch() + KEPT_SECONDS,
    )
    return transactions.put(item)
