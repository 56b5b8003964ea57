"""Make what was ordered of the chunks and the soundtrack, and store it."""

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

from flatrender.composition.outputs import FORMATS, Format
from flatrender.platform import observe, storage
from flatrender.render import chunk_repository, machine, repository
from flatrender.render.errors import DiskFull, JobEnded
from flatrender.render.pipeline import parts
from flatrender.render.steps import Step

LOOK_SECONDS: Final = 5.0
"""How often work that takes long asks whether it is still wanted."""
AHEAD: Final = 4
"""Chunks of a video that are fetched while one is being written."""
TOO_LARGE: Final = {
    "code": DiskFull.code,
    "message": "The finished file does not fit on the disk of the machine that puts it together. "
    "Choose a lower quality, resolution or frame rate, or make it shorter.",
}


def run(step: Step) -> dict[str, Any]:
    """`{outcome}`, or `failed` with an `error` that says why.

    The file is written to the job's results, and stays on this machine for `verify`.
    """
    if not repository.enter(step.tenant_id, step.job_id, "assembling"):
        parts.still_wanted(step)
        return {"outcome": "ended"}
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    form = FORMATS[job.format]
    key = storage.result_prefix(step.tenant_id, step.job_id) + form.file_name
    with machine.workspace(f"{step.job_id}-assemble") as work:
        made = work.folder / form.file_name
        try:
            _make(parts.of(job, chunks), form, work, made, _watching(step))
        except JobEnded:
            parts.still_wanted(step)
            return {"outcome": "ended"}
        except Exception as error:
            if not machine.is_full(error):
                raise
            # Another attempt would find no more room than this one.
            observe.logger().exception("no room for the result")
            return {"outcome": "failed", "error": TOO_LARGE}
        try:
            storage.upload(made, key, form.content_type)
        except Exception:
            parts.still_wanted(step)
            raise
        machine.keep(parts.result_name(job), made)
    if not parts.still_wanted(step):
        machine.drop(parts.result_name(job))
        return {"outcome": "ended"}
    return {"outcome": "ok"}


def _make(found: parts.Parts, form: Format, work: machine.Workspace, made: Path, look: Callable[[], None]) -> None:
    """Write the file. Raises JobEnded, and what ends in DiskFull or ENOSPC where there is no room for it."""
    from flatrender.engine.outputs.finish import finish

    quality = cast("Any", found.job.quality)
    if form.kind != "video":
        pictures, sound = found.fetch(work)
        machine.make_room(sum(path.stat().st_size for path in [*pictures, *([sound] if sound else [])]))
        finish(form.name, quality, pictures, sound, made, counts=found.counts, on_frame=look)
        return
    # The disk holds the video and a few chunks, never all: so it may be nearly as large as the disk.
    sound = found.file(work, found.audio) if found.audio and found.audio.report else None
    sizes = [part.size_bytes for _, part in found.chunks]
    at_once = sum(sorted(sizes)[-(AHEAD + 2) :])
    machine.make_room(sum(sizes) + at_once + (sound.stat().st_size if sound else 0))
    with closing(_in_turn(found, work, look)) as chunks:
        finish(form.name, quality, chunks, sound, made, counts=found.counts)


def _in_turn(found: parts.Parts, work: machine.Workspace, look: Callable[[], None]) -> Generator[Path]:
    """The chunks' files in order: each until the next is asked for, while those that follow are on their way."""
    wanted = [part for _, part in found.chunks]
    coming: dict[str, Future[Path]] = {}
    with ThreadPoolExecutor(AHEAD) as pool:
        try:
            for place, part in enumerate(wanted):
                look()
                window = wanted[place : place + 1 + AHEAD]
                for later in window:
                    if later.sha256 not in coming:
                        coming[later.sha256] = pool.submit(found.file, work, later)
                path = coming[part.sha256].result()
                yield path
                # Chunks that look alike are one file.
                if part.sha256 not in {later.sha256 for later in window[1:]}:
                    del coming[part.sha256]
                    work.discard(path.name)
        finally:
            pool.shutdown(cancel_futures=True)


def _watching(step: Step) -> Callable[[], None]:
    """Raises JobEnded soon after the job has; looks at most every LOOK_SECONDS."""
    next_look = time.monotonic() + LOOK_SECONDS

    def look() -> None:
        nonlocal next_look
        if time.monotonic() < next_look:
            return
        next_look = time.monotonic() + LOOK_SECONDS
        if not repository.is_active(step.tenant_id, step.job_id):
            raise JobEnded

    return look
