"""The same scene drawn as one would without this engine: anew in every frame, and by MoviePy."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.engine import scene
from tests.bench.engine.speed import Measured
from tests.bench.report import Line, Section

from flatrender.engine.draw import FrameSource
from flatrender.engine.encode import Converter, VideoWriter

PYTHON: Final = scene.ROOT / ".build/bench/bin/python"
NAIVE_FRAMES: Final = 30
"""Of 300; each costs the same, whichever it is."""
AT_MOST_MOVIEPY: Final = 1 / 7
"""Of MoviePy's time."""


def measure(ours: Measured) -> Section:
    """`ours` was measured in this run, at the preset that the others encode with."""
    whole = statistics.median(ours.parallel)
    naive, moviepy = _naive(), _moviepy()
    return Section(
        "The reference scene, x264 veryfast, by other means",
        [
            Line("render, against this engine without what it keeps between frames", whole, "s", baseline=naive),
            Line(
                "render, against MoviePy 2.2 drawing the same",
                whole,
                "s",
                baseline=moviepy,
                target=AT_MOST_MOVIEPY,
                of_ratio=True,
            ),
        ],
        f"Without caches: one process, x264 on 2 threads, {NAIVE_FRAMES} frames spread over the scene, counted for all."
        " MoviePy: moviepy_scene.py, its encoder on 2 threads.",
    )


def _naive() -> float:
    """Seconds that the scene takes when every frame is drawn by an engine that has not drawn before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene.make_music(folder)
        composition, profile, assets = scene.ready(folder)
        count = profile.frame_count(composition.duration)
        converter = Converter()
        started = time.perf_counter()
        with VideoWriter(folder / "naive.mp4", profile, threads=2) as writer:
            for place, number in enumerate(range(0, count, count // NAIVE_FRAMES)):
                source = FrameSource(composition, assets, profile, scene.FONTS)
                source.draw(number)
                writer.write(converter.convert(source.buffer), place)
        return (time.perf_counter() - started) * count / NAIVE_FRAMES


def _moviepy() -> float:
    script = Path(__file__).with_name("moviepy_scene.py")
    font = scene.FONTS / "Vazirmatn-Bold.ttf"
    with tempfile.TemporaryDirectory() as name:
        run = subprocess.run(
            [PYTHON, script, *scene.PHOTOS, font, Path(name) / "moviepy.mp4"],
            check=True,
            capture_output=True,
            text=True,
        )
    return float(run.stdout.split()[-1])
