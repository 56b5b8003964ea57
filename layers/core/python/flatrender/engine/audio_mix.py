"""Everything audible on the timeline as one stream of samples, music going down under speech."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from flatrender.composition import limits
from flatrender.composition.schemas import Composition
from flatrender.composition.timeline import EPSILON
from flatrender.engine.audio_clips import Clip, clips
from flatrender.engine.audio_ducking import Speech
from flatrender.engine.audio_source import RATE, Samples, Source, picture_duration, sound_duration
from flatrender.engine.faults import UnreadableMedia

BLOCK: Final = RATE // 2
VOLUME_STEP: Final = 240
"""Volume keyframes are evaluated every 5 ms."""
EXPRESSION_STEP: Final = RATE // 60
"""And expressions as often as there are frames at most: each takes a hundred times as long."""
DECLICK: Final = 96
"""Samples over which a sound that is cut in the middle fades."""


class Mix:
    """The sounds of a composition; every iteration mixes them anew, from the start.

    `silent`: videos that are known to have no sound, and need not be in `assets`. Raises UnreadableMedia for a sound
    that is missing or cannot be decoded. Memory does not grow with the length.
    """

    def __init__(self, composition: Composition, assets: Mapping[str, Path], silent: Collection[str] = ()) -> None:
        heard = [clip for clip in clips(composition) if not (clip.optional and clip.asset in silent)]
        self._sounds = list(_sounds(heard, assets))
        fps = composition.canvas.fps
        self.samples = max(1, round(composition.duration * fps)) * RATE // fps
        """As many as the picture lasts."""

    @property
    def audible(self) -> bool:
        return bool(self._sounds)

    def __iter__(self) -> Iterator[Samples]:
        """Blocks of half a second, the last one shorter."""
        voices = [Voice(*sound) for sound in self._sounds]
        try:
            yield from _mixed(voices, self.samples)
        finally:
            for voice in voices:
                voice.close()


def _sounds(found: Sequence[Clip], assets: Mapping[str, Path]) -> Iterator[tuple[Clip, Path, float]]:
    for clip in found:
        if clip.asset not in assets:
            raise UnreadableMedia(f"The file {clip.asset} is missing.")
        path = assets[clip.asset]
        duration = sound_duration(path)
        if duration is not None:
            yield clip, path, duration
        elif not clip.optional:
            raise UnreadableMedia(f"{path.name} has no sound.")


def _mixed(voices: Sequence["Voice"], total: int) -> Iterator[Samples]:
    ducks = [voice.clip.duck for voice in voices if voice.clip.duck]
    # Speech is only heard ahead of time where something goes down under it.
    spoken = [voice for voice in voices if voice.clip.role == "speech"] if ducks else []
    others = [voice for voice in voices if voice not in spoken]
    speech = Speech(spoken, ducks, total) if spoken else None
    for at in range(0, total, BLOCK):
        count = min(BLOCK, total - at)
        mix = speech.read(at, count) if speech else np.zeros((2, count), np.float32)
        for voice in others:
            if speech and voice.clip.duck:
                voice.add_to(mix, at, speech.gain(voice.clip.duck, at, count))
            else:
                voice.add_to(mix, at)
        yield mix


class Voice:
    """A clip being played: opened when its time comes, closed when it is over."""

    def __init__(self, clip: Clip, path: Path, source_duration: float) -> None:
        self.clip, self._path = clip, path
        self._start = round(clip.start * RATE)
        end = source_duration if clip.trim_end is None else min(source_duration, clip.trim_end)
        natural = max(0.0, end - clip.trim_start) / clip.speed
        self._cut = clip.loop or clip.start + natural > clip.until + 1e-6
        length = clip.until - clip.start if self._cut else natural
        self._length = round(length * RATE)
        self._source: Source | None = None

    def add_to(self, mix: Samples, at: int, gain: Samples | None = None) -> None:
        """Add what falls into the block `mix` (2 x samples) that starts at sample `at` of the timeline.

        `gain`: a factor for each sample of the block. Blocks must follow each other.
        """
        low = max(at, self._start)
        high = min(at + mix.shape[1], self._start + self._length)
        if low >= high:
            return
        if self._source is None:
            clip = self.clip
            self._source = Source(
                self._path, clip.trim_start, clip.trim_end, clip.speed, loop=clip.loop, period=self._period()
            )
        heard = self._source.read(high - low)
        count = heard.shape[1]
        own = self._gain(low - self._start, count)
        if gain is not None:
            own = own * gain[low - at : low - at + count]
        mix[:, low - at : low - at + count] += heard * own
        if high == self._start + self._length:
            self.close()

    def _period(self) -> float | None:
        """After how many seconds of its own a looped video begins again, its sound with it, however long that is.

        None when it has no picture, or next to none from `trim_start` on: then the sound goes by itself.
        """
        clip = self.clip
        picture = picture_duration(self._path) if clip.loop and clip.optional else None
        if picture is None:
            return None
        end = picture if clip.trim_end is None else min(picture, clip.trim_end)
        lasts = end - clip.trim_start
        return lasts if lasts / clip.speed >= limits.MIN_LOOP - EPSILON else None

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    def _gain(self, first: int, count: int) -> Samples:
        """Volume and fades for `count` samples from the `first` of the clip."""
        clip = self.clip
        at = np.arange(first, first + count)
        if clip.volume.constant:
            gain = np.full(count, max(0.0, clip.volume.at(0.0)))
        else:
            step = EXPRESSION_STEP if clip.volume.computed else VOLUME_STEP
            grid = np.arange(first // step, (first + count) // step + 2) * step
            gain = np.interp(at, grid, [max(0.0, clip.volume.at(sample / RATE)) for sample in grid])
        fade_in = max(clip.fade_in * RATE, DECLICK if clip.trim_start > 0 else 0)
        fade_out = max(clip.fade_out * RATE, DECLICK if self._cut else 0)
        if fade_in:
            gain *= np.clip(at / fade_in, 0.0, 1.0)
        if fade_out:
            gain *= np.clip((self._length - at) / fade_out, 0.0, 1.0)
        faded: Samples = gain.astype(np.float32)
        return faded
