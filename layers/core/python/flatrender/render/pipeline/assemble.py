"""Make what was ordered of the chunks and the soundtrack, and store it."""

import time
from collections.abc import Callable
from typing import Any, Final, cast

from flatrender.composition.outputs import FORMATS
from flatrender.platform import storage
from flatrender.render import chunk_repository, machine, repository
from flatrender.render.errors import JobEnded
from flatrender.render.pipeline import parts
from flatrender.render.steps import Step

LOOK_SECONDS: Final = 5.0
"""How often work that takes long asks whether it is still wanted."""


def run(step: Step) -> dict[str, Any]:
    """`{outcome}`. The file is written to the job's results, and stays on this machine for `verify`."""
    from flatrender.engine.outputs.finish import finish

    if not repository.enter(step.tenant_id, step.job_id, "assembling"):
        parts.still_wanted(step)
        return {"outcome": "ended"}
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    form = FORMATS[job.format]
    key = storage.result_prefix(step.tenant_id, step.job_id) + form.file_name
    with machine.workspace(f"{step.job_id}-assemble") as work:
        found = parts.of(job, chunks)
        pictures, sound = found.fetch(work)
        machine.make_room(sum(path.stat().st_size for path in [*pictures, *([sound] if sound else [])]))
        made = work.folder / form.file_name
        quality = cast("Any", job.quality)
        try:
            finish(form.name, quality, pictures, sound, made, counts=found.counts, on_frame=_watching(step))
        except JobEnded:
            parts.still_wanted(step)
            return {"outcome": "ended"}
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
