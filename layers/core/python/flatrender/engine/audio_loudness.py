"""Integrated loudness and true peaks after ITU-R BS.1770-4, and the gain that brings a mix to a target.

One gain for the whole, found before anything is encoded: nothing pumps. What it lifts above the ceiling is limited,
and what limiting takes away is part of the sum.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from flatrender.engine.audio_limiter import ATTACK_HOPS, HOP, Gains, Limiter, gain_curve
from flatrender.engine.audio_source import RATE, Samples

_SHELF: Final = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
_HIGH_PASS: Final = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
"""K-weighting at 48 kHz: b0, b1, b2, a1, a2."""
_STEP: Final = RATE // 10 // HOP
"""Hops in a tenth of a second; the blocks of 400 ms overlap by three of these."""
_PART: Final = 600 * _STEP
"""Hops that are looked at together: a minute."""
_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_TAPS: Final = 16
MAX_GAIN_DB: Final = 30.0
"""No recording is lifted further: what is so quiet is mostly noise."""
_EXACT: Final = 0.005
_SEARCH_DB: Final = 20.0
_ROUNDS: Final = 20


def _interpolators() -> list[Samples]:
    """Filters for the three values between two samples, at four times the rate."""
    at = np.arange(_TAPS) - (_TAPS // 2 - 1)
    found = []
    for phase in (0.25, 0.5, 0.75):
        taps = np.sinc(at - phase) * np.cos(np.pi * (at - phase) / _TAPS) ** 2
        found.append((taps / taps.sum()).astype(np.float32))
    return found


_BETWEEN: Final = _interpolators()


def true_peaks(samples: Samples, before: Samples) -> Gains:
    """The true peak of each hop of `samples`, which follow `before` (at least 16 samples); silence comes after them."""
    hops = samples.shape[1] // HOP
    silence = np.zeros((2, _TAPS // 2), np.float32)
    line = np.concatenate([before[:, before.shape[1] - (_TAPS // 2 - 1) :], samples, silence], axis=1)
    count = samples.shape[1]
    highest = np.abs(samples)
    for taps in _BETWEEN:
        between = taps[0] * line[:, :count]
        for k in range(1, _TAPS):
            between += taps[k] * line[:, k : k + count]
        highest = np.maximum(highest, np.abs(between))
    return highest.reshape(2, hops, HOP).max(axis=(0, 2)).astype(np.float64)


class LoudnessMeter:
    """Takes a stream of samples; keeps energy and true peak per hop, 6 KB for a second."""

    def __init__(self) -> None:
        self._graph = _k_weighting()
        self._held: Samples = np.zeros((2, 0), np.float32)
        self._before: Samples = np.zeros((2, HOP), np.float32)
        self._weighted: Gains = np.zeros((2, 0))
        self._peaks: list[Samples] = []
        self._energy: list[Samples] = []
        self._at = 0

    def add(self, block: Samples) -> None:
        """Block: 2 x any number of samples."""
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float64), format="dblp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, self._at
        self._at += block.shape[1]
        self._graph.push(frame)
        self._pull()
        self._held = np.concatenate([self._held, block], axis=1)
        # What lies between the last samples of a hop is known when those of the next are.
        self._measure(self._held.shape[1] // HOP - 1)

    def _measure(self, hops: int) -> None:
        if hops <= 0:
            return
        peaks = true_peaks(self._held[:, : (hops + 1) * HOP], self._before)[:hops]
        self._peaks.append(peaks.astype(np.float32))
        self._before = self._held[:, (hops - 1) * HOP : hops * HOP]
        self._held = self._held[:, hops * HOP :]

    def _pull(self) -> None:
        parts = [self._weighted]
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            if isinstance(frame, AudioFrame):
                parts.append(frame.to_ndarray().astype(np.float64, copy=False))
        joined = np.concatenate(parts, axis=1)
        hops = joined.shape[1] // HOP
        squares = np.square(joined[:, : hops * HOP]).reshape(2, hops, HOP).sum(axis=(0, 2))
        self._energy.append(squares.astype(np.float32))
        self._weighted = joined[:, hops * HOP :]

    def close(self) -> "Measured":
        """What was heard; afterwards the meter is spent."""
        self._graph.push(None)
        self._pull()
        self._held = np.pad(self._held, ((0, 0), (0, 2 * HOP - self._held.shape[1] % HOP)))
        self._measure(self._held.shape[1] // HOP - 1)
        count = self._at // HOP
        return Measured(np.concatenate(self._energy)[:count], np.concatenate([*self._peaks, np.zeros(1, np.float32)]))


class Measured:
    """A measured stream: energy and true peak of every hop. `peak` is its true peak as a factor of full scale."""

    def __init__(self, energy: Samples, peaks: Samples) -> None:
        self._energy, self._peaks = energy, peaks
        self.peak = float(peaks.max(initial=0.0))

    def loudness(self, gain: float = 1.0, ceiling: float | None = None) -> float | None:
        """LUFS after a gain and, with `ceiling`, a limiter; None when nothing is loud enough to count."""
        limited = ceiling is not None and self.peak * gain > ceiling
        steps, before = [], 1.0
        for at in range(0, self._energy.size, _PART):
            energy = self._energy[at : at + _PART].astype(np.float64) * gain**2
            if limited and ceiling is not None:
                # What comes next is held down for already.
                peaks = self._peaks[at : at + _PART + ATTACK_HOPS + 2].astype(np.float64) * gain
                curve = gain_curve(peaks, ceiling, before)
                before = float(curve[min(_PART, peaks.size)])
                edges = np.minimum(curve[:-1], curve[1:])
                level = (edges + np.append(edges[1:], edges[-1:])) / 2
                energy *= np.square(level[: energy.size])
            steps.append(energy[: energy.size // _STEP * _STEP].reshape(-1, _STEP).sum(axis=1))
        return _gated(np.concatenate([np.zeros(0), *steps]))

    def gain_for(self, lufs: float, ceiling: float) -> float:
        """The factor that brings what is limited to `ceiling` afterwards to a loudness; 1 for silence."""
        plain = self.loudness()
        if plain is None:
            return 1.0
        gain = min(lufs - plain, MAX_GAIN_DB)
        heard = self.loudness(_factor(gain), ceiling)
        if heard is not None and abs(heard - lufs) < _EXACT:
            return _factor(gain)
        # Limiting takes some away, and what is lifted over the gates begins to count.
        low, high = gain - _SEARCH_DB, MAX_GAIN_DB
        for _ in range(_ROUNDS):
            middle = (low + high) / 2
            heard = self.loudness(_factor(middle), ceiling)
            low, high = (middle, high) if heard is None or heard < lufs else (low, middle)
        return _factor(low)


def _factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _gated(steps: Gains) -> float | None:
    """Integrated loudness of energies per tenth of a second."""
    if steps.size < 4:
        steps = np.pad(steps, (0, 4 - steps.size))
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    power = np.maximum(sums[4:] - sums[:-4], 0.0) / (4 * _STEP * HOP)
    loud = power[power > 10 ** ((_ABSOLUTE_GATE - _OFFSET) / 10)]
    if not loud.size:
        return None
    kept = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(_OFFSET + 10 * np.log10(kept.mean()))


def _k_weighting() -> Graph:
    graph = Graph()
    nodes = [graph.add_abuffer(sample_rate=RATE, format="dblp", layout="stereo")]
    for b0, b1, b2, a1, a2 in (_SHELF, _HIGH_PASS):
        nodes.append(graph.add("biquad", f"b0={b0}:b1={b1}:b2={b2}:a0=1:a1={a1}:a2={a2}:precision=f64"))
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def measure(blocks: Iterable[Samples]) -> Measured:
    """Measure a whole stream."""
    meter = LoudnessMeter()
    for block in blocks:
        meter.add(block)
    return meter.close()


def normalised(blocks: Iterable[Samples], gain: float, ceiling: float) -> Iterator[Samples]:
    """The stream at a gain, its true peaks kept below `ceiling`."""
    limiter = Limiter(ceiling, true_peaks)
    factor = np.float32(gain)
    for block in blocks:
        if (ready := limiter.process(block * factor)).shape[1]:
            yield ready
    if (rest := limiter.flush()).shape[1]:
        yield rest
