"""Put the chunks and the soundtrack into one video, and store it."""

from typing import Any

from flatrender.platform import storage
from flatrender.render import chunk_repository, machine, repository
from flatrender.render.pipeline import parts
from flatrender.render.steps import Step


def run(step: Step) -> dict[str, Any]:
    """`{outcome}`. The video is written to the job's results, and stays on this machine for `verify`."""
    from flatrender.engine.assemble import assemble

    if not repository.enter(step.tenant_id, step.job_id, "assembling"):
        parts.still_wanted(step)
        return {"outcome": "ended"}
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    if job is None:
        return {"outcome": "ended"}
    prefix = storage.result_prefix(step.tenant_id, step.job_id)
    with machine.workspace(f"{step.job_id}-assemble") as work:
        pictures, sound = parts.of(step.tenant_id, chunks).fetch(work)
        machine.make_room(sum(path.stat().st_size for path in [*pictures, *([sound] if sound else [])]))
        video = work.folder / "video.mp4"
        assemble(pictures, sound, video)
        try:
            storage.upload(video, prefix + "video.mp4", "video/mp4")
        except Exception:
            parts.still_wanted(step)
            raise
        machine.keep(parts.video_name(step.job_id), video)
    if not parts.still_wanted(step):
        machine.drop(parts.video_name(step.job_id))
        return {"outcome": "ended"}
    return {"outcome": "ok"}
