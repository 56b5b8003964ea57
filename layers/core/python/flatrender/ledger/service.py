"""Render seconds: granted, held for a job, then settled or released. All amounts are whole seconds.

`reserve`, `settle`, `release` and `grant` give back operations for the caller's transaction, so that a job and its
seconds change together. What the operations refuse is raised by `transactions.commit`:

    InsufficientSeconds   the account has too little (or there is none)
    HoldExists            the job has a hold already
    HoldClosed            the job's hold was settled or released before, or there is none
    AlreadyGranted        a grant with this key was made before
"""

from collections.abc import Sequence
from typing import NamedTuple

from flatrender.kernel.caller import Caller
from flatrender.kernel.paging import (
    Page,
    PageMeta,
    PageRequest,
    cursor_number,
    cursor_text,
    decode_cursor,
    encode_cursor,
    foreign_cursor,
)
from flatrender.kernel.plans import plan_of
from flatrender.ledger import repository
from flatrender.ledger.errors import AlreadyGranted
from flatrender.ledger.model import ENTRIES, RELEASED, SETTLED, SUMMARY, StatementRow
from flatrender.ledger.repository import Owner
from flatrender.ledger.schemas import Balance, Entry
from flatrender.platform import transactions
from flatrender.platform.transactions import Operation


def reserve(tenant_id: str, user_id: str, job_id: str, seconds: int) -> list[Operation]:
    """Moves `seconds` from available to held. 0 is allowed: a job whose chunks are all cached costs nothing."""
    if seconds < 0:
        raise ValueError(f"cannot reserve {seconds} seconds")
    return repository.open_hold(Owner(tenant_id, user_id), job_id, seconds)


def settle(tenant_id: str, user_id: str, job_id: str, seconds: int) -> list[Operation]:
    """Spends `seconds` of a job's hold; what is left of it becomes available again.

    More than was held is never taken: the price was agreed on when the job was submitted.
    """
    if seconds < 0:
        raise ValueError(f"cannot settle {seconds} seconds")
    owner = Owner(tenant_id, user_id)
    held = repository.held_seconds(owner, job_id)
    return repository.close_hold(owner, job_id, held=held, kept=min(seconds, held), state=SETTLED, kind="settle")


def release(tenant_id: str, user_id: str, job_id: str) -> list[Operation]:
    """Gives all of a job's held seconds back."""
    owner = Owner(tenant_id, user_id)
    held = repository.held_seconds(owner, job_id)
    return repository.close_hold(owner, job_id, held=held, kept=0, state=RELEASED, kind="release")


def grant(tenant_id: str, user_id: str, seconds: int, reason: str, key: str) -> list[Operation]:
    """Adds new seconds, once per `key`; makes the account when there is none."""
    if seconds <= 0:
        raise ValueError(f"cannot grant {seconds} seconds")
    return repository.add(Owner(tenant_id, user_id), seconds, reason, key)


def credit(tenant_id: str, user_id: str, seconds: int, reason: str, key: str) -> bool:
    """Grants in a transaction of its own. False: this key was used before, and nothing changed."""
    try:
        transactions.commit(grant(tenant_id, user_id, seconds, reason, key))
    except AlreadyGranted:
        return False
    return True


def balance(caller: Caller) -> Balance:
    account = repository.account(Owner(caller.tenant_id, caller.user_id))
    plan = plan_of(caller.tier)
    return Balance(
        balance_minor=int(account.balance_minor or 0) if account else 0,
        affiliate_balance_minor=int(account.affiliate_balance_minor or 0) if account else 0,
        currency=plan.currency,
        parallel_rendering_ceiling=plan.parallel_renders,
        available_seconds=int(account.available_seconds) if account else 0,
        held_seconds=int(account.held_seconds) if account else 0,
    )


def statement(caller: Caller, paging: PageRequest) -> Page[Entry]:
    """A page of entries, newest first, each with what was there after it.

    One query. With a cursor its cost does not depend on the depth; a page by its number reads those before it too.
    Raises InvalidRequest: the cursor is not one of ours.
    """
    owner = Owner(caller.tenant_id, caller.user_id)
    size = paging.page_size
    if paging.cursor:
        at = _position(paging.cursor)
        found = repository.rows(owner, size + 1, at.sk)
    else:
        found = repository.rows(owner, paging.page * size + 2, None)
        summary = found.pop(0) if found and found[0].sk == SUMMARY else StatementRow()
        at = _Position(
            page=paging.page,
            total=int(summary.entry_count or 0),
            available=int(summary.available_seconds or 0),
            held=int(summary.held_seconds or 0),
        )
        skipped = (paging.page - 1) * size
        at = _before(at, found[:skipped])
        found = found[skipped:]
    data, running = [], at
    for row in found[:size]:
        data.append(_entry(row, running))
        running = _before(running, [row])
    more = len(found) > size
    following = running._replace(page=at.page + 1, sk=found[size - 1].sk) if more else None
    return Page(
        data=data,
        meta=PageMeta(
            page=at.page,
            page_size=size,
            total=at.total,
            has_more=more,
            cursor=encode_cursor(following._asdict()) if following else None,
        ),
    )


class _Position(NamedTuple):
    """A place between two entries: what was there then, and how the page that starts there is numbered."""

    page: int
    total: int
    available: int
    held: int
    sk: str | None = None


def _position(cursor: str) -> _Position:
    key = decode_cursor(cursor)
    if key.keys() != set(_Position._fields):
        raise foreign_cursor()
    sk = cursor_text(key["sk"])
    if not sk.startswith(ENTRIES):
        raise foreign_cursor()
    return _Position(
        page=cursor_number(key["page"]),
        total=cursor_number(key["total"]),
        available=cursor_number(key["available"], signed=True),
        held=cursor_number(key["held"], signed=True),
        sk=sk,
    )


def _before(at: _Position, rows: Sequence[StatementRow]) -> _Position:
    """The position with these entries undone."""
    return at._replace(
        available=at.available - sum(int(row.available_change or 0) for row in rows),
        held=at.held - sum(int(row.held_change or 0) for row in rows),
    )


def _entry(row: StatementRow, at: _Position) -> Entry:
    return Entry.model_validate(
        {
            "id": row.sk.rpartition("#")[2],
            "kind": row.kind,
            "available_change": row.available_change,
            "held_change": row.held_change,
            "available_after": at.available,
            "held_after": at.held,
            "job_id": row.job_id,
            "reason": row.reason,
            "created_at": row.created_at,
        }
    )
