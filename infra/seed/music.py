"""Makes the default music, which loops without a seam: `python infra/seed/music.py [morning] [bright]`.

`assets/morning.m4a` is quiet: four bars at 80 beats a minute, a warm pad, a plucked arpeggio (Karplus-Strong), a round
bass and a soft shaker. `assets/bright.m4a` is lively: eight bars at 120 beats a minute, plucked chords off the beat, a
bass that walks, a soft kick on every beat, claps and a hat.
"""

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE = 48_000
BAR = 3.0
BEAT = 0.5
"""Seconds of a beat of `bright`: two to the second, so that it keeps time with a countdown."""
CHORDS = (
    (48, (60, 64, 67, 71, 74)),  # C major 9
    (45, (57, 60, 64, 67, 72)),  # A minor 7
    (41, (57, 60, 65, 69, 76)),  # F major 7
    (43, (55, 59, 62, 69, 74)),  # G with 9
)
ARPEGGIO = (0, 2, 3, 1, 4, 3, 2, 3)
BRIGHT_CHORDS = (
    (50, (62, 66, 69, 74)),  # D major
    (47, (62, 66, 71, 74)),  # B minor
    (43, (59, 62, 67, 74)),  # G major
    (45, (61, 64, 69, 76)),  # A major
)
BRIGHT_TUNE = (
    (78, 0.0), (76, 0.75), (74, 1.5), (69, 2.5), (71, 4.0), (74, 4.75), (73, 5.5), (71, 6.5),
    (67, 8.0), (69, 8.75), (71, 9.5), (74, 10.5), (73, 12.0), (76, 12.75), (73, 13.5), (69, 14.5),
)  # fmt: skip
"""Note and beat; four bars, played twice."""

type Wave = npt.NDArray[np.float64]


def frequency(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def envelope(length: int, attack: float, release: float) -> Wave:
    shape = np.ones(length)
    rise, fall = int(attack * RATE), int(release * RATE)
    shape[:rise] = np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    shape[-fall:] *= np.cos(np.linspace(0, np.pi / 2, fall)) ** 2
    return shape


def pad(note: int, seconds: float) -> Wave:
    t = np.arange(int(seconds * RATE)) / RATE
    wave = np.zeros_like(t)
    for detune in (-0.08, 0.0, 0.07):
        pitch = frequency(note) * 2 ** (detune / 12)
        wave += sum(np.sin(2 * np.pi * pitch * k * t + k * detune * 9) / k**2.2 for k in range(1, 6))
    return wave * envelope(len(t), 0.9, 1.1) * (1 + 0.06 * np.sin(2 * np.pi * t / BAR))


def pluck(note: int, seconds: float, noise: np.random.Generator) -> Wave:
    period = round(RATE / frequency(note))
    string = noise.uniform(-1, 1, period)
    string = np.convolve(np.concatenate([string, string[:4]]), np.ones(5) / 5, "valid")
    cycles = int(seconds * RATE / period) + 1
    parts = []
    for _ in range(cycles):
        parts.append(string)
        string = 0.9955 * (0.78 * string + 0.22 * np.roll(string, 1))
    wave = np.concatenate(parts)[: int(seconds * RATE)]
    return wave * envelope(len(wave), 0.002, 0.25)


def bass(note: int, seconds: float) -> Wave:
    t = np.arange(int(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * frequency(note) * t) + 0.25 * np.sin(4 * np.pi * frequency(note) * t)
    return np.tanh(wave * 1.2) * np.exp(-t * 0.9) * envelope(len(t), 0.015, 0.2)


def shaker(noise: np.random.Generator) -> Wave:
    t = np.arange(int(0.09 * RATE)) / RATE
    return np.diff(noise.normal(size=len(t) + 1)) * np.exp(-t * 55) * envelope(len(t), 0.01, 0.02)


def kick() -> Wave:
    t = np.arange(int(0.28 * RATE)) / RATE
    return np.sin(2 * np.pi * (48 * t + 3.1 * (1 - np.exp(-t * 34)))) * np.exp(-t * 13) * envelope(len(t), 0.002, 0.05)


def clap(noise: np.random.Generator) -> Wave:
    t = np.arange(int(0.16 * RATE)) / RATE
    bursts = sum(np.where(t >= late, np.exp(-(t - late) * 210), 0.0) for late in (0.0, 0.011, 0.021))
    tail = np.where(t >= 0.027, np.exp(-(t - 0.027) * 34), 0.0)
    hiss = np.convolve(noise.normal(size=len(t)), [0.5, 0.0, -0.5], "same")
    shaped: Wave = hiss * (bursts + tail) * envelope(len(t), 0.001, 0.03)
    return shaped


class Loop:
    """Stereo sound that is added to; what rings past the end is wrapped to the start, so that it has no seam."""

    def __init__(self, seconds: float) -> None:
        self.stereo = np.zeros((2, int(seconds * RATE)))

    def add(self, wave: Wave, at: float, gain: float, pan: float = 0.0) -> None:
        where = (np.arange(len(wave)) + int(at * RATE)) % self.stereo.shape[1]
        self.stereo[0, where] += wave * gain * np.cos((pan + 1) * np.pi / 4)
        self.stereo[1, where] += wave * gain * np.sin((pan + 1) * np.pi / 4)

    def finished(self, echoes: tuple[tuple[float, float], ...]) -> npt.NDArray[np.float32]:
        """With echoes (seconds, gain) that change sides, and its peak at 0.8."""
        stereo = self.stereo
        for delay, gain in echoes:
            stereo += gain * np.roll(stereo[::-1], int(delay * RATE), axis=1)
        mixed: npt.NDArray[np.float32] = (stereo / np.abs(stereo).max() * 0.8).astype(np.float32)
        return mixed


def bright() -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(2026)
    loop = Loop(8 * 4 * BEAT)
    for bar in range(8):
        root, notes = BRIGHT_CHORDS[bar % 4]
        start = bar * 4 * BEAT
        for beat in range(4):
            loop.add(kick(), start + beat * BEAT, 0.42)
            loop.add(shaker(noise), start + (beat + 0.5) * BEAT, 0.07, 0.3)
            for index, note in enumerate(notes):
                loop.add(pluck(note + 12, 0.7, noise), start + (beat + 0.5) * BEAT, 0.22, (index - 1.5) / 2)
        for beat in (1, 3):
            loop.add(clap(noise), start + beat * BEAT, 0.2, -0.1)
        for step, shift in ((0.0, 0), (1.0, 0), (1.5, 12), (2.5, 7), (3.5, 12)):
            loop.add(bass(root - 12 + shift, 0.42), start + step * BEAT, 0.17)
    for half in (0.0, 16.0):
        for note, moment in BRIGHT_TUNE:
            loop.add(pluck(note + 12, 1.1, noise), (half + moment) * BEAT, 0.42, 0.25 if half else -0.25)
    return loop.finished(((0.375, 0.2), (0.75, 0.1)))


def morning() -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(1979)
    loop = Loop(BAR * len(CHORDS))
    add = loop.add
    for bar, (root, notes) in enumerate(CHORDS):
        start = bar * BAR
        for index, note in enumerate(notes[:4]):
            add(pad(note, BAR + 1.0), start - 0.3 if bar else start, 0.05, (index - 1.5) / 2.5)
        for beat in (0.0, 1.125, 1.5):
            add(bass(root, 1.3 if beat == 1.5 else 1.0), start + beat, 0.26 if beat == 0 else 0.17)
        for step, index in enumerate(ARPEGGIO):
            strength = 0.42 if step % 4 == 0 else 0.32
            add(pluck(notes[index] + 12, 1.6, noise), start + step * BAR / 8, strength, -0.35 if step % 2 else 0.35)
        for step in range(8):
            add(shaker(noise), start + step * BAR / 8, 0.035 if step % 2 else 0.018, 0.15)
    return loop.finished(((0.23, 0.24), (0.41, 0.15), (0.67, 0.09)))


PIECES = {"morning": (morning, 160_000), "bright": (bright, 128_000)}
"""What makes each of them, and at how many bits per second it is stored."""


def write(sound: npt.NDArray[np.float32], bit_rate: int, path: Path) -> None:
    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=bit_rate)
        for first in range(0, sound.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, first : first + 1024]), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(names: list[str]) -> None:
    for name in names or PIECES:
        piece, bit_rate = PIECES[name]
        write(piece(), bit_rate, Path(__file__).parent / "assets" / f"{name}.m4a")


if __name__ == "__main__":
    main(sys.argv[1:])
