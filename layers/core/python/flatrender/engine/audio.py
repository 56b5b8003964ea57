"""The soundtrack: everything audible on the timeline mixed at 48 kHz stereo and encoded once.

Once over the whole, not per chunk: lossy audio cut at seams clicks.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from flatrender.composition.audio import Loudness
from flatrender.composition.schemas import Composition
from flatrender.engine.audio_limiter import Limiter
from flatrender.engine.audio_loudness import Measured, measure, normalised
from flatrender.engine.audio_mix import Mix
from flatrender.engine.audio_source import RATE, Samples, Source
from flatrender.engine.encode import replacing
from flatrender.engine.faults import EncodeFailed
from flatrender.engine.outputs.boxes import pieces
from flatrender.engine.outputs.sounds import SoundRecipe, SoundSettings, sound_recipe
from flatrender.engine.reports import AudioReport

LEVEL_SAMPLES: Final = RATE // 10
SILENCE: Final = -120.0
MARGIN_DB: Final = 0.5
"""How far below the wanted true peak is aimed first: what a lossy encoder adds."""
NEAR_LU: Final = 0.3
ATTEMPTS: Final = 4


def render_audio(  # noqa: PLR0917 - one call, from the worker
    composition: Composition,
    assets: Mapping[str, Path],
    out: Path,
    on_progress: Callable[[float], None] = lambda _: None,
    settings: SoundSettings | None = None,
    silent: Collection[str] = (),
) -> AudioReport | None:
    """Mix and encode the soundtrack into `out`, exactly as long as the picture; None when nothing is audible.

    `settings` say how (default: AAC in an M4A file). With a loudness to reach, the mix is measured first, and what was
    encoded is measured again. `silent` are videos without sound, which need not be in `assets`. `on_progress` gets the
    seconds done so far, after each half second of sound; whatever it raises ends the work, leaves no file, and comes
    out here.
    Raises UnreadableMedia for a sound that cannot be decoded, EncodeFailed when the encoder or the disk fails.
    """
    mix = Mix(composition, assets, silent)
    if not mix.audible:
        return None
    meter, recipe = Meter(), sound_recipe(settings) if settings else SoundRecipe()
    report: Measured | None = None
    if composition.loudness is None:
        _encode(_limited(mix), out, recipe, meter, on_progress)
    else:
        halves = _Halves(on_progress, mix.samples / RATE)
        meter, report = _normalise(mix, composition.loudness, out, recipe, halves)
    return AudioReport(
        samples=mix.samples,
        sample_rate=RATE,
        channels=2,
        duration=mix.samples / RATE,
        peak=meter.peak,
        size_bytes=out.stat().st_size,
        levels=meter.levels(),
        loudness=None if report is None else report.loudness(),
        true_peak=None if report is None else report.peak,
        pieces=pieces(out) if settings and settings.streaming else None,
    )


def _encode(
    blocks: Iterable[Samples], out: Path, recipe: SoundRecipe, meter: "Meter", on_progress: Callable[[float], None]
) -> None:
    options = dict(recipe.container_options)
    try:
        with replacing(out) as partial, av.open(str(partial), "w", recipe.container, options) as container:
            stream = cast(AudioStream, container.add_stream(recipe.encoder, rate=RATE, layout="stereo"))
            if recipe.bitrate:
                stream.bit_rate = recipe.bitrate
            at = 0
            for block in blocks:
                meter.add(block)
                frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = RATE, at
                container.mux(stream.encode(frame))
                at += block.shape[1]
                on_progress(at / RATE)
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise EncodeFailed(f"Encoding the sound failed: {error}") from error


def _normalise(
    mix: Mix, wanted: Loudness, out: Path, recipe: SoundRecipe, progress: "_Halves"
) -> tuple["Meter", Measured]:
    """Encode at the wanted loudness. What an encoder adds and drops is known afterwards only: then once more."""
    found = measure(progress.first(mix))
    peak, lufs = wanted.true_peak - MARGIN_DB, wanted.lufs
    for _ in range(ATTEMPTS):
        ceiling, meter = 10 ** (peak / 20), Meter()
        _encode(normalised(mix, found.gain_for(lufs, ceiling), ceiling), out, recipe, meter, progress.second)
        heard = measure(progress.beside(_decoded(out)))
        over = float(20 * np.log10(max(heard.peak, 1e-9))) - wanted.true_peak
        short = wanted.lufs - (heard.loudness() or wanted.lufs)
        if over <= 0 and abs(short) <= NEAR_LU:
            break
        peak -= over + 0.05 if over > 0 else 0.0
        lufs += short
    return meter, heard


def _decoded(path: Path) -> Iterator[Samples]:
    source = Source(path, 0.0, None)
    try:
        while (block := source.read(RATE // 2)).shape[1]:
            yield block
    finally:
        source.close()


class _Halves:
    """Progress of work that goes over the timeline more than once: the first pass is half of it."""

    def __init__(self, report: Callable[[float], None], seconds: float) -> None:
        self._report, self._seconds = report, seconds
        self._told = 0.0

    def _tell(self, seconds: float) -> None:
        self._told = max(self._told, seconds)
        self._report(self._told)

    def first(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        at = 0
        for block in blocks:
            yield block
            at += block.shape[1]
            self._tell(at / RATE / 2)

    def second(self, seconds: float) -> None:
        self._tell((self._seconds + seconds) / 2)

    def beside(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        for block in blocks:
            yield block
            self._tell(0.0)


def _limited(blocks: Iterable[Samples]) -> Iterator[Samples]:
    limiter = Limiter()
    for block in blocks:
        if (ready := limiter.process(block)).shape[1]:
            yield ready
    if (rest := limiter.flush()).shape[1]:
        yield rest


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
