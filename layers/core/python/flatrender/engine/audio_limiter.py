"""Keeps a mix below full scale without distorting it: gain goes down just before a peak and comes back slowly."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from flatrender.engine.audio_source import RATE, Samples

CEILING: Final = 10 ** (-1 / 20)
"""-1 dBFS: room for what the lossy encoder adds."""
HOP: Final = 64
ATTACK_HOPS: Final = 6
RELEASE_SECONDS: Final = 0.25

Gains = npt.NDArray[np.float64]
Peaks = Callable[[Samples, Samples], Gains]
"""The peak of each hop, given the samples (2 x a multiple of HOP) and those before them."""


def sample_peaks(samples: Samples, before: Samples) -> Gains:  # noqa: ARG001  one of two ways to measure
    """The largest sample of each hop."""
    hops = samples.shape[1] // HOP
    return np.abs(samples).reshape(2, hops, HOP).max(axis=(0, 2)).astype(np.float64)


class Limiter:
    """A stream in, the same stream out a few milliseconds late: `flush` gives the rest. No sample exceeds `ceiling`.

    Works on hops of 64 samples. The gain a hop needs spreads backwards (attack) and forwards (release) as a ramp;
    between hops it is interpolated from the smaller of both neighbours, so never above what any sample needs. `peaks`
    measures what must stay below.
    """

    def __init__(self, ceiling: float = CEILING, peaks: Peaks = sample_peaks) -> None:
        self._ceiling, self._peaks = ceiling, peaks
        self._held: Samples = np.zeros((2, 0), np.float32)
        self._before: Samples = np.zeros((2, HOP), np.float32)
        """The last hop that went out, as it came in."""
        self._gain = 1.0
        """Of that hop."""

    def process(self, block: Samples) -> Samples:
        """Block: 2 x any number of samples."""
        self._held = np.concatenate([self._held, block], axis=1)
        ready = self._held.shape[1] // HOP - ATTACK_HOPS - 1
        return self._release(ready) if ready > 0 else self._held[:, :0]

    def flush(self) -> Samples:
        length = self._held.shape[1]
        hops = -(-length // HOP)
        padding = (hops + ATTACK_HOPS + 1) * HOP - length
        self._held = np.concatenate([self._held, np.zeros((2, padding), np.float32)], axis=1)
        return self._release(hops)[:, :length]

    def _release(self, hops: int) -> Samples:
        whole = self._held[:, : self._held.shape[1] // HOP * HOP]
        gains = gain_curve(self._peaks(whole, self._before), self._ceiling, self._gain)
        out = self._held[:, : hops * HOP]
        if hops:
            self._before = out[:, -HOP:]
        self._held = self._held[:, hops * HOP :]
        if gains.min() < 1.0:
            edges = np.minimum(gains[:-1], gains[1:])[: hops + 1]
            ramp = np.interp(np.arange(hops * HOP) / HOP, np.arange(edges.size), edges)
            out = (out * ramp).astype(np.float32)
        self._gain = float(gains[hops])
        return out


def gain_curve(peaks: Gains, ceiling: float, before: float = 1.0) -> Gains:
    """The gain of each hop, that of the hop before them first."""
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    attack = _spread(needed[::-1], 1 / ATTACK_HOPS)[::-1]
    return _spread(np.concatenate([[before], attack]), HOP / RATE / RELEASE_SECONDS)


def _spread(values: Gains, step: float) -> Gains:
    """For each position the smallest of all earlier values, each grown by `step` per position."""
    slope = np.arange(values.size) * step
    spread: Gains = np.minimum(np.minimum.accumulate(values - slope) + slope, 1.0)
    return spread
