"""The base of every DynamoDB item: one table per context, item collections inside.

Keys are `pk` and `sk`; `pk` starts with `TENANT#<tenant_id>` so that no read can cross a tenant by accident;
`type` says what the item is; `expires_at` is the table's time to live.
"""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from flatrender.platform.clients import client
from flatrender.platform.settings import table_name


class Item(Model):
    """Subclass per item type; set `Meta = meta("<context>")` and a `type` default.

    pynamodb's discriminators are not used: `query` drops what it does not know, silently.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """One client for all item types: left alone, each makes a session and a client of its own, 60 ms apiece."""
        known = cls._connection
        connection = super()._get_connection()
        if known is None:
            connection.connection._client = client("dynamodb")  # noqa: SLF001
        return connection


def meta(context: str) -> Any:
    """The pynamodb `Meta` of a context's items. Timeouts and retries are those of `clients.client`."""
    return type("Meta", (), {"table_name": table_name(context), "billing_mode": "PAY_PER_REQUEST"})


def tenant_key(tenant_id: str, *parts: str) -> str:
    """`TENANT#<tenant_id>#PART#…`, the only way to build a partition key."""
    return "#".join(("TENANT", tenant_id, *parts))
