"""What a job costs that ends without a result: nothing, but for what a player was given while it rendered.

Without this, whoever watches a video to its end and cancels before it is published has it for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flatrender.ledger import service as ledger
from flatrender.platform.transactions import Operation
from flatrender.render import chunk_repository, repository
from flatrender.render.model import ChunkItem, JobItem
from flatrender.render.sizing import billable, sizing

ATTEMPTS: Final = 3
"""At ending a job. Each is refused once at most: when the job is watched for the first time, and when it ends."""


@dataclass(frozen=True)
class Cost:
    """Seconds to be settled, and for how many chunks from the first on."""

    seconds: int = 0
    shown: int = 0


def cost(job: JobItem, chunks: Sequence[ChunkItem]) -> Cost:
    """Playlists name what is finished from the beginning on without a gap; what was paid for before costs nothing."""
    if not job.watched:
        return Cost()
    shown = finished(chunks)
    frames = sum(int(chunk.frames) for chunk in shown if not chunk.paid)
    return Cost(min(billable(frames, int(job.fps)), int(job.seconds_held)), len(shown))


def finished(chunks: Sequence[ChunkItem]) -> list[ChunkItem]:
    """The pictures that are done, from the first on without a gap."""
    found = []
    for chunk in _pictures(chunks):
        if chunk.status != "done":
            break
        found.append(chunk)
    return found


def operations(job: JobItem, due: Cost, status: str, at: str, changes: Sequence[Any]) -> list[Operation]:
    """What ends the job, `cancelled` or `failed`, and moves its seconds.

    Refused with RenderEnded when it has ended, or is watched since it was read.
    """
    if not due.seconds:
        return [
            *repository.ending(job, status, at, changes),
            *ledger.release(job.tenant_id, job.user_id, job.job_id),
        ]
    billed = [
        JobItem.seconds_billed.set(due.seconds),
        JobItem.price_minor.set(due.seconds * int(job.second_price_minor)),
        JobItem.chunks_shown.set(due.shown),
    ]
    return [
        *repository.ending(job, status, at, [*changes, *billed]),
        *ledger.settle(job.tenant_id, job.user_id, job.job_id, due.seconds),
    ]


def mark_paid(job: JobItem, chunks: Sequence[ChunkItem]) -> None:
    """After the job has ended: what it has paid for is free for whoever orders it next. Again changes nothing."""
    if job.chunks_shown:
        keys = [chunk.key for chunk in _pictures(chunks)[: int(job.chunks_shown)]]
        chunk_repository.mark_paid(job.tenant_id, keys, sizing().cache_days)


def _pictures(chunks: Sequence[ChunkItem]) -> list[ChunkItem]:
    return sorted((chunk for chunk in chunks if chunk.index >= 0), key=lambda chunk: int(chunk.index))
