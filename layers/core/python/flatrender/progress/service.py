"""The newest state of each job, and its delivery to whoever watches.

A job has one writer (the render table's stream consumer), so messages leave in the order of their sequence numbers.
A new subscriber is brought up to date before it is made known to the writer, in a transaction that fails when the job
has moved on meanwhile: so no connection ever sees a lower number after a higher one.
"""

import json
from typing import Any

from flatrender.kernel.errors import Unavailable
from flatrender.platform import observe
from flatrender.platform.transactions import Operation
from flatrender.progress import push, repository
from flatrender.progress.errors import JobNotFound, SnapshotMoved, Undeliverable
from flatrender.progress.model import SnapshotItem
from flatrender.progress.schemas import Outcome, Update

CATCH_UP_ATTEMPTS = 8


def opening(tenant_id: str, user_id: str, job_id: str, chunks_total: int) -> Operation:
    """Part of submit's transaction: the job's first snapshot, seq 1, stage `queued`."""
    return repository.opening(tenant_id, user_id, job_id, chunks_total)


def publish(tenant_id: str, job_id: str, update: Update) -> bool:
    """Tells the watchers of a job how far it is.

    False when the update was dropped: percent or stage would fall, the last message is less than 250 ms old and of
    the same stage, or the job is closed or unknown.
    """
    snapshot = repository.advance(tenant_id, job_id, update)
    if snapshot is None:
        return False
    _deliver(tenant_id, snapshot, may_fail=True)
    return True


def close(tenant_id: str, job_id: str, outcome: Outcome) -> bool:
    """Sends the last message of a job and closes it; False when it was closed before or is unknown.

    Safe to repeat: who was not told the first time is told then. Raises Unavailable when someone could not be told.
    """
    snapshot = repository.finish(tenant_id, job_id, outcome)
    closed_now = snapshot is not None
    if snapshot is None:
        snapshot = repository.snapshot(tenant_id, job_id)
        if snapshot is None or snapshot.status == repository.RUNNING:
            return False
    _deliver(tenant_id, snapshot, may_fail=False)
    return closed_now


def subscribe(tenant_id: str, user_id: str, connection_id: str, job_id: str, last_seq: int = 0) -> None:
    """Sends the current state, when it is newer than `last_seq`, and from then on every change.

    A job that has ended has its closing message for a state, and no changes. Raises JobNotFound (also for what belongs
    to others), TooManyWatchers, TooManyJobs, ConnectionUnknown, Unavailable.
    """
    if job_id in (repository.connection(tenant_id, connection_id).jobs or ()):
        repository.unsubscribe(tenant_id, job_id, connection_id)
    seen = last_seq
    for _ in range(CATCH_UP_ATTEMPTS):
        snapshot = repository.snapshot(tenant_id, job_id)
        if snapshot is None or snapshot.user_id != user_id:
            raise JobNotFound
        if snapshot.seq > seen:
            seen = int(snapshot.seq)
            if not push.post(connection_id, message_of(snapshot)):
                repository.disconnect(tenant_id, connection_id)
                return
        if snapshot.status != repository.RUNNING:
            return
        try:
            repository.subscribe(tenant_id, job_id, connection_id, seen=int(snapshot.seq))
        except SnapshotMoved:
            continue
        return
    raise Unavailable("The job changes faster than it can be followed. Subscribe again.")


def unsubscribe(tenant_id: str, connection_id: str, job_id: str) -> None:
    repository.unsubscribe(tenant_id, job_id, connection_id)


def message_of(snapshot: SnapshotItem) -> dict[str, Any]:
    """The message as it goes over the wire; docs/websocket.md describes it."""
    if snapshot.status != repository.RUNNING:
        outcome = json.loads(snapshot.outcome or "{}")
        said = {key: outcome[key] for key in ("result", "error") if outcome.get(key) is not None}
        return {"type": snapshot.status, "seq": int(snapshot.seq), "job_id": snapshot.job_id, **said}
    return {
        "type": "progress",
        "seq": int(snapshot.seq),
        "job_id": snapshot.job_id,
        "stage": snapshot.stage,
        "percent": snapshot.percent,
        "eta_seconds": snapshot.eta_seconds,
        "fps": snapshot.fps,
        "chunks_done": int(snapshot.chunks_done),
        "chunks_total": int(snapshot.chunks_total),
    }


def _deliver(tenant_id: str, snapshot: SnapshotItem, *, may_fail: bool) -> None:
    """Posts to every subscriber.

    A progress message that API Gateway does not take is let go, for another follows; a closing one is not, unless it
    never will be taken.
    """
    message = message_of(snapshot)
    job_id = str(snapshot.job_id)
    untold = 0
    for connection_id in repository.subscribers(tenant_id, job_id, before=int(snapshot.seq)):
        try:
            alive = push.post(connection_id, message)
        except Unavailable:
            observe.logger().warning("message not delivered", extra={"job_id": job_id}, exc_info=True)
            untold += 1
            continue
        except Undeliverable:
            observe.logger().exception("message refused", extra={"job_id": job_id})
            continue
        if not alive:
            repository.disconnect(tenant_id, connection_id)
            repository.unsubscribe(tenant_id, job_id, connection_id)
        elif snapshot.status != repository.RUNNING:
            repository.unsubscribe(tenant_id, job_id, connection_id)
    if untold and not may_fail:
        raise Unavailable(f"{untold} watchers of the job could not be told that it ended.")
