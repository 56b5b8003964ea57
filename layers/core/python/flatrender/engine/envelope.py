"""How loud a file is over time, and which frequencies it has: as much as a picture of its sound needs.

Sound is looked at in stretches of half a minute, each always decoded in the same way. So a value depends on the file
and the time alone, whatever is asked for first; and of an hour only what is shown is decoded and held.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from flatrender.engine.audio_source import RATE, Samples, Source

CELL: Final = RATE // 200
"""Samples (5 ms) of which the level is taken together."""
HOP: Final = RATE // 60
"""Samples from one spectrum to the next."""
_SPAN: Final = 4096
"""Samples that a spectrum sees."""
_SEGMENT_SECONDS: Final = 30
_SEGMENT: Final = _SEGMENT_SECONDS * RATE
_LOWEST: Final = 50.0
_HIGHEST: Final = 12_000.0
_TILT: Final = 1.5
"""dB per octave that high frequencies are lifted: sounds have less of them."""
_SILENCE: Final = -120.0
_WINDOW: Final = np.hanning(_SPAN).astype(np.float32)

Values = npt.NDArray[np.float64]


def power(path: Path, first: int, count: int) -> Values:
    """Mean square of the cells `first` … of a file, both channels together; 0 outside of it.

    Raises UnreadableMedia for a file without sound.
    """
    return _stretch(lambda segment: _power(path, _stamp(path), segment), _SEGMENT // CELL, first, count, 0.0)


def spectra(path: Path, first: int, count: int, bands: int) -> Values:
    """Levels in dB (0 is a full-scale tone), `count` spectra x `bands`; spectrum `n` is that around sample n * HOP.

    Bands are of even width in octaves, from 50 Hz to 12 kHz.
    """
    found = _stretch(
        lambda segment: _spectra(path, _stamp(path), segment, bands), _SEGMENT // HOP, first, count, _SILENCE
    )
    return found.reshape(-1, bands)


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size


def _stretch(segment: Callable[[int], Samples], length: int, first: int, count: int, nothing: float) -> Values:
    """Values `first` … from segments of `length` values each; `nothing` before the file begins."""
    parts: list[Samples] = []
    at, end = first, first + count
    while at < end:
        index = at // length
        until = min(end, (index + 1) * length)
        part = segment(max(0, index))[at - index * length : until - index * length]
        parts.append(part if index >= 0 else np.full_like(part, nothing))
        at = until
    return np.concatenate(parts).astype(np.float64)


def _decoded(path: Path, first: int, count: int) -> Samples:
    """Mono samples of a file from `first` on, silence outside of it."""
    found = np.zeros(count, np.float32)
    begin = max(0, first)
    source = Source(path, begin / RATE, (first + count) / RATE)
    try:
        heard = source.read(first + count - begin)
    finally:
        source.close()
    found[begin - first : begin - first + heard.shape[1]] = heard.mean(axis=0)
    return found


@lru_cache(maxsize=256)
def _power(path: Path, _stamp: tuple[int, int], segment: int) -> Samples:
    samples = _decoded(path, segment * _SEGMENT, _SEGMENT)
    return np.square(samples).reshape(-1, CELL).mean(axis=1).astype(np.float32)


@lru_cache(maxsize=8)
def _spectra(path: Path, _stamp: tuple[int, int], segment: int, bands: int) -> Samples:
    samples = _decoded(path, segment * _SEGMENT - _SPAN // 2, _SEGMENT + _SPAN)
    views = np.lib.stride_tricks.sliding_window_view(samples, _SPAN)[:_SEGMENT:HOP]
    edges = _LOWEST * (_HIGHEST / _LOWEST) ** (np.arange(bands + 1) / bands) * _SPAN / RATE
    lift = _TILT * np.log2(np.sqrt(edges[1:] * edges[:-1]) * RATE / _SPAN / 1000)
    full = 1.5 * float(_WINDOW.sum()) ** 2 / 4
    found = np.empty((len(views), bands), np.float32)
    for at in range(0, len(views), 100):
        energy = np.square(np.abs(np.fft.rfft(views[at : at + 100] * _WINDOW)))
        # Between two bins energy lies as if it were even, so that narrow bands differ as well.
        sums = np.concatenate([np.zeros((len(energy), 1)), np.cumsum(energy, axis=1, dtype=np.float64)], axis=1)
        low = np.floor(edges + 0.5).astype(int)
        at_edges = sums[:, low] + energy[:, low] * (edges + 0.5 - low)
        found[at : at + 100] = 10 * np.log10(np.maximum(np.diff(at_edges, axis=1) / full, 1e-12)) + lift
    return found
