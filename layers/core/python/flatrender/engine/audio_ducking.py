"""Ducking: how far music goes down while somebody speaks, known ahead of the words."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from flatrender.composition.audio import Duck
from flatrender.engine.audio_source import RATE, Samples

HOP: Final = 240
"""Samples (5 ms) over which the level of speech is measured."""
_NEVER: Final = 1 << 40


class _Voice(Protocol):
    def add_to(self, mix: Samples, at: int) -> None: ...


def _hops(seconds: float) -> int:
    return max(1, round(seconds * RATE / HOP))


class Speech:
    """The speech of the timeline, read as far ahead as the slowest attack, and the gains that follow from it.

    A gain depends on the samples around its time alone: on how loud speech is from `attack` before until `hold` and
    `release` after. Only that stretch is held.
    """

    def __init__(self, voices: Sequence[_Voice], ducks: Sequence[Duck], total: int) -> None:
        self._voices, self._total = voices, total
        self._ahead = max(_hops(duck.attack) for duck in ducks) + 2
        self._back = max(_hops(duck.hold) + _hops(duck.release) for duck in ducks) + 2
        self._bus: Samples = np.zeros((2, 0), np.float32)
        self._bus_at = 0
        self._levels = np.zeros(0)
        """Mean square per hop, from hop `_first` on."""
        self._first = 0

    def read(self, at: int, count: int) -> Samples:
        """The speech itself: 2 x `count` samples from `at` on. Blocks must follow each other."""
        self._listen(at + count + self._ahead * HOP)
        skip = at - self._bus_at
        block = self._bus[:, skip : skip + count].copy()
        self._bus, self._bus_at = self._bus[:, skip + count :], at + count
        stale = at // HOP - self._back - self._first
        if stale > 0:
            self._levels, self._first = self._levels[stale:], self._first + stale
        return block

    def _listen(self, until: int) -> None:
        """Read voices up to a sample, in whole hops; after the end there is silence."""
        heard = self._bus_at + self._bus.shape[1]
        count = -(-(until - heard) // HOP) * HOP
        if count <= 0:
            return
        block = np.zeros((2, count), np.float32)
        sounding = max(0, min(count, self._total - heard))
        for voice in self._voices if sounding else ():
            voice.add_to(block[:, :sounding], heard)
        power = np.square(block, dtype=np.float64).reshape(2, -1, HOP).mean(axis=(0, 2))
        self._levels = np.concatenate([self._levels, power])
        self._bus = np.concatenate([self._bus, block], axis=1)

    def gain(self, duck: Duck, at: int, count: int) -> Samples:
        """The factors for `count` samples from `at`; to be asked after `read` of the same block."""
        attack, hold, release = _hops(duck.attack), _hops(duck.hold), _hops(duck.release)
        begin, end = at // HOP, (at + count) // HOP + 2
        low = max(self._first, begin - hold - release - 1)
        levels = self._levels[low - self._first : end + attack - self._first]
        hop = np.arange(low, low + levels.size)
        spoken = levels > 10 ** (duck.threshold / 10)
        after = hop - np.maximum.accumulate(np.where(spoken, hop, -_NEVER)) - 1 - hold
        before = np.minimum.accumulate(np.where(spoken, hop, _NEVER)[::-1])[::-1] - hop
        depth = np.clip(np.maximum(1 - before / attack, 1 - np.maximum(after, 0) / release), 0.0, 1.0)
        eased = (depth * depth * (3 - 2 * depth))[begin - low : end - low]
        factors = 10 ** (-duck.amount_db / 20 * eased)
        ramp: Samples = np.interp(np.arange(at, at + count), np.arange(begin, end) * HOP, factors).astype(np.float32)
        return ramp
