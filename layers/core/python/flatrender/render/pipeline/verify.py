"""Decide whether the video is what was asked for, by looking at it; and make its poster and thumbnails."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from flatrender.kernel.faults import Fault
from flatrender.platform import observe, storage
from flatrender.render import chunk_repository, machine, repository
from flatrender.render.model import ChunkItem
from flatrender.render.pipeline import parts
from flatrender.render.steps import Step

THUMBNAILS: Final = 3
THUMBNAIL_WIDTH: Final = 320


def run(step: Step) -> dict[str, Any]:
    """`{outcome, result}` with `result` = `{size_bytes, thumbnails}`; or `failed` with an `error` that says why."""
    from flatrender.engine.pictures import Album
    from flatrender.engine.verify import verify

    if not repository.enter(step.tenant_id, step.job_id, "verifying"):
        parts.still_wanted(step)
        return {"outcome": "ended"}
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    prefix = storage.result_prefix(step.tenant_id, step.job_id)
    name = parts.video_name(step.job_id)
    with machine.workspace(f"{step.job_id}-verify") as work:
        video = work.fetch(name, prefix + "video.mp4")
        album = Album(float(job.duration) / 2, THUMBNAILS, THUMBNAIL_WIDTH)
        try:
            faults = verify(video, parts.of(step.tenant_id, chunks).expected(job), album)
        except parts.WrongParts as wrong:
            faults = [wrong.fault]
        machine.drop(name)
        if faults:
            return _refuse(step, chunks, faults)
        size = video.stat().st_size
        pictures = album.write(work.folder)
        try:
            _upload(pictures, prefix)
        except Exception:
            parts.still_wanted(step)
            raise
    if not parts.still_wanted(step):
        return {"outcome": "ended"}
    thumbnails = sum(1 for path in pictures if path.name.startswith("thumb-"))
    return {"outcome": "ok", "result": {"size_bytes": size, "thumbnails": thumbnails}}


def _refuse(step: Step, chunks: Sequence[ChunkItem], faults: Sequence[Fault]) -> dict[str, Any]:
    # One of them may be what is wrong. Left in the cache, it would fail whoever asks for the same video again.
    chunk_repository.distrust(step.tenant_id, (chunk.key for chunk in chunks))
    observe.logger().error("video refused", extra={"faults": [fault.model_dump() for fault in faults]})
    message = "The finished video did not pass our check: " + " ".join(fault.message for fault in faults[:3])
    return {"outcome": "failed", "error": {"code": "verification_failed", "message": message}}


def _upload(pictures: list[Path], prefix: str) -> None:
    with ThreadPoolExecutor(len(pictures)) as pool:
        uploads = [pool.submit(storage.upload, path, prefix + path.name, "image/jpeg") for path in pictures]
        for upload in uploads:
            upload.result()
