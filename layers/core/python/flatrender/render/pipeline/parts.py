"""What `assemble` and `verify` share: the parts of a job with what the engine said about each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from flatrender.composition.outputs import CHUNK_SUFFIX, FORMATS, SOUND_SUFFIX
from flatrender.engine.reports import AudioReport, ChunkReport, Expected
from flatrender.kernel.faults import Fault
from flatrender.platform import storage
from flatrender.render import chunk_repository, model, repository
from flatrender.render.chunk_repository import Cached
from flatrender.render.machine import DamagedAsset, Workspace
from flatrender.render.model import ChunkItem, JobItem
from flatrender.render.steps import Step

PARALLEL_TRANSFERS: Final = 8


class PartMissing(Exception):
    """A chunk that was rendered is not in the cache any more, or is damaged there. Trying again does not help, and the
    job fails; whoever orders the same again gets it drawn anew.
    """


class WrongParts(Exception):
    """The parts do not make up the film that was ordered. `fault` says how."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(pointer="/video", code="wrong_parts", message=message)


@dataclass(frozen=True)
class Parts:
    """The chunks in timeline order and the soundtrack, as the cache has them."""

    job: JobItem
    chunks: Sequence[tuple[ChunkItem, Cached]]
    audio: Cached | None

    @property
    def counts(self) -> list[int]:
        """Frames of each chunk."""
        return [int(chunk.frames) for chunk, _ in self.chunks]

    def expected(self) -> Expected:
        """What the finished video must be. A cached chunk may come from another place on another timeline.

        Raises WrongParts: together they would be another film than the job's, however well they were put together.
        """
        reports = [
            ChunkReport.model_validate_json(cached.report or b"").model_copy(
                update={"first_frame": int(chunk.first_frame)}
            )
            for chunk, cached in self.chunks
        ]
        sound = AudioReport.model_validate_json(self.audio.report) if self.audio and self.audio.report else None
        job, form = self.job, FORMATS[self.job.format]
        if form.kind == "audio":
            size = {"width": int(job.width), "height": int(job.height), "fps_numerator": int(job.fps)}
            return Expected(frames=int(job.frames), **size, audio=sound, form=form.name)
        first = int(self.chunks[0][0].first_frame) if form.kind == "still" else 0
        _check(reports, job, first)
        return Expected.of(reports, sound, float(job.fps), form.name, first)

    def fetch(self, work: Workspace) -> tuple[list[Path], Path | None]:
        """Every part as a file on this machine, for as long as the workspace lasts. Raises PartMissing."""
        keys = [cached.key for _, cached in self.chunks]
        wanted = {cached.key: cached for _, cached in self.chunks}
        if self.audio and self.audio.report:
            wanted[self.audio.key] = self.audio
        with ThreadPoolExecutor(PARALLEL_TRANSFERS) as pool:
            paths = dict(zip(wanted, pool.map(partial(self.file, work), wanted.values()), strict=True))
        sound = paths[self.audio.key] if self.audio and self.audio.report else None
        return [paths[key] for key in keys], sound

    def file(self, work: Workspace, part: Cached) -> Path:
        """One part as a file on this machine."""
        tenant_id, form = self.job.tenant_id, FORMATS[self.job.format]
        suffix = SOUND_SUFFIX[form.sound or "aac"] if part is self.audio else CHUNK_SUFFIX[self.job.codec]
        try:
            return work.intact(f"chunk-{part.sha256}", part.sha256, storage.chunk_key(tenant_id, part.key, suffix))
        except DamagedAsset as error:
            chunk_repository.distrust(tenant_id, [part.key])
            raise PartMissing(str(error)) from error


def of(job: JobItem, chunks: Sequence[ChunkItem]) -> Parts:
    """Raises PartMissing."""
    ready = chunk_repository.cached(job.tenant_id, [chunk.key for chunk in chunks], consistent=True, stays=0)
    missing = [chunk.sk for chunk in chunks if chunk.key not in ready]
    if missing:
        raise PartMissing(", ".join(missing))
    sound = next((ready[chunk.key] for chunk in chunks if chunk.index < 0), None)
    pictures = sorted((chunk for chunk in chunks if chunk.index >= 0), key=lambda chunk: int(chunk.index))
    return Parts(job, [(chunk, ready[chunk.key]) for chunk in pictures], sound)


def _check(reports: Sequence[ChunkReport], job: JobItem, first: int) -> None:
    """Raises WrongParts for the first thing that is not as ordered."""
    at = first
    for report in reports:
        if report.first_frame != at:
            raise WrongParts(f"Expected a part from frame {at}, the next begins at {report.first_frame}.")
        if (report.width, report.height) != (job.width, job.height):
            ordered, found = f"{job.width}x{job.height}", f"{report.width}x{report.height}"
            raise WrongParts(f"Expected parts of {ordered}, the one from frame {at} has {found}.")
        at += report.frames
    if at - first != job.frames:
        raise WrongParts(f"Expected {job.frames} frames, the parts have {at - first}.")


def still_wanted(step: Step) -> bool:
    """Whether the job still runs; call it after writing to its results, also when that failed half-way, and when there
    is nothing to do any more: an earlier run may have been killed after its upload.

    When the job was cancelled or has failed meanwhile, that side may have cleaned up before the upload: the results
    are removed here. Those of a completed job stay: a step may run twice at a time, and this be the slower run.
    """
    status = repository.status(step.tenant_id, step.job_id)
    if status not in {*model.ACTIVE, "completed"}:
        storage.remove_prefix(storage.result_prefix(step.tenant_id, step.job_id))
    return status in model.ACTIVE


def result_name(job: JobItem) -> str:
    """Under which the finished file lies in this machine's cache."""
    return f"result-{job.job_id}.{FORMATS[job.format].suffix}"
