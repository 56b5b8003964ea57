"""Decide whether the result is what was asked for, by looking at it; and make its poster, thumbnails and sprite."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from flatrender.composition.outputs import FORMATS
from flatrender.kernel.faults import Fault
from flatrender.platform import observe, storage
from flatrender.render import chunk_repository, machine, repository
from flatrender.render.model import ChunkItem
from flatrender.render.pipeline import parts
from flatrender.render.steps import Step

THUMBNAILS: Final = 3
THUMBNAIL_WIDTH: Final = 320
MOVING: Final = ("video", "animation", "sequence")
"""What has a poster and thumbnails."""


def run(step: Step) -> dict[str, Any]:
    """`{outcome, result}`, or `failed` with an `error` that says why.

    `result` is `{size_bytes, sha256, thumbnails, poster, sprite}`: how many thumbnails, whether there is a poster, and
    how the sprite is laid out (null: there is none).
    """
    from flatrender.engine.pictures import Album
    from flatrender.engine.verify import verify

    if not repository.enter(step.tenant_id, step.job_id, "verifying"):
        parts.still_wanted(step)
        return {"outcome": "ended"}
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    prefix, form = storage.result_prefix(step.tenant_id, step.job_id), FORMATS[job.format]
    name = parts.result_name(job)
    with machine.workspace(f"{step.job_id}-verify") as work:
        made = work.fetch(name, prefix + form.file_name)
        album = Album(float(job.duration) / 2, THUMBNAILS, THUMBNAIL_WIDTH, sprite=form.kind == "video")
        shown = album if form.kind in MOVING else None
        try:
            faults = verify(made, parts.of(job, chunks).expected(), shown)
        except parts.WrongParts as wrong:
            faults = [wrong.fault]
        machine.drop(name)
        if faults:
            return _refuse(step, chunks, faults)
        size = made.stat().st_size
        with made.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        pictures = album.write(work.folder) if shown else []
        try:
            _upload(pictures, prefix)
        except Exception:
            parts.still_wanted(step)
            raise
    if not parts.still_wanted(step):
        return {"outcome": "ended"}
    names = [path.name for path in pictures]
    result = {
        "size_bytes": size,
        "sha256": sha256,
        "thumbnails": sum(1 for name in names if name.startswith("thumb-")),
        "poster": "poster.jpg" in names,
        "sprite": album.sheet.model_dump() if album.sheet else None,
    }
    return {"outcome": "ok", "result": result}


def _refuse(step: Step, chunks: Sequence[ChunkItem], faults: Sequence[Fault]) -> dict[str, Any]:
    # One of them may be what is wrong. Left in the cache, it would fail whoever asks for the same video again.
    chunk_repository.distrust(step.tenant_id, (chunk.key for chunk in chunks))
    observe.logger().error("video refused", extra={"faults": [fault.model_dump() for fault in faults]})
    message = "The finished video did not pass our check: " + " ".join(fault.message for fault in faults[:3])
    return {"outcome": "failed", "error": {"code": "verification_failed", "message": message}}


def _upload(pictures: list[Path], prefix: str) -> None:
    with ThreadPoolExecutor(max(1, len(pictures))) as pool:
        uploads = [pool.submit(storage.upload, path, prefix + path.name, "image/jpeg") for path in pictures]
        for upload in uploads:
            upload.result()
