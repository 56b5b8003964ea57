"""The soundtrack: everything audible on the timeline mixed at 48 kHz stereo and encoded once, as AAC.

Once over the whole, not per chunk: lossy audio cut at seams clicks.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame

from flatrender.composition.schemas import Composition
from flatrender.engine.audio_clips import Clip, clips
from flatrender.engine.audio_limiter import Limiter
from flatrender.engine.audio_source import RATE, Samples, Source, sound_duration
from flatrender.engine.encode import replacing
from flatrender.engine.faults import EncodeFailed, UnreadableMedia
from flatrender.engine.reports import AudioReport

BITRATE: Final = 160_000
BLOCK: Final = RATE // 2
LEVEL_SAMPLES: Final = RATE // 10
SILENCE: Final = -120.0
VOLUME_STEP: Final = 240
"""Volume keyframes are evaluated every 5 ms."""
DECLICK: Final = 96
"""Samples over which a sound that is cut in the middle fades."""


def render_audio(
    composition: Composition,
    assets: Mapping[str, Path],
    out: Path,
    on_progress: Callable[[float], None] = lambda _: None,
) -> AudioReport | None:
    """Mix and encode the soundtrack into `out` (M4A), exactly as long as the picture; None when nothing is audible.

    `on_progress` gets the seconds mixed so far, after each half second of sound; whatever it raises ends the work,
    leaves no file, and comes out here.
    Raises UnreadableMedia for a sound that cannot be decoded, EncodeFailed when the encoder or the disk fails.
    """
    voices = list(_voices(composition, assets))
    if not voices:
        return None
    fps = composition.canvas.fps
    total = max(1, round(composition.duration * fps)) * RATE // fps
    meter = Meter()
    try:
        with replacing(out) as partial, av.open(str(partial), "w", format="mp4") as container:
            stream = container.add_stream("aac", rate=RATE, layout="stereo")
            stream.bit_rate = BITRATE
            at = 0
            for block in _limited(_mixed(voices, total)):
                meter.add(block)
                frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = RATE, at
                container.mux(stream.encode(frame))
                at += block.shape[1]
                on_progress(at / RATE)
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise EncodeFailed(f"Encoding the sound failed: {error}") from error
    finally:
        for voice in voices:
            voice.close()
    return AudioReport(
        samples=total,
        sample_rate=RATE,
        channels=2,
        duration=total / RATE,
        peak=meter.peak,
        size_bytes=out.stat().st_size,
        levels=meter.levels(),
    )


def _voices(composition: Composition, assets: Mapping[str, Path]) -> Iterator["_Voice"]:
    for clip in clips(composition):
        if clip.asset not in assets:
            raise UnreadableMedia(f"The file {clip.asset} is missing.")
        path = assets[clip.asset]
        duration = sound_duration(path)
        if duration is not None:
            yield _Voice(clip, path, duration)
        elif not clip.optional:
            raise UnreadableMedia(f"{path.name} has no sound.")


def _mixed(voices: list["_Voice"], total: int) -> Iterator[Samples]:
    for at in range(0, total, BLOCK):
        mix = np.zeros((2, min(BLOCK, total - at)), np.float32)
        for voice in voices:
            voice.add_to(mix, at)
        yield mix


def _limited(blocks: Iterator[Samples]) -> Iterator[Samples]:
    limiter = Limiter()
    for block in blocks:
        if (ready := limiter.process(block)).shape[1]:
            yield ready
    if (rest := limiter.flush()).shape[1]:
        yield rest


class _Voice:
    """A clip being played: opened when its time comes, closed when it is over."""

    def __init__(self, clip: Clip, path: Path, source_duration: float) -> None:
        self._clip, self._path = clip, path
        self._start = round(clip.start * RATE)
        end = source_duration if clip.trim_end is None else min(source_duration, clip.trim_end)
        natural = max(0.0, end - clip.trim_start) / clip.speed
        self._cut = clip.loop or clip.start + natural > clip.until + 1e-6
        length = clip.until - clip.start if self._cut else natural
        self._length = round(length * RATE)
        self._source: Source | None = None

    def add_to(self, mix: Samples, at: int) -> None:
        """Add what falls into the block `mix` (2 x samples) that starts at sample `at` of the timeline."""
        low = max(at, self._start)
        high = min(at + mix.shape[1], self._start + self._length)
        if low >= high:
            return
        if self._source is None:
            clip = self._clip
            self._source = Source(self._path, clip.trim_start, clip.trim_end, clip.speed, loop=clip.loop)
        heard = self._source.read(high - low)
        count = heard.shape[1]
        mix[:, low - at : low - at + count] += heard * self._gain(low - self._start, count)
        if high == self._start + self._length:
            self.close()

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    def _gain(self, first: int, count: int) -> Samples:
        """Volume and fades for `count` samples from the `first` of the clip."""
        clip = self._clip
        at = np.arange(first, first + count)
        if clip.volume.constant:
            gain = np.full(count, max(0.0, clip.volume.at(0.0)))
        else:
            grid = np.arange(first // VOLUME_STEP, (first + count) // VOLUME_STEP + 2) * VOLUME_STEP
            gain = np.interp(at, grid, [max(0.0, clip.volume.at(sample / RATE)) for sample in grid])
        fade_in = max(clip.fade_in * RATE, DECLICK if clip.trim_start > 0 else 0)
        fade_out = max(clip.fade_out * RATE, DECLICK if self._cut else 0)
        if fade_in:
            gain *= np.clip(at / fade_in, 0.0, 1.0)
        if fade_out:
            gain *= np.clip((self._length - at) / fade_out, 0.0, 1.0)
        faded: Samples = gain.astype(np.float32)
        return faded


class Meter:
    """Measures a stream of samples: its peak, and its level per tenth of a second in dBFS."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._levels: list[float] = []
        self._energy: list[tuple[float, int]] = []
        self._filled = 0

    def add(self, block: Samples) -> None:
        if not block.shape[1]:
            return
        self.peak = max(self.peak, float(np.abs(block).max()))
        at = 0
        while at < block.shape[1]:
            part = block[:, at : at + LEVEL_SAMPLES - self._filled]
            self._energy.append((float(np.square(part, dtype=np.float64).sum()), part.size))
            self._filled += part.shape[1]
            at += part.shape[1]
            if self._filled == LEVEL_SAMPLES:
                self._close_window()

    def levels(self) -> list[float]:
        if self._filled:
            self._close_window()
        return self._levels

    def _close_window(self) -> None:
        energy, size = (sum(values) for values in zip(*self._energy, strict=True))
        power = energy / size
        self._levels.append(round(max(SILENCE, 10 * np.log10(power)), 1) if power > 0 else SILENCE)
        self._energy, self._filled = [], 0
