"""Snapshots, sockets, and who watches what."""

from collections.abc import Sequence
from time import time_ns

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action

from flatrender.kernel.clock import epoch
from flatrender.kernel.errors import Conflict, Unavailable
from flatrender.platform import transactions, updates
from flatrender.platform.tables import tenant_key
from flatrender.progress.errors import ConnectionUnknown, SnapshotMoved, TooManyJobs, TooManyWatchers
from flatrender.progress.model import CONNECTION, SNAPSHOT, SUBSCRIBER, ConnectionItem, SnapshotItem, SubscriberItem
from flatrender.progress.schemas import STAGES, Outcome, Update

MAX_JOBS = 20
"""How many jobs one connection may watch."""

MAX_WATCHERS = 25
"""How many connections may watch one job: each is posted to in turn, while the messages of other jobs wait."""

CONNECTION_SECONDS = 2 * 3600 + 600
"""API Gateway ends a connection after two hours; the rest is for what is under way then."""

SNAPSHOT_SECONDS = 7 * 24 * 3600
MIN_INTERVAL_MS = 250

RUNNING = "running"


def _job(tenant_id: str, job_id: str) -> str:
    return tenant_key(tenant_id, "JOB", job_id)


def _connection(tenant_id: str, connection_id: str) -> str:
    return tenant_key(tenant_id, "CONNECTION", connection_id)


def _snapshot_keys(tenant_id: str, job_id: str) -> SnapshotItem:
    return SnapshotItem(pk=_job(tenant_id, job_id), sk=SNAPSHOT)


def _subscriber_keys(tenant_id: str, job_id: str, connection_id: str) -> SubscriberItem:
    return SubscriberItem(pk=_job(tenant_id, job_id), sk=SUBSCRIBER + connection_id)


def _connection_keys(tenant_id: str, connection_id: str) -> ConnectionItem:
    return ConnectionItem(pk=_connection(tenant_id, connection_id), sk=CONNECTION)


def opening(tenant_id: str, user_id: str, job_id: str, chunks_total: int) -> transactions.Operation:
    item = SnapshotItem(
        pk=_job(tenant_id, job_id),
        sk=SNAPSHOT,
        type="snapshot",
        job_id=job_id,
        user_id=user_id,
        status=RUNNING,
        seq=1,
        stage=STAGES[0],
        rank=0,
        percent=0,
        chunks_done=0,
        chunks_total=chunks_total,
        published_at=_now_ms(),
        expires_at=epoch() + SNAPSHOT_SECONDS,
    )
    return transactions.put(item, SnapshotItem.pk.does_not_exist())


def snapshot(tenant_id: str, job_id: str) -> SnapshotItem | None:
    try:
        return SnapshotItem.get(_job(tenant_id, job_id), SNAPSHOT, consistent_read=True)
    except SnapshotItem.DoesNotExist:
        return None


def advance(tenant_id: str, job_id: str, update: Update) -> SnapshotItem | None:
    """The snapshot with the next sequence number, or None when `update` is older, too soon, or the job has ended."""
    now = _now_ms()
    rank = STAGES.index(update.stage)
    percent = round(update.percent, 1)
    due = (SnapshotItem.published_at <= now - MIN_INTERVAL_MS) | (SnapshotItem.rank < rank)
    condition = (SnapshotItem.status == RUNNING) & (SnapshotItem.percent <= percent) & (SnapshotItem.rank <= rank) & due
    actions = [
        SnapshotItem.seq.add(1),
        SnapshotItem.stage.set(update.stage),
        SnapshotItem.rank.set(rank),
        SnapshotItem.percent.set(percent),
        _maybe(SnapshotItem.eta_seconds, update.eta_seconds),
        _maybe(SnapshotItem.fps, update.fps),
        SnapshotItem.chunks_done.set(update.chunks_done),
        SnapshotItem.chunks_total.set(update.chunks_total),
        SnapshotItem.published_at.set(now),
    ]
    return _write(_snapshot_keys(tenant_id, job_id), actions, condition)


def finish(tenant_id: str, job_id: str, outcome: Outcome) -> SnapshotItem | None:
    """The closed snapshot, or None when the job is not there or was closed before."""
    actions = [
        SnapshotItem.seq.add(1),
        SnapshotItem.status.set(outcome.status),
        SnapshotItem.outcome.set(outcome.model_dump_json()),
        SnapshotItem.published_at.set(_now_ms()),
        SnapshotItem.expires_at.set(epoch() + SNAPSHOT_SECONDS),
    ]
    if outcome.status == "completed":
        actions.append(SnapshotItem.percent.set(100))
    return _write(_snapshot_keys(tenant_id, job_id), actions, SnapshotItem.status == RUNNING)


def subscribers(tenant_id: str, job_id: str, *, before: int | None = None) -> list[str]:
    """The connections that watch a job; with `before`, only those that were not yet told that sequence number."""
    found = SubscriberItem.query(
        _job(tenant_id, job_id), SubscriberItem.sk.startswith(SUBSCRIBER), consistent_read=True
    )
    return [str(item.connection_id) for item in found if before is None or item.seen < before]


def connect(tenant_id: str, user_id: str, connection_id: str, version: int) -> None:
    item = ConnectionItem(
        pk=_connection(tenant_id, connection_id),
        sk=CONNECTION,
        type="connection",
        connection_id=connection_id,
        user_id=user_id,
        version=version,
        expires_at=epoch() + CONNECTION_SECONDS,
    )
    try:
        item.save()
    except PutError as error:
        raise Unavailable from error


def connection(tenant_id: str, connection_id: str) -> ConnectionItem:
    """Raises ConnectionUnknown."""
    try:
        return ConnectionItem.get(_connection(tenant_id, connection_id), CONNECTION, consistent_read=True)
    except ConnectionItem.DoesNotExist as error:
        raise ConnectionUnknown from error


def disconnect(tenant_id: str, connection_id: str) -> None:
    """Forgets a connection and all it watches; one that is not known is nothing to forget."""
    try:
        known = connection(tenant_id, connection_id)
    except ConnectionUnknown:
        return
    with SubscriberItem.batch_write() as batch:
        for job_id in known.jobs or ():
            batch.delete(_subscriber_keys(tenant_id, job_id, connection_id))
    known.delete()


def subscribe(tenant_id: str, job_id: str, connection_id: str, *, seen: int) -> None:
    """Makes the connection one that the job's next message goes to.

    Raises SnapshotMoved: the job is no longer at sequence number `seen`; TooManyWatchers; TooManyJobs;
    ConnectionUnknown.
    """
    if len(_first_subscribers(tenant_id, job_id, MAX_WATCHERS)) == MAX_WATCHERS:
        raise TooManyWatchers
    at = (SnapshotItem.seq == seen) & (SnapshotItem.status == RUNNING)
    room = ConnectionItem.jobs.does_not_exist() | (size(ConnectionItem.jobs) < MAX_JOBS)  # type: ignore[no-untyped-call]
    item = SubscriberItem(
        pk=_job(tenant_id, job_id),
        sk=SUBSCRIBER + connection_id,
        type="subscriber",
        connection_id=connection_id,
        seen=seen,
        expires_at=epoch() + CONNECTION_SECONDS,
    )
    try:
        transactions.commit(
            [
                transactions.check(_snapshot_keys(tenant_id, job_id), at, SnapshotMoved()),
                transactions.put(item),
                transactions.update(
                    _connection_keys(tenant_id, connection_id), [ConnectionItem.jobs.add({job_id})], room, TooManyJobs()
                ),
            ]
        )
    except TooManyJobs:
        connection(tenant_id, connection_id)  # the same condition fails when the connection is gone
        raise


def _first_subscribers(tenant_id: str, job_id: str, limit: int) -> list[SubscriberItem]:
    return list(
        SubscriberItem.query(
            _job(tenant_id, job_id), SubscriberItem.sk.startswith(SUBSCRIBER), consistent_read=True, limit=limit
        )
    )


def unsubscribe(tenant_id: str, job_id: str, connection_id: str) -> None:
    """Stops the job's messages to a connection; doing so twice is the same as once."""
    gone = _subscriber_keys(tenant_id, job_id, connection_id)
    watched = _connection_keys(tenant_id, connection_id)
    try:
        transactions.commit(
            [transactions.delete(gone), transactions.update(watched, [ConnectionItem.jobs.delete({job_id})])]
        )
    except Conflict:
        gone.delete()


def _write(item: SnapshotItem, actions: Sequence[Action], condition: Condition) -> SnapshotItem | None:
    return item if updates.apply(item, actions, SnapshotItem.pk.exists() & condition) else None


def _maybe(attribute: object, value: float | None) -> Action:
    action: Action = attribute.remove() if value is None else attribute.set(round(value, 1))  # type: ignore[attr-defined]
    return action


def _now_ms() -> int:
    return time_ns() // 1_000_000
