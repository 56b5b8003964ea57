"""Turns changes of jobs and chunks into progress messages.

The stream says only that something changed; what is told is computed from the table as it is now. So duplicates,
batches and records out of order lead to the same messages.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from flatrender.kernel.clock import now
from flatrender.progress import service as progress
from flatrender.progress.schemas import Outcome, Stage, Status, Update
from flatrender.render import chunk_repository
from flatrender.render.model import ENDED, ChunkItem, JobItem

RENDERING_FROM: Final = 2.0
RENDERING_TO: Final = 92.0
STAGE_PERCENT: Final[Mapping[str, float]] = {
    "queued": 0.0,
    "planning": 1.0,
    "rendering": RENDERING_FROM,
    "assembling": 93.0,
    "verifying": 95.0,
    "publishing": 99.0,
}
TAIL_SECONDS: Final = 2.0
"""What assembling, verifying and publishing take, for the estimate."""
AUDIO_WEIGHT: Final = 0.02
"""Share of the whole that the soundtrack is counted with."""

PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to tell of a change, within one invocation."""
PATIENCE_SECONDS: Final = 10
"""No attempt begins later: the function has 20 s, and one may have to wait for what does not answer."""


def changed(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Handle stream records; returns the sequence numbers of those that must come again.

    The stream itself shows them again at once and only so often: who cannot be told at first is told after a wait,
    so that all attempts together outlast an outage of a minute. The others do not wait for that.
    """
    jobs: dict[tuple[str, str], list[str]] = {}
    for record in records:
        change = record["dynamodb"]
        _, tenant_id, _, job_id = change["Keys"]["pk"]["S"].split("#")
        jobs.setdefault((tenant_id, job_id), []).append(change["SequenceNumber"])
    began = time.monotonic()
    untold = _untold(jobs)
    for pause in PAUSES:
        if not untold or time.monotonic() > began + PATIENCE_SECONDS:
            break
        time.sleep(pause)
        untold = _untold(untold)
    return [number for job in untold for number in jobs[job]]


def _untold(jobs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Tell each of the jobs; those whose watchers could not be told."""
    failed = []
    for tenant_id, job_id in jobs:
        try:
            tell(tenant_id, job_id)
        except Exception:  # noqa: BLE001 - one job's failure is not another's
            from flatrender.platform import observe

            observe.logger().exception("progress not published", extra={"job_id": job_id})
            failed.append((tenant_id, job_id))
    return failed


def tell(tenant_id: str, job_id: str) -> None:
    """Publish where the job is now."""
    job, chunks = chunk_repository.job_and_chunks(tenant_id, job_id)
    if job is None:
        return
    if job.status in ENDED:
        progress.close(tenant_id, job_id, outcome(job))
    elif job.status == "running":
        progress.publish(tenant_id, job_id, snapshot(job, chunks, now()))


def outcome(job: JobItem) -> Outcome:
    """The last message. It carries no links, for it is kept longer than they are valid: GET the render for them."""
    if job.status == "completed":
        result = {
            "duration_seconds": float(job.duration),
            "width": int(job.width),
            "height": int(job.height),
            "size_bytes": int(job.result["size_bytes"]),
            "seconds_billed": int(job.seconds_billed or 0),
        }
        return Outcome(status="completed", result=result)
    error = job.error or {"code": "cancelled", "message": "You cancelled this render."}
    return Outcome(status=cast(Status, job.status), error=error)


def snapshot(job: JobItem, chunks: Sequence[ChunkItem], at: datetime) -> Update:
    """How far a running job is, weighted by frames. Frames from the cache count as done, but not into the speed."""
    pictures = [chunk for chunk in chunks if chunk.frames]
    total = sum(int(chunk.frames) for chunk in pictures)
    done = sum(_done(chunk) for chunk in pictures)
    drawn = sum(_done(chunk) for chunk in pictures if not chunk.cached)
    sound = [chunk for chunk in chunks if not chunk.frames]
    percent = STAGE_PERCENT[job.stage]
    fps = eta = None
    if job.stage == "rendering" and total:
        share = done / total
        if sound:
            share = share * (1 - AUDIO_WEIGHT) + AUDIO_WEIGHT * all(chunk.status == "done" for chunk in sound)
        percent = RENDERING_FROM + (RENDERING_TO - RENDERING_FROM) * share
        elapsed = _seconds_since(job.rendering_at, at)
        if drawn and elapsed > 0:
            fps = drawn / elapsed
            eta = (total - done) / fps + TAIL_SECONDS
    elif percent > RENDERING_TO:
        eta = TAIL_SECONDS * (100 - percent) / (100 - RENDERING_TO)
    return Update(
        stage=cast(Stage, job.stage),
        percent=percent,
        eta_seconds=eta,
        fps=fps,
        chunks_done=sum(1 for chunk in pictures if chunk.status == "done"),
        chunks_total=int(job.chunks_total),
    )


def _done(chunk: ChunkItem) -> int:
    return int(chunk.frames if chunk.status == "done" else chunk.frames_done)


def _seconds_since(moment: str | None, at: datetime) -> float:
    return (at - datetime.fromisoformat(moment)).total_seconds() if moment else 0.0
