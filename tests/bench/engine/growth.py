"""What a render costs as it gets longer and larger: time and memory.

Each measurement is a process of its own, so that its peak memory is its own.
"""

import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from tests.bench.engine.scene import ROOT
from tests.bench.report import Line, Section

LENGTHS: Final = (10, 60, 600)
"""Seconds of video, at 360p, so that the longest takes half a minute."""
SIZES: Final = {"720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
SIZED_SECONDS: Final = 5
LINEAR: Final = 1.15
"""How much more a frame, or a pixel, of the largest may cost than one of the smallest."""
MEGABYTES: Final = {"720p": 600, "1080p": 600, "4K": 1500}


@dataclass(frozen=True)
class Cost:
    """CPU seconds per second of video, and the peak memory of the process in MB."""

    seconds: float
    megabytes: float


def measure() -> list[Section]:
    lengths = {seconds: _cost(640, 360, seconds) for seconds in LENGTHS}
    first = lengths[LENGTHS[0]]
    longer = Section(
        "Longer videos: the reference scene over and over, 360p30, one process",
        [
            Line(
                f"CPU per second of video, {seconds} s",
                cost.seconds * 1000,
                "ms",
                baseline=first.seconds * 1000,
                target=LINEAR,
                of_ratio=True,
            )
            for seconds, cost in lengths.items()
        ]
        + [
            Line(
                f"peak memory, {seconds} s",
                lengths[seconds].megabytes,
                "MB",
                baseline=lengths[LENGTHS[1]].megabytes,
                target=LINEAR,
                of_ratio=True,
            )
            for seconds in LENGTHS[1:]
        ],
        "Ten seconds show the first of two photos only, so memory is held against that of a minute.",
    )
    sizes = {name: _cost(*size, SIZED_SECONDS) for name, size in SIZES.items()}
    pixels = {name: width * height / 1e6 for name, (width, height) in SIZES.items()}
    base = sizes["720p"].seconds / pixels["720p"] * 1000
    larger = Section(
        f"Larger videos: {SIZED_SECONDS} s of the reference scene, 30 fps, one process",
        [
            Line(
                f"CPU per second and megapixel, {name}",
                cost.seconds / pixels[name] * 1000,
                "ms",
                baseline=base,
                target=LINEAR,
                of_ratio=True,
            )
            for name, cost in sizes.items()
        ]
        + [Line(f"peak memory, {name}", cost.megabytes, "MB", target=MEGABYTES[name]) for name, cost in sizes.items()],
    )
    return [longer, larger]


def _cost(width: int, height: int, seconds: int) -> Cost:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.engine.growth_child", str(width), str(height), str(seconds)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    spent, megabytes = (float(word) for word in run.stdout.split())
    return Cost(spent / seconds, megabytes)
