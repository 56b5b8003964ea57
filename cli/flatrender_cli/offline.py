"""Renders a composition on this machine, as the cloud would: chunks in processes, sound apart, joined and verified."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray
from pathlib import Path
from typing import Any

from flatrender.composition.chunks import CHUNK_SECONDS, ChunkSpec, plan
from flatrender.composition.cuts import fitted
from flatrender.composition.outputs import CHUNK_SUFFIX, FORMATS, FormatName, frame_at, limits
from flatrender.composition.profiles import Profile, Quality
from flatrender.composition.schemas import Composition
from flatrender.engine.reports import AudioReport, ChunkReport, Expected
from flatrender.kernel.errors import FlatRenderError
from flatrender_cli.documents import Media
from flatrender_cli.errors import CliError

POLL_SECONDS = 0.1
Progress = Callable[[str, int, int], None]
"""Stage, frames done, frames in all."""

_done: "SynchronizedArray[int] | None" = None


@dataclass(frozen=True)
class Wanted:
    """What to make of a composition; `at` is the second of a still (default: the middle)."""

    form: FormatName
    quality: Quality
    at: float | None = None


@dataclass(frozen=True)
class Rendered:
    """What came out: `seconds` is the wall time of all steps."""

    frames: int
    width: int
    height: int
    fps: int
    duration: float
    size_bytes: int
    seconds: float


def render(
    composition: Composition,
    media: Media,
    profile: Profile,
    out: Path,
    on_progress: Progress,
    *,
    wanted: Wanted = Wanted("mp4", "standard"),
    processes: int | None = None,
) -> Rendered:
    """Renders into the file `out`, with at most `processes` chunks at a time (default: one per core, two at least).

    Raises CliError: `out` cannot be written, the form cannot hold what was asked for, or drawing, encoding or
    verification failed. `out` is then what it was before.
    """
    from flatrender.engine.outputs.finish import finish
    from flatrender.engine.verify import verify

    started = time.perf_counter()
    processes = processes or max(2, os.cpu_count() or 2)
    specs, total = _specs(composition, media, profile, wanted, processes)
    with _workplace(out) as folder:
        work = Path(folder)
        try:
            reports, sound = _draw(composition, media, profile, specs, work, processes, on_progress)
            on_progress("assemble", total, total)
            whole = work / FORMATS[wanted.form].file_name
            pictures = [_chunk(work, spec, profile) for spec in specs]
            counts = [spec.frame_count for spec in specs]
            finish(wanted.form, wanted.quality, pictures, work / "sound" if sound else None, whole, counts=counts)
            on_progress("verify", total, total)
            faults = verify(whole, _expected(reports, sound, profile, wanted, total))
        except FlatRenderError as error:
            raise CliError(error.text) from error
        except BrokenProcessPool as error:
            raise CliError("A process that drew a chunk was killed.", hint="Is there enough memory?") from error
        if faults:
            raise CliError("The video did not pass verification:", details=tuple(fault.message for fault in faults))
        size = whole.stat().st_size
        whole.replace(out)
    return Rendered(
        frames=total,
        width=profile.width,
        height=profile.height,
        fps=profile.fps,
        duration=1 / profile.fps if FORMATS[wanted.form].kind == "still" else total / profile.fps,
        size_bytes=size,
        seconds=time.perf_counter() - started,
    )


def _specs(
    composition: Composition, media: Media, profile: Profile, wanted: Wanted, processes: int
) -> tuple[list[ChunkSpec], int]:
    """The chunks to draw (none for sound alone), and the frames of the output. Raises CliError."""
    from flatrender.composition.chunks import audio_key

    form, frames = FORMATS[wanted.form], profile.frame_count(composition.duration)
    if form.kind == "audio" and audio_key(composition, media.infos, profile) is None:
        raise CliError(f"Nothing is heard in this composition: there is no {form.name} to make.")
    if form.kind == "still":
        frame = frame_at(wanted.at, composition.duration, profile.fps)
        return plan(composition, profile, media.infos, only=frame), 1
    faults = limits(form, width=profile.width, height=profile.height, fps=profile.fps, frames=frames)
    if faults:
        details = tuple(fault.message for fault in faults)
        raise CliError("This cannot be rendered so:", details=details)
    if form.kind == "audio":
        return [], frames
    seconds = fitted(CHUNK_SECONDS, profile, composition.duration, processes)
    return plan(composition, profile, media.infos, seconds), frames


def _expected(
    reports: Sequence[ChunkReport], sound: AudioReport | None, profile: Profile, wanted: Wanted, frames: int
) -> Expected:
    if reports:
        return Expected.of(reports, sound, profile.fps, wanted.form, reports[0].first_frame)
    return Expected(
        frames=frames,
        width=profile.width,
        height=profile.height,
        fps_numerator=profile.fps,
        audio=sound,
        form=wanted.form,
    )


def _workplace(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder beside `out`, made before anything is drawn: a place that cannot be written to is told at once."""
    if out.is_dir():
        raise CliError(f"{out} is a folder.", hint="-o names the file to write.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".flatrender-", dir=out.parent)
    except OSError as error:
        raise CliError(f"{out} cannot be written: {error.strerror}.", hint="Choose another place with -o.") from error


def _draw(  # noqa: PLR0917 - one call, from `render`
    composition: Composition,
    media: Media,
    profile: Profile,
    specs: Sequence[ChunkSpec],
    work: Path,
    processes: int,
    on_progress: Progress,
) -> tuple[list[ChunkReport], AudioReport | None]:
    from flatrender.composition.chunks import audio_key

    # Spawned, not forked: skia and PyAV hold threads and locks that a fork would copy in any state.
    spawning = multiprocessing.get_context("spawn")
    done = spawning.Array("i", max(1, len(specs)))
    total = sum(spec.frame_count for spec in specs)
    document = composition.model_dump_json()
    pool = ProcessPoolExecutor(min(processes, len(specs) + 1), spawning, _initialise, (done,))
    try:
        audible = audio_key(composition, media.infos, profile) is not None
        audio = pool.submit(_render_audio, document, media.paths, profile, work / "sound") if audible else None
        chunks = [
            pool.submit(_render_chunk, document, media.paths, profile, spec, _chunk(work, spec, profile))
            for spec in specs
        ]
        waiting: set[Future[Any]] = {*chunks, *((audio,) if audio else ())}
        while waiting:
            finished, waiting = wait(waiting, timeout=POLL_SECONDS)
            for future in finished:
                future.result()
            on_progress("render", sum(done[:]), total)
        return [future.result() for future in chunks], audio.result() if audio else None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chunk(work: Path, spec: ChunkSpec, profile: Profile) -> Path:
    return work / f"{spec.index:04d}.{CHUNK_SUFFIX[profile.codec]}"


def _initialise(done: "SynchronizedArray[int]") -> None:
    global _done  # noqa: PLW0603 - how a pool's processes share an array
    _done = done


def _render_chunk(document: str, paths: dict[str, Path], profile: Profile, spec: ChunkSpec, out: Path) -> ChunkReport:
    from flatrender.engine.render import render_chunk

    def progress(frames: int) -> None:
        if _done is not None:
            _done[spec.index] = frames

    composition = Composition.model_validate_json(document)
    report = render_chunk(composition, paths, profile, spec.first_frame, spec.frame_count, out, progress, threads=1)
    progress(spec.frame_count)
    return report


def _render_audio(document: str, paths: dict[str, Path], profile: Profile, out: Path) -> AudioReport | None:
    from flatrender.engine.audio import render_audio

    return render_audio(Composition.model_validate_json(document), paths, out, settings=profile)
