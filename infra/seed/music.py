"""Makes `assets/morning.m4a`: twelve seconds of quiet music that loop without a seam. Run it to make the file again.

Four bars at 80 beats a minute: a warm pad, a plucked arpeggio (Karplus-Strong), a round bass and a soft shaker.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE = 48_000
BAR = 3.0
CHORDS = (
    (48, (60, 64, 67, 71, 74)),  # C major 9
    (45, (57, 60, 64, 67, 72)),  # A minor 7
    (41, (57, 60, 65, 69, 76)),  # F major 7
    (43, (55, 59, 62, 69, 74)),  # G with 9
)
ARPEGGIO = (0, 2, 3, 1, 4, 3, 2, 3)

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


def mix() -> npt.NDArray[np.float32]:
    """Stereo, 2 x samples, peak 0.8. What rings past the end is wrapped to the start, so that the loop has no seam."""
    noise = np.random.default_rng(1979)
    total = int(BAR * len(CHORDS) * RATE)
    stereo = np.zeros((2, total))

    def add(wave: Wave, at: float, gain: float, pan: float = 0.0) -> None:
        where = (np.arange(len(wave)) + int(at * RATE)) % total
        stereo[0, where] += wave * gain * np.cos((pan + 1) * np.pi / 4)
        stereo[1, where] += wave * gain * np.sin((pan + 1) * np.pi / 4)

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
    for delay, gain in ((0.23, 0.24), (0.41, 0.15), (0.67, 0.09)):
        stereo += gain * np.roll(stereo[::-1], int(delay * RATE), axis=1)
    mixed: npt.NDArray[np.float32] = (stereo / np.abs(stereo).max() * 0.8).astype(np.float32)
    return mixed


def main() -> None:
    sound = mix()
    with av.open(str(Path(__file__).parent / "assets" / "morning.m4a"), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=160_000)
        for first in range(0, sound.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, first : first + 1024]), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
