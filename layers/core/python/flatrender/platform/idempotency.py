"""`Idempotency-Key`: the same key and body give the same result, the same key with another body is refused.

The record is written in the same transaction as the thing it names, so neither ever exists alone.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pynamodb.attributes import UnicodeAttribute

from flatrender.kernel.clock import epoch
from flatrender.kernel.errors import Unprocessable
from flatrender.platform import transactions
from flatrender.platform.tables import Item, meta, tenant_key

KEPT_SECONDS = 24 * 3600


class IdempotencyKeyReused(Unprocessable):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another body. Send a new key for a new request."


class IdempotencyItem(Item):
    fingerprint = UnicodeAttribute()
    resource_id = UnicodeAttribute()


@dataclass(frozen=True)
class Attempt:
    """One try at a command: who tries what under which key, and the fingerprint of its body."""

    tenant_id: str
    user_id: str
    operation: str
    key: str
    fingerprint: str

    @property
    def pk(self) -> str:
        return tenant_key(self.tenant_id, "USER", self.user_id, "IDEMPOTENCY")

    @property
    def sk(self) -> str:
        return f"{self.operation}#{self.key}"


def records_of(context: str) -> type[IdempotencyItem]:
    """The idempotency records in a context's table; call it once, in the context's `model.py`."""
    return type(f"{context.title()}IdempotencyItem", (IdempotencyItem,), {"Meta": meta(context)})


def fingerprint(body: BaseModel | dict[str, Any]) -> str:
    """SHA-256 over the body in canonical form."""
    document = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def find(records: type[IdempotencyItem], attempt: Attempt) -> str | None:
    """The id of what an earlier request with this key made, or None.

    Raises IdempotencyKeyReused: the earlier request had another body.
    """
    try:
        record = records.get(attempt.pk, attempt.sk, consistent_read=True)
    except records.DoesNotExist:
        return None
    if record.fingerprint != attempt.fingerprint:
        raise IdempotencyKeyReused
    return str(record.resource_id)


def remember(records: type[IdempotencyItem], attempt: Attempt, resource_id: str) -> transactions.Operation:
    """The operation that records the key.

    Refused with Conflict when a concurrent request was faster: call `find` again then.
    """
    record = records(
        pk=attempt.pk,
        sk=attempt.sk,
        type="idempotency",
        fingerprint=attempt.fingerprint,
        resource_id=resource_id,
        expires_at=epoch() + KEPT_SECONDS,
    )
    return transactions.put(record, records.pk.does_not_exist())
