"""Cut the job into chunks, and say which of them must be rendered."""

from typing import Any

from flatrender.composition.chunks import ChunkSpec
from flatrender.kernel.clock import timestamp
from flatrender.platform import transactions
from flatrender.render import chunk_repository, devices, repository
from flatrender.render.errors import RenderEnded
from flatrender.render.model import ChunkItem
from flatrender.render.order import WorkOrder
from flatrender.render.sizing import AUDIO_INDEX
from flatrender.render.steps import Step


def run(step: Step) -> dict[str, Any]:
    """`{outcome, backend, items}`; `items` are the indexes of the chunks to render, the soundtrack (-1) last.

    The soundtrack comes first where the video is watched while it renders.
    """
    if not _begin(step):
        return {"outcome": "ended"}
    job, existing = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    # An earlier run may have died between two batches of writes: what it wrote stays as it is, the rest is added.
    written = {chunk.sk for chunk in existing}
    order = repository.order(step.tenant_id, step.job_id)
    missing = [chunk for chunk in _cut(step, order) if chunk.sk not in written]
    if missing:
        chunk_repository.write_chunks(missing)
        existing = [*existing, *missing]
    counted = [chunk for chunk in existing if chunk.frames]
    reused = sum(1 for chunk in counted if chunk.cached)
    if reused:
        devices.decide(step.tenant_id, step.job_id, order)
    values = {"chunks_total": len(counted), "chunks_cached": reused, "rendering_at": timestamp()}
    if not repository.enter(step.tenant_id, step.job_id, "rendering", **values):
        return {"outcome": "ended"}
    # Who watches a video while it renders wants to hear it, too.
    todo = sorted(
        (chunk.index for chunk in existing if chunk.status != "done"),
        key=lambda index: (index < 0 and not job.hls, index),
    )
    return {"outcome": "ok", "backend": job.backend, "items": [int(index) for index in todo]}


def _begin(step: Step) -> bool:
    """Move the job from queued to running and tell the world; True as well when an earlier run of this step did."""
    job = repository.job(step.tenant_id, step.job_id)
    if job.status == "running":
        return True
    if job.status != "queued":
        return False
    at = timestamp()
    data = {
        "job_id": job.job_id,
        "user_id": job.user_id,
        "project_id": job.project_id,
        "chunks_total": int(job.chunks_total),
        "chunks_cached": int(job.chunks_cached),
        "backend": repository.EVENT_BACKENDS[job.backend],
    }
    try:
        transactions.commit([*repository.start(job, at), repository.announce(job, "started", 2, data)])
    except RenderEnded:
        return repository.is_active(step.tenant_id, step.job_id)
    return True


def _cut(step: Step, order: WorkOrder) -> list[ChunkItem]:
    specs = order.chunks()
    sound = None if order.sound_only else order.audio_key()
    keys = [spec.key for spec in specs] + ([sound] if sound else [])
    paid = chunk_repository.usable(step.tenant_id, keys)
    chunks = []
    for spec in specs:
        chunks.append(_item(step, spec, cached=spec.key in paid, paid=paid.get(spec.key, False)))
        # Scenes that repeat have the same key: the first one is rendered, and paid, for all.
        paid[spec.key] = True
    if sound:
        silent = ChunkSpec(index=AUDIO_INDEX, first_frame=0, frame_count=0, key=sound)
        chunks.append(_item(step, silent, cached=sound in paid, paid=paid.get(sound, False)))
    return chunks


def _item(step: Step, spec: ChunkSpec, *, cached: bool, paid: bool) -> ChunkItem:
    return chunk_repository.chunk(
        step.tenant_id,
        step.job_id,
        spec.index,
        key=spec.key,
        first_frame=spec.first_frame,
        frames=spec.frame_count,
        cached=cached,
        paid=paid,
    )
