"""Make it official: the manifest is signed, the job is completed, its seconds are settled, and the event goes out; all
but the manifest, which is there before, in one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flatrender.kernel.clock import timestamp
from flatrender.ledger import service as ledger
from flatrender.platform import storage, transactions
from flatrender.render import chunk_repository, repository
from flatrender.render.chunk_repository import Cached
from flatrender.render.errors import RenderEnded
from flatrender.render.model import ChunkItem, JobItem
from flatrender.render.pipeline.fail import clean_up
from flatrender.render.sizing import billable, sizing
from flatrender.render.steps import Step

MANIFEST: Final = "manifest.json"


class Verified(Step):
    """The step's input: the job, and what `verify` found."""

    result: dict[str, Any]


def run(step: Verified) -> dict[str, Any]:
    """`{outcome}`. Either this or a cancel ends the job, never both."""
    repository.enter(step.tenant_id, step.job_id, "publishing")
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    if job.status == "completed":
        # An earlier run of this step may have ended between the two.
        _mark_paid(job, chunks)
        return {"outcome": "ok"}
    billed = min(billed_seconds(job, chunks), int(job.seconds_held))
    at = timestamp()
    price = billed * int(job.second_price_minor)
    changes = [
        JobItem.stage.set("completed"),
        JobItem.result.set({**step.result, "manifest": True}),
        JobItem.seconds_billed.set(billed),
        JobItem.price_minor.set(price),
    ]
    data = {
        "job_id": job.job_id,
        "user_id": job.user_id,
        "project_id": job.project_id,
        "seconds_settled": billed,
        "format": job.format,
        "duration_seconds": float(job.duration),
        "width": int(job.width),
        "height": int(job.height),
        "size_bytes": int(step.result["size_bytes"]),
        "elapsed_seconds": _seconds(job.created_at, at),
    }
    parts = chunk_repository.cached(job.tenant_id, [chunk.key for chunk in chunks], consistent=True, stays=0)
    if job.hls:
        changes.append(JobItem.watchable_until.set(watchable_until(chunks, parts)))
    name = storage.result_prefix(step.tenant_id, step.job_id) + MANIFEST
    storage.write(name, _manifest(job, chunks, parts, step.result, at), "application/json")
    try:
        transactions.commit(
            [
                *repository.ending(job, "completed", at, changes),
                *ledger.settle(job.tenant_id, job.user_id, job.job_id, billed),
                repository.announce(job, "completed", 3, data),
            ]
        )
    except RenderEnded:
        if repository.job(step.tenant_id, step.job_id).status != "completed":
            # Whoever ended the job may have cleaned up before the manifest was written, or not at all.
            clean_up(step.tenant_id, step.job_id)
            return {"outcome": "ended"}
    _mark_paid(job, chunks)
    return {"outcome": "ok"}


def _mark_paid(job: JobItem, chunks: list[ChunkItem]) -> None:
    """Only now: what a cancelled job has drawn is not free for whoever orders the same again."""
    billed = [chunk.key for chunk in chunks if not chunk.paid]
    if billed:
        chunk_repository.mark_paid(job.tenant_id, billed, sizing().cache_days)


def _manifest(
    job: JobItem, chunks: list[ChunkItem], parts: Mapping[str, Cached], result: dict[str, Any], at: str
) -> bytes:
    # It loads the composition format, which a start should not wait for.
    from flatrender.render import manifest

    order = repository.order(job.tenant_id, job.job_id)
    in_order = sorted(chunks, key=lambda chunk: int(chunk.index))
    return manifest.signed(manifest.build(job, order, in_order, parts, result, at))


def watchable_until(chunks: Sequence[ChunkItem], parts: Mapping[str, Cached]) -> int:
    """Until when (epoch seconds) playlists can be made: the chunk items and the objects that they name are all kept."""
    return min(
        min(int(chunk.expires_at), parts[chunk.key].usable_until if chunk.key in parts else 0) for chunk in chunks
    )


def billed_seconds(job: JobItem, chunks: list[ChunkItem]) -> int:
    """Seconds that nobody has paid for before, rounded up once."""
    return billable(sum(int(chunk.frames) for chunk in chunks if not chunk.paid), int(job.fps))


def _seconds(start: str, end: str) -> float:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)
