"""Measures a whole render, as the pipeline does it, against encoding alone with the same settings.

Everything runs in turns in one session, so that a busy machine disturbs all of it alike; medians count.
"""

import functools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np
from av.video.frame import VideoFrame
from tests.bench.engine import scene
from tests.bench.report import Line, Section

from flatrender.composition.chunks import CHUNK_SECONDS
from flatrender.composition.cuts import cuts
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.engine.assemble import assemble
from flatrender.engine.audio import render_audio
from flatrender.engine.draw import FrameSource
from flatrender.engine.encode import WORKING_FORMAT, Converter, encode_only, tag
from flatrender.engine.frames import Image
from flatrender.engine.pictures import Album
from flatrender.engine.render import render_chunk
from flatrender.engine.reports import ChunkReport, Expected
from flatrender.engine.verify import verify

WORKERS = 2
TARGETS: Final = {"veryfast": 1.2, "medium": 1.1}
"""A whole render may take so many times as long as encoding alone, at each of x264's presets."""


@dataclass
class Measured:
    """Seconds, one entry per round."""

    preset: str
    limit: list[float] = field(default_factory=list)
    limit_in_parts: list[float] = field(default_factory=list)
    parallel: list[float] = field(default_factory=list)
    audio: list[float] = field(default_factory=list)
    assembling: list[float] = field(default_factory=list)
    verifying: list[float] = field(default_factory=list)
    reports: list[ChunkReport] = field(default_factory=list)

    def section(self) -> Section:
        whole, limit = statistics.median(self.parallel), statistics.median(self.limit)
        return Section(
            f"The reference scene, 10 s of 1080p30, x264 {self.preset}, {WORKERS} processes; medians of "
            f"{len(self.parallel)}",
            [
                Line(
                    "render, against encoding alone in one process, x264 on 2 threads",
                    whole,
                    "s",
                    baseline=limit,
                    target=TARGETS[self.preset],
                    of_ratio=True,
                ),
                Line(
                    "the same, against encoding alone in chunks, a process per core",
                    whole,
                    "s",
                    baseline=statistics.median(self.limit_in_parts),
                ),
                Line("of it sound (beside the chunks)", statistics.median(self.audio), "s"),
                Line("of it assembly", statistics.median(self.assembling), "s"),
                Line("of it verification, poster, thumbnails", statistics.median(self.verifying), "s"),
            ],
            self._note(),
        )

    def _note(self) -> str:
        frames = sum(report.frames for report in self.reports)
        draw, convert, encode = (
            sum(getattr(report, name) for report in self.reports)
            for name in ("draw_seconds", "convert_seconds", "encode_seconds")
        )
        return (
            "Frames per second in each process: "
            f"drawing {frames / draw:.0f}, converting {frames / convert:.0f}, encoding {frames / encode:.0f}. "
            "The render is chunks, sound, assembly and verification."
        )


def measure(preset: str = "veryfast", rounds: int = 3) -> Measured:
    found = Measured(preset)
    spawn = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as name,
        ProcessPoolExecutor(WORKERS, mp_context=spawn) as pool,
    ):
        folder = Path(name)
        scene.make_music(folder)
        count = _convert_all(folder)
        list(pool.map(_warm, range(WORKERS * 2)))
        for _ in range(rounds):
            found.limit.append(_timed(functools.partial(_encode_part, folder, preset, 0, count, WORKERS)))
            found.limit_in_parts.append(_timed(functools.partial(_encode_parts, pool, folder, preset, count)))
            found.parallel.append(_timed(functools.partial(_render, pool, folder, found)))
    return found


def _timed(work: functools.partial[object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _warm(_: int) -> None:
    time.sleep(0.2)  # both workers take one, and have imported everything by then


def _parts(composition: Composition, fps: int, count: int) -> list[tuple[int, int]]:
    starts = cuts(composition, fps, count, CHUNK_SECONDS)
    return [(first, end - first) for first, end in pairwise([*starts, count])]


def _convert_all(folder: Path) -> int:
    """Draw and convert every frame once, into a file that the encoder may read without copying."""
    composition, profile, assets = scene.ready(folder)
    count = profile.frame_count(composition.duration)
    frames = _frames(folder, profile, count, "w+")
    source, converter = FrameSource(composition, assets, profile, scene.FONTS), Converter()
    for number in range(count):
        source.draw(number)
        frames[number] = converter.convert(source.buffer).to_ndarray()
    return count


def _frames(folder: Path, profile: Profile, count: int, mode: Literal["r", "w+"]) -> Image:
    shape = (count, profile.height * 3 // 2, profile.width)
    return np.memmap(folder / "frames.yuv", np.uint8, mode, shape=shape)


def _encode_part(folder: Path, preset: str, first: int, count: int, threads: int) -> None:
    _, profile, _ = scene.ready(folder, preset)
    pages = _frames(folder, profile, first + count, "r")

    def frames() -> Iterator[VideoFrame]:
        for number in range(first, first + count):
            frame = VideoFrame.from_numpy_buffer(pages[number], format=WORKING_FORMAT)
            tag(frame)
            yield frame

    encode_only(frames(), profile, folder / f"limit-{first}.mp4", threads=threads)


def _encode_parts(pool: ProcessPoolExecutor, folder: Path, preset: str, count: int) -> None:
    composition, profile, _ = scene.ready(folder)
    parts = _parts(composition, profile.fps, count)
    work = functools.partial(_encode_part, folder, preset, threads=1)
    list(pool.map(work, *zip(*parts, strict=True)))


def _chunk(folder: Path, preset: str, part: tuple[int, int]) -> tuple[Path, ChunkReport]:
    composition, profile, assets = scene.ready(folder, preset)
    out = folder / f"chunk-{part[0]}-{part[1]}.mp4"
    report = render_chunk(composition, assets, profile, *part, out, lambda _: None, threads=1, fonts_dir=scene.FONTS)
    return out, report


def _render(pool: ProcessPoolExecutor, folder: Path, found: Measured) -> None:
    composition, profile, assets = scene.ready(folder, found.preset)
    parts = _parts(composition, profile.fps, profile.frame_count(composition.duration))
    pending = [pool.submit(_chunk, folder, found.preset, part) for part in parts]
    started = time.perf_counter()
    audio = render_audio(composition, assets, folder / "sound.m4a")
    found.audio.append(time.perf_counter() - started)
    chunks = [job.result() for job in pending]
    found.reports = [report for _, report in chunks]
    started = time.perf_counter()
    assemble([path for path, _ in chunks], folder / "sound.m4a", folder / "video.mp4")
    assembled = time.perf_counter()
    album = Album(2.0, 4, 480)
    faults = verify(folder / "video.mp4", Expected.of(found.reports, audio, profile.fps), album)
    album.write(folder)
    found.assembling.append(assembled - started)
    found.verifying.append(time.perf_counter() - assembled)
    if faults:
        raise AssertionError(faults)
