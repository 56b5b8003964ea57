"""Videos by what their decoded frames show."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

type Picture = NDArray[np.uint8]
"""Height x width x 3, RGB."""


@dataclass(frozen=True)
class Video:
    """What a file is, counted by decoding every frame. Durations in seconds, of what was decoded."""

    codec: str
    width: int
    height: int
    fps: Fraction
    frames: int
    duration: float
    audio_codec: str | None
    audio_duration: float


def inspect(path: Path) -> Video:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        audio = next(iter(container.streams.audio), None)
        frames = samples = 0
        for frame in container.decode(*(stream for stream in (video, audio) if stream)):
            if isinstance(frame, av.VideoFrame):
                frames += 1
            else:
                samples += frame.samples
        rate = Fraction(video.average_rate or 0)
        return Video(
            codec=video.codec_context.name,
            width=video.width,
            height=video.height,
            fps=rate,
            frames=frames,
            duration=float(frames / rate),
            audio_codec=audio.codec_context.name if audio else None,
            audio_duration=samples / audio.rate if audio else 0.0,
        )


def pictures(path: Path, every: int = 1) -> Iterator[Picture]:
    """Every `every`-th frame, at a quarter of its width and height."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for number, frame in enumerate(container.decode(stream)):
            if number % every == 0:
                small: Any = frame.reformat(width=stream.width // 4, height=stream.height // 4, format="rgb24")
                yield small.to_ndarray()


def picture(path_or_bytes: Path | bytes) -> Picture:
    """A JPEG or PNG."""
    from io import BytesIO

    source: Any = BytesIO(path_or_bytes) if isinstance(path_or_bytes, bytes) else str(path_or_bytes)
    with av.open(source) as container:
        decoded: Picture = next(container.decode(container.streams.video[0])).to_ndarray(format="rgb24")
        return decoded


def share_of(shown: Picture, colour: tuple[int, int, int], degrees: float = 12) -> float:
    """The part of a picture, 0 to 1, whose pixels have the hue of a strong colour; shade and light do not matter."""
    hue, saturation = _hue_and_saturation(shown)
    wanted = float(_hue_and_saturation(np.array([[colour]], np.uint8))[0][0, 0])
    apart = np.abs((hue - wanted + 180) % 360 - 180)
    return float(((apart <= degrees) & (saturation > 0.45)).mean())


def _hue_and_saturation(shown: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees, and 0 to 1; as in HSV."""
    red, green, blue = (shown[:, :, channel].astype(np.float64) for channel in range(3))
    top, low = shown.max(axis=2).astype(np.float64), shown.min(axis=2).astype(np.float64)
    spread = np.maximum(top - low, 1e-9)
    from_green, from_blue = 2 + (blue - red) / spread, 4 + (red - green) / spread
    hue = np.where(top == red, (green - blue) / spread, np.where(top == green, from_green, from_blue))
    return hue * 60 % 360, spread / np.maximum(top, 1)
