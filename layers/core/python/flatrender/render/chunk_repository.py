"""Chunks of a job, and the cache of chunks, in the render table."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from flatrender.kernel.clock import epoch, timestamp
from flatrender.render import model
from flatrender.render.errors import StaleAttempt
from flatrender.render.model import CacheItem, ChunkItem, JobItem
from flatrender.render.repository import WORK_KEPT_SECONDS

DAY: Final = 24 * 3600
RECORD_OUTLIVES_DAYS: Final = 5
"""A record outlives `usable_until` (28 days) by this: the bucket's lifecycle rule (30 days) runs within it."""

JOB_SECONDS: Final = 6 * 3600
"""How long a job may run (the state machine's TimeoutSeconds): what its plan relies on must stay usable for as long."""


PAID: Final = "PAID"
"""Sort key of the mark beside the record of a chunk that a published video was billed for."""


@dataclass(frozen=True)
class Cached:
    """A chunk that lies in the bucket: what the engine said about it as JSON (None for a soundtrack without sound)."""

    key: str
    report: bytes | None
    made: dict[str, Any] | None = None
    """`{sha256, tools}` of the object."""
    usable_until: int = 0
    """Epoch seconds."""
    size_bytes: int = 0
    """Of the object."""

    @property
    def sha256(self) -> str:
        """Of the object. Raises ValueError: there is none, for nothing is heard."""
        if self.made is None:
            raise ValueError(f"{self.key} has no object")
        return str(self.made["sha256"])


def cached(
    tenant_id: str, keys: Iterable[str], *, consistent: bool = False, stays: int = JOB_SECONDS
) -> dict[str, Cached]:
    """Those of `keys` whose object is in the bucket and usable for `stays` seconds more. A call per 100 keys."""
    wanted = [(model.cache_pk(tenant_id, key), "CHUNK") for key in dict.fromkeys(keys)]
    until = epoch() + stays
    return {
        item.key: Cached(
            item.key,
            gzip.decompress(item.report) if item.report else None,
            item.made,
            int(item.usable_until),
            int(item.size_bytes or 0),
        )
        for item in (CacheItem.batch_get(wanted, consistent_read=consistent) if wanted else ())
        if item.status == "ready" and item.usable_until > until
    }


def usable(tenant_id: str, keys: Iterable[str]) -> dict[str, bool]:
    """Those of `keys` that need not be drawn for a job that begins now; whether somebody has paid for it already.

    What a job has drawn that was cancelled or has failed is used again, but not for nothing. A call per 50 keys.
    """
    records = [model.cache_pk(tenant_id, key) for key in dict.fromkeys(keys)]
    wanted = [(record, sk) for record in records for sk in ("CHUNK", PAID)]
    names = ["pk", "sk", "type", "key", "status", "usable_until"]
    found = list(CacheItem.batch_get(wanted, attributes_to_get=names)) if wanted else []
    now = epoch()
    paid = {item.key for item in found if item.sk == PAID and item.usable_until > now}
    return {
        item.key: item.key in paid
        for item in found
        if item.sk == "CHUNK" and item.status == "ready" and item.usable_until > now + JOB_SECONDS
    }


def mark_paid(tenant_id: str, keys: Iterable[str], days: int) -> None:
    """From now on these cost nobody in the tenant anything for as long as they are kept. A call per 25 keys."""
    with CacheItem.batch_write() as batch:
        for key in dict.fromkeys(keys):
            item = _record(tenant_id, key, days)
            item.sk, item.status = PAID, "paid"
            batch.save(item)


def streams(tenant_id: str, keys: Iterable[str], *, consistent: bool = False) -> dict[str, dict[str, Any] | None]:
    """How players fetch those of `keys` that are in the bucket; None for what is nothing to fetch."""
    wanted = [(model.cache_pk(tenant_id, key), "CHUNK") for key in dict.fromkeys(keys)]
    names = ["pk", "sk", "type", "key", "status", "usable_until", "stream"]
    found = CacheItem.batch_get(wanted, consistent_read=consistent, attributes_to_get=names) if wanted else ()
    return {item.key: item.stream for item in found if item.status == "ready" and item.usable_until > epoch()}


def announce_object(tenant_id: str, key: str, days: int) -> None:
    """Name the object before it is written. A record that says more already is left alone."""
    item = _record(tenant_id, key, days)
    item.status = "pending"
    condition = CacheItem.pk.does_not_exist() | (CacheItem.usable_until < epoch()) | (CacheItem.status == "pending")
    try:
        item.save(condition=condition)
    except Exception as error:
        if not _refused(error):
            raise


def complete_object(  # noqa: PLR0917 - what a record holds
    tenant_id: str,
    key: str,
    days: int,
    size_bytes: int,
    report: bytes | None,
    stream: dict[str, Any] | None = None,
    made: dict[str, Any] | None = None,
) -> None:
    """The object is there. `report` is packed JSON; `stream` says how players fetch it, `made` how it came about."""
    item = _record(tenant_id, key, days)
    item.status, item.size_bytes, item.report, item.stream = "ready", size_bytes, report, stream
    item.made = made
    item.save()


def distrust(tenant_id: str, keys: Iterable[str]) -> None:
    """Take objects out of use without losing their names: whoever needs one next renders it anew."""
    for key in dict.fromkeys(keys):
        item = CacheItem(model.cache_pk(tenant_id, key), "CHUNK")
        try:
            item.update([CacheItem.status.set("pending")], condition=CacheItem.pk.exists())
        except UpdateError as error:
            if not _refused(error):
                raise


def _record(tenant_id: str, key: str, days: int) -> CacheItem:
    usable_until = epoch() + days * DAY
    return CacheItem(
        pk=model.cache_pk(tenant_id, key),
        sk="CHUNK",
        type="cache",
        key=key,
        created_at=timestamp(),
        usable_until=usable_until,
        expires_at=usable_until + RECORD_OUTLIVES_DAYS * DAY,
    )


def write_chunks(items: Sequence[ChunkItem]) -> None:
    """Create chunks of a job, 25 in a call. Plan does so before it hands out any: no worker has begun one of them."""
    with ChunkItem.batch_write() as batch:
        for item in items:
            batch.save(item)


def chunk(
    tenant_id: str, job_id: str, index: int, *, key: str, first_frame: int, frames: int, cached: bool, paid: bool
) -> ChunkItem:
    return ChunkItem(
        pk=model.job_pk(tenant_id, job_id),
        sk=model.chunk_sk(index),
        type="chunk",
        index=index,
        first_frame=first_frame,
        frames=frames,
        key=key,
        cached=cached,
        paid=paid,
        status="done" if cached else "waiting",
        frames_done=frames if cached else 0,
        expires_at=epoch() + WORK_KEPT_SECONDS,
    )


def job_and_chunks(tenant_id: str, job_id: str, *, consistent: bool = True) -> tuple[JobItem | None, list[ChunkItem]]:
    """A job and its chunks in timeline order, the soundtrack last, in one query (more for thousands of chunks)."""
    connection = JobItem._get_connection()  # noqa: SLF001 - pynamodb's own query knows only one type of item
    job, chunks, start = None, [], None
    while True:
        answer = connection.query(
            model.job_pk(tenant_id, job_id), consistent_read=consistent, exclusive_start_key=start
        )
        for raw in answer["Items"]:
            if raw["type"]["S"] == "job":
                job = JobItem.from_raw_data(raw)
            elif raw["type"]["S"] == "chunk":
                chunks.append(ChunkItem.from_raw_data(raw))
        start = answer.get("LastEvaluatedKey")
        if not start:
            return job, chunks


def assign(tenant_id: str, job_id: str, index: int, token: str) -> str | None:
    """Store the token under which a chunk's outcome is awaited. Returns the Batch job of an earlier dispatch."""
    item = _item(tenant_id, job_id, index)
    item.update([ChunkItem.token.set(token)], condition=ChunkItem.pk.exists())
    earlier: str | None = item.batch_job_id
    return earlier


def count_dispatch(tenant_id: str, job_id: str, index: int) -> int:
    """Begin a new dispatch, which has no Batch job yet; returns its number, from 1."""
    item = _item(tenant_id, job_id, index)
    item.update([ChunkItem.dispatches.add(1), ChunkItem.batch_job_id.remove()], condition=ChunkItem.pk.exists())
    return int(item.dispatches)


def token(tenant_id: str, job_id: str, index: int) -> str | None:
    """The token that `assign` stored."""
    try:
        item = ChunkItem.get(model.job_pk(tenant_id, job_id), model.chunk_sk(index), consistent_read=True)
    except ChunkItem.DoesNotExist:
        return None
    found: str | None = item.token
    return found


def token_of(tenant_id: str, job_id: str, index: int, dispatch: int) -> str | None:
    """The token under which the outcome of a dispatch is awaited; None when it is not the latest, or the chunk is done.

    A Batch job is told by its number, not by its id: it may die before `set_batch_job` has stored that. It keeps its
    number while tokens change: one that waits for a machine outlives them.
    """
    try:
        item = ChunkItem.get(model.job_pk(tenant_id, job_id), model.chunk_sk(index), consistent_read=True)
    except ChunkItem.DoesNotExist:
        return None
    if item.status == "done" or item.dispatches != dispatch:
        return None
    found: str | None = item.token
    return found


def set_batch_job(tenant_id: str, job_id: str, index: int, dispatch: int, batch_job_id: str) -> bool:
    """Store the Batch job of a dispatch; whether that is still the latest."""
    try:
        _item(tenant_id, job_id, index).update(
            [ChunkItem.batch_job_id.set(batch_job_id)], condition=ChunkItem.dispatches == dispatch
        )
    except UpdateError as error:
        if _refused(error):
            return False
        raise
    return True


def claim(tenant_id: str, job_id: str, index: int) -> ChunkItem | None:
    """Begin a new attempt: counts it, so that earlier ones know they are stale. None when the chunk is done already."""
    item = _item(tenant_id, job_id, index)
    actions: list[Action] = [
        ChunkItem.attempt.add(1),
        ChunkItem.status.set("running"),
        ChunkItem.frames_done.set(0),
    ]
    try:
        item.update(actions, condition=ChunkItem.pk.exists() & (ChunkItem.status != "done"))
    except UpdateError as error:
        if _refused(error):
            return None
        raise
    return item


def advance(item: ChunkItem, frames_done: int) -> None:
    """Raises StaleAttempt: a later attempt has begun, or one has finished the chunk."""
    _own(item, [ChunkItem.frames_done.set(frames_done)])


def finish(item: ChunkItem) -> None:
    """Raises StaleAttempt."""
    actions: list[Action] = [
        ChunkItem.status.set("done"),
        ChunkItem.frames_done.set(item.frames),
        ChunkItem.error.remove(),
    ]
    try:
        _own(item, actions)
    except StaleAttempt:
        # When DynamoDB's answer is lost, the SDK asks again, and is refused for what the first request has done.
        now = ChunkItem.get(item.pk, item.sk, consistent_read=True)
        if now.status != "done" or now.attempt != item.attempt:
            raise


def rekey(item: ChunkItem, key: str) -> None:
    """Make it another object that this chunk stands for. Raises StaleAttempt."""
    _own(item, [ChunkItem.key.set(key)])
    item.key = key


def note_failure(item: ChunkItem, code: str, message: str) -> None:
    """Keep why an attempt failed, for the message that the user gets when all of them do. Raises StaleAttempt."""
    _own(item, [ChunkItem.error.set({"code": code, "message": message})])


def _own(item: ChunkItem, actions: Sequence[Action]) -> None:
    reference = ChunkItem(item.pk, item.sk)
    try:
        reference.update(list(actions), condition=(ChunkItem.attempt == item.attempt) & (ChunkItem.status == "running"))
    except UpdateError as error:
        if _refused(error):
            raise StaleAttempt(f"attempt {item.attempt} at {item.sk}") from error
        raise


def _item(tenant_id: str, job_id: str, index: int) -> ChunkItem:
    return ChunkItem(model.job_pk(tenant_id, job_id), model.chunk_sk(index))


def _refused(error: Exception) -> bool:
    return getattr(error, "cause_response_code", None) == "ConditionalCheckFailedException"
