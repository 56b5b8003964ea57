"""Files and storage usage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import uniform
from time import sleep
from typing import Any

from pynamodb.expressions.condition import Condition

from flatrender.files.errors import FileMoved, UploadInProgress, UsageMoved
from flatrender.files.model import FILE, LAST, STORAGE, USAGE, FileItem, FilesOutboxItem, UsageItem
from flatrender.files.usage import Usage
from flatrender.kernel.clock import epoch
from flatrender.kernel.errors import Unavailable
from flatrender.kernel.paging import (
    PageMeta,
    PageRequest,
    cursor_number,
    cursor_text,
    decode_cursor,
    encode_cursor,
    foreign_cursor,
)
from flatrender.platform import outbox, queries, transactions, updates
from flatrender.platform.tables import tenant_key

CLAIM_SECONDS = 150
"""Longer than the probe function may run: a claim that has lapsed is that of an invocation that is dead."""

ATTEMPTS = 40
"""Tries against other uploads of the same user; each round, one of those that compete gets through."""

MAX_BATCH = 100

_CURSOR_KEYS = {"owner", "created", "pk", "sk"}


def file_pk(tenant_id: str, file_id: str) -> str:
    return tenant_key(tenant_id, "FILE", file_id)


def owner_of(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "FILES")


def get(tenant_id: str, file_id: str) -> FileItem | None:
    """The file unless it is not there, or was pending or rejected for too long."""
    try:
        item = FileItem.get(file_pk(tenant_id, file_id), FILE, consistent_read=True)
    except FileItem.DoesNotExist:
        return None
    return None if _lapsed(item) else item


def _lapsed(item: FileItem) -> bool:
    """Time to live removes items late."""
    return item.expires_at is not None and item.expires_at <= epoch()


def batch(keys: Iterable[tuple[str, str]]) -> list[FileItem]:
    """Files by tenant and id, in no order; what is not there is left out. One call per 100."""
    wanted = [(file_pk(tenant_id, file_id), FILE) for tenant_id, file_id in keys]
    found = FileItem.batch_get(wanted, consistent_read=True) if wanted else ()
    return [item for item in found if not _lapsed(item)]


def page(tenant_id: str, user_id: str, kind: str | None, wanted: PageRequest) -> tuple[list[FileItem], PageMeta]:
    """A user's files, newest first. One call: the usage, which knows how many there are, comes with the first page."""
    owner = owner_of(tenant_id, user_id)
    only: Condition = FileItem.expires_at.does_not_exist() | (FileItem.expires_at > epoch())
    if kind:
        only &= (FileItem.kind == kind) | (FileItem.type == USAGE)
    start, total = _start(wanted.cursor, owner) if wanted.cursor else (None, 0)
    skipped = 0 if start else (wanted.page - 1) * wanted.page_size
    limit = skipped + wanted.page_size + (1 if start else 2)
    found = queries.newest(FileItem, owner, limit, index="by_owner", only=only, start=start, sift=kind is not None)
    items: list[FileItem] = []
    for raw in found:
        if raw["type"]["S"] == USAGE:
            total = _usage(tenant_id, user_id, UsageItem.from_raw_data(raw)).count(kind)
        else:
            items.append(FileItem.from_raw_data(raw))
    shown, has_more = items[skipped : skipped + wanted.page_size], len(items) > skipped + wanted.page_size
    meta = PageMeta(
        page=wanted.page,
        page_size=wanted.page_size,
        total=total,
        has_more=has_more,
        cursor=_cursor(shown[-1], total) if has_more else None,
    )
    return shown, meta


def _cursor(last: FileItem, total: int) -> str:
    return encode_cursor({name: getattr(last, name) for name in _CURSOR_KEYS} | {"total": total})


def _start(cursor: str, owner: str) -> tuple[dict[str, dict[str, str]], int]:
    """The key to go on behind, and how many files there were on the first page."""
    key: Mapping[str, Any] = decode_cursor(cursor)
    if set(key) != _CURSOR_KEYS | {"total"} or key["owner"] != owner:
        raise foreign_cursor()
    return {name: {"S": cursor_text(key[name])} for name in _CURSOR_KEYS}, cursor_number(key["total"])


def usage(tenant_id: str, user_id: str) -> Usage:
    try:
        item = UsageItem.get(_usage_pk(tenant_id, user_id), STORAGE, consistent_read=True)
    except UsageItem.DoesNotExist:
        return Usage(tenant_id, user_id, 0, {}, 0)
    return _usage(tenant_id, user_id, item)


def _usage(tenant_id: str, user_id: str, item: UsageItem) -> Usage:
    held = {file_id: (int(size), int(until)) for file_id, (size, until) in item.reservations.items()}
    passing = {file_id: (str(kind), int(until)) for file_id, (kind, until) in (item.passing or {}).items()}
    ready = {kind: int(number) for kind, number in (item.ready or {}).items()}
    return Usage(tenant_id, user_id, int(item.used_bytes), held, int(item.version), ready, passing)


def _usage_pk(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "USAGE")


def _keep(changed: Usage) -> transactions.Operation:
    item = UsageItem(
        pk=_usage_pk(changed.tenant_id, changed.user_id),
        sk=STORAGE,
        type=USAGE,
        owner=owner_of(changed.tenant_id, changed.user_id),
        created=LAST,
        used_bytes=changed.used_bytes,
        reservations=changed.reservations,
        ready=changed.ready,
        passing=changed.passing,
        version=changed.version + 1,
    )
    as_read = UsageItem.version == changed.version if changed.version else UsageItem.pk.does_not_exist()
    return transactions.put(item, as_read, UsageMoved())


def with_usage(
    tenant_id: str, user_id: str, change: Callable[[Usage], Usage], operations: Sequence[transactions.Operation]
) -> None:
    """Commits `operations` together with a change of the user's usage, which is read anew until nobody comes between.

    Raises what `change` raises, what refuses an operation, and Unavailable.
    """
    for attempt in range(ATTEMPTS):
        try:
            transactions.commit([_keep(change(usage(tenant_id, user_id))), *operations], attempts=1)
        except (UsageMoved, transactions.Contended):
            sleep(uniform(0.002, 0.02) * min(attempt + 1, 5))  # noqa: S311 - spreads retries, guards nothing
        else:
            return
    raise Unavailable


def create(item: FileItem) -> transactions.Operation:
    return transactions.put(item, FileItem.pk.does_not_exist(), FileMoved())


def claim(item: FileItem, token: str) -> None:
    """Makes one invocation the one that examines a pending upload. Raises UploadInProgress.

    When the answer is lost, botocore claims anew and meets the claim that it made itself.
    """
    now = epoch()
    nobody = FileItem.claim.does_not_exist() | (FileItem.claimed_until < now) | (FileItem.claim == token)
    changes = [FileItem.claim.set(token), FileItem.claimed_until.set(now + CLAIM_SECONDS)]
    if not updates.apply(item, changes, (FileItem.status == "pending") & nobody):
        raise UploadInProgress


def unclaim(item: FileItem, token: str) -> None:
    """Lets the next invocation try at once; a file that is gone or decided is left alone."""
    updates.apply(item, [FileItem.claim.remove(), FileItem.claimed_until.remove()], FileItem.claim == token)


def decide(item: FileItem, token: str) -> transactions.Operation:
    """Writes a claimed file's verdict, which `item` holds already. Refused with FileMoved."""
    item.claim = None
    item.claimed_until = None
    still_mine = (FileItem.status == "pending") & (FileItem.claim == token)
    return transactions.put(item, still_mine, FileMoved())


def remove(item: FileItem) -> transactions.Operation:
    """Refused with FileMoved when the file's status is no longer that of `item`."""
    return transactions.delete(item, FileItem.status == item.status, FileMoved())


def emit(event_type: str, item: FileItem, data: dict[str, object]) -> transactions.Operation:
    return outbox.emit(
        FilesOutboxItem,
        event_type,
        tenant_id=str(item.tenant_id),
        aggregate_id=str(item.file_id),
        sequence=int(item.sequence),
        data=data,
    )
