"""Reads and writes of the ledger's table. Writes are handed out as operations, to go into the caller's transaction."""

from dataclasses import dataclass

from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id
from flatrender.ledger.errors import AlreadyGranted, HoldClosed, HoldExists, InsufficientSeconds
from flatrender.ledger.model import (
    ENTRIES,
    HELD,
    SUMMARY,
    AccountItem,
    EntryItem,
    GrantItem,
    HoldItem,
    StatementRow,
    grants_key,
    holds_key,
    ledger_key,
)
from flatrender.platform.transactions import Operation, put, update, upsert


@dataclass(frozen=True)
class Owner:
    """Whose ledger."""

    tenant_id: str
    user_id: str


def account(owner: Owner) -> AccountItem | None:
    try:
        return AccountItem.get(ledger_key(owner.tenant_id, owner.user_id), SUMMARY, consistent_read=True)
    except AccountItem.DoesNotExist:
        return None


def held_seconds(owner: Owner, job_id: str) -> int:
    """The size of a job's hold, whatever its state; 0 when there is none."""
    try:
        hold = HoldItem.get(holds_key(owner.tenant_id, owner.user_id), f"HOLD#{job_id}", consistent_read=True)
    except HoldItem.DoesNotExist:
        return 0
    return int(hold.seconds)


def rows(owner: Owner, limit: int, before: str | None) -> list[StatementRow]:
    """Newest first: the account (only without `before`), then entries; `before` is an entry's sort key, exclusive.

    One query, so that the account and the entries are of the same moment.
    """
    pk = ledger_key(owner.tenant_id, owner.user_id)
    found = StatementRow.query(
        pk,
        StatementRow.sk.between(ENTRIES, before or SUMMARY),
        scan_index_forward=False,
        consistent_read=True,
        limit=limit + 1,
    )
    return [row for row in found if row.sk != before][:limit]


def open_hold(owner: Owner, job_id: str, seconds: int) -> list[Operation]:
    hold = HoldItem(
        pk=holds_key(owner.tenant_id, owner.user_id),
        sk=f"HOLD#{job_id}",
        type="hold",
        state=HELD,
        seconds=seconds,
        created_at=timestamp(),
    )
    return [
        put(hold, HoldItem.pk.does_not_exist(), HoldExists()),
        _move(owner, available=-seconds, held=seconds),
        _entry(owner, "hold", available=-seconds, held=seconds, job_id=job_id),
    ]


def close_hold(owner: Owner, job_id: str, *, held: int, kept: int, state: str, kind: str) -> list[Operation]:
    """`held` seconds leave the hold; `kept` of them are spent and the others become available again."""
    hold = HoldItem(holds_key(owner.tenant_id, owner.user_id), f"HOLD#{job_id}")
    changes = [
        HoldItem.state.set(state),
        HoldItem.settled_seconds.set(kept),
        HoldItem.closed_at.set(timestamp()),
    ]
    return [
        update(hold, changes, (HoldItem.state == HELD) & (HoldItem.seconds == held), HoldClosed()),
        _move(owner, available=held - kept, held=-held),
        _entry(owner, kind, available=held - kept, held=-held, job_id=job_id),
    ]


def add(owner: Owner, seconds: int, reason: str, key: str) -> list[Operation]:
    """New seconds; the account is made with its first grant."""
    grant = GrantItem(
        pk=grants_key(owner.tenant_id, owner.user_id),
        sk=f"GRANT#{key}",
        type="grant",
        seconds=seconds,
        reason=reason,
        created_at=timestamp(),
    )
    account = AccountItem(ledger_key(owner.tenant_id, owner.user_id), SUMMARY)
    changes = [
        AccountItem.type.set("account"),
        AccountItem.available_seconds.set((AccountItem.available_seconds | 0) + seconds),
        AccountItem.held_seconds.set(AccountItem.held_seconds | 0),
        AccountItem.entry_count.set((AccountItem.entry_count | 0) + 1),
    ]
    return [
        put(grant, GrantItem.pk.does_not_exist(), AlreadyGranted()),
        upsert(account, changes),
        _entry(owner, "grant", available=seconds, held=0, reason=reason),
    ]


def _move(owner: Owner, *, available: int, held: int) -> Operation:
    """Changes both numbers, or refuses when one would fall below zero."""
    account = AccountItem(ledger_key(owner.tenant_id, owner.user_id), SUMMARY)
    changes = [
        AccountItem.available_seconds.set(AccountItem.available_seconds + available),
        AccountItem.held_seconds.set(AccountItem.held_seconds + held),
        AccountItem.entry_count.set(AccountItem.entry_count + 1),
    ]
    enough = (AccountItem.available_seconds >= -available) & (AccountItem.held_seconds >= -held)
    return update(account, changes, enough, InsufficientSeconds(needed_seconds=max(-available, 0)))


def _entry(
    owner: Owner, kind: str, *, available: int, held: int, job_id: str | None = None, reason: str | None = None
) -> Operation:
    created_at = timestamp()
    entry = EntryItem(
        pk=ledger_key(owner.tenant_id, owner.user_id),
        sk=f"{ENTRIES}{created_at}#{new_id()}",
        type="entry",
        kind=kind,
        available_change=available,
        held_change=held,
        created_at=created_at,
        job_id=job_id,
        reason=reason,
    )
    return put(entry, EntryItem.pk.does_not_exist())
