"""Keeps a mix below full scale without distorting it: gain goes down just before a peak and comes back slowly."""

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


class Limiter:
    """A stream in, the same stream out a few milliseconds late: `flush` gives the rest. No sample exceeds CEILING.

    Works on hops of 64 samples. The gain a hop needs spreads backwards (attack) and forwards (release) as a ramp;
    between hops it is interpolated from the smaller of both neighbours, so never above what any sample needs.
    """

    def __init__(self) -> None:
        self._held: Samples = np.zeros((2, 0), np.float32)
        self._gain = 1.0
        """Of the last hop that went out."""

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
        needed = self._needed(self._held.shape[1] // HOP)
        attack = _spread(needed[::-1], 1 / ATTACK_HOPS)[::-1]
        step = HOP / RATE / RELEASE_SECONDS
        gains = _spread(np.concatenate([[self._gain], attack]), step)
        out = self._held[:, : hops * HOP]
        self._held = self._held[:, hops * HOP :]
        if gains.min() < 1.0:
            edges = np.minimum(gains[:-1], gains[1:])[: hops + 1]
            ramp = np.interp(np.arange(hops * HOP) / HOP, np.arange(edges.size), edges)
            out = (out * ramp).astype(np.float32)
        self._gain = float(gains[hops])
        return out

    def _needed(self, hops: int) -> Gains:
        peaks = np.abs(self._held[:, : hops * HOP]).reshape(2, hops, HOP).max(axis=(0, 2)).astype(np.float64)
        return np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))


def _spread(values: Gains, step: float) -> Gains:
    """For each position the smallest of all earlier values, each grown by `step` per position."""
    slope = np.arange(values.size) * step
    spread: Gains = np.minimum(np.minimum.accumulate(values - slope) + slope, 1.0)
    return spread
