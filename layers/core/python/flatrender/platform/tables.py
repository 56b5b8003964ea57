"""The base of every DynamoDB item: one table per context, item collections inside.

Keys are `pk` and `sk`; `pk` starts with `TENANT#<tenant_id>` so that no read can cross a tenant by accident;
`type` says what the item is; `expires_at` is the table's time to live.
"""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from flatrender.platform.settings import table_name

_TIMEOUTS = {
    "connect_timeout_seconds": 2,
    "read_timeout_seconds": 5,
    "max_retry_attempts": 2,
    "max_pool_connections": 8,
}


class Item(Model):
    """Subclass per item type; set `Meta = meta("<context>")` and a `type` default.

    pynamodb's discriminators are not used: `query` drops what it does not know, silently.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)


def meta(context: str) -> Any:
    """The pynamodb `Meta` of a context's items: its table, short timeouts (the defaults are 15 and 30 s)."""
    return type("Meta", (), {"table_name": table_name(context), "billing_mode": "PAY_PER_REQUEST", **_TIMEOUTS})


def tenant_key(tenant_id: str, *parts: str) -> str:
    """`TENANT#<tenant_id>#PART#…`, the only way to build a partition key."""
    return "#".join(("TENANT", tenant_id, *parts))
