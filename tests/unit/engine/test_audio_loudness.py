"""Given a loudness to reach, when the sound is rendered, then the file has it, measured by ffmpeg's own meter."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.filter import Graph
from tests.unit.engine import media
from tests.unit.engine.test_audio import CANVAS

from flatrender.composition.schemas import Composition
from flatrender.engine.audio import render_audio
from flatrender.engine.audio_loudness import LoudnessMeter, measure, normalised, true_peaks
from flatrender.engine.audio_source import RATE, Samples
from flatrender.engine.reports import AudioReport


def composition(loudness: Any, duration: float = 12.0, **track: Any) -> Composition:
    return Composition.model_validate(
        {
            "canvas": CANVAS,
            "scenes": [{"duration": duration}],
            "audio": [{"asset": media.TONE, **track}],
            "loudness": loudness,
        }
    )


def ffmpeg_measures(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) by the ebur128 filter."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")
    meter = graph.add("ebur128", "metadata=1:peak=true")
    graph.link_nodes(source, meter, graph.add("abuffersink")).configure()
    loudness, peak = -70.0, -70.0
    with av.open(str(path)) as container:
        resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        for frame in [*frames, None]:
            graph.push(frame)
            while True:
                try:
                    seen = graph.pull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
                assert isinstance(seen, AudioFrame)
                loudness = float(seen.metadata.get("lavfi.r128.I", loudness))
                peaks = [float(value) for key, value in seen.metadata.items() if "true_peaks_ch" in key]
                peak = max([peak, *(20 * np.log10(max(value, 1e-9)) for value in peaks)])
    return loudness, peak


def speechlike(seconds: float, level: float = 0.1, seed: int = 3) -> Samples:
    """Bursts of coloured noise of different loudness with pauses, and now and then a loud click."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    noise = np.convolve(rng.normal(0, 1, count), np.hanning(24) / 6, mode="same")
    steps = np.repeat(rng.choice([0.0, 0.4, 1.0, 1.6], count // 12_000 + 1), 12_000)[:count]
    samples = noise * np.convolve(steps, np.ones(960) / 960, mode="same") * level
    for at in rng.integers(0, count - 100, round(seconds)):
        samples[at : at + 40] += 0.6 * np.sin(np.arange(40) * 0.7)
    return np.clip(np.stack([samples, samples * 0.8]), -1, 1).astype(np.float32)


SOUNDS = {
    "quiet": lambda: speechlike(12, 0.02),
    "usual": lambda: speechlike(12, 0.1),
    "tone": lambda: np.stack([0.5 * np.sin(np.arange(12 * RATE) * 2 * np.pi * 440 / RATE)] * 2),
    "dense": lambda: np.clip(np.random.default_rng(1).normal(0, 0.5, (2, 12 * RATE)), -1, 1),
}


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize(("target", "lufs"), [("youtube", -14), ("podcast", -16), ("broadcast", -23), (-19.5, -19.5)])
def test_the_file_has_the_loudness_and_stays_below_the_peak(
    tmp_path: Path, sound: str, target: str | float, lufs: float
) -> None:
    files = {media.TONE: media.write_wav(tmp_path / "sound.wav", SOUNDS[sound]())}
    report = render_audio(composition({"target": target}), files, tmp_path / "out.m4a")
    assert isinstance(report, AudioReport)
    loudness, peak = ffmpeg_measures(tmp_path / "out.m4a")
    assert loudness == pytest.approx(lufs, abs=0.5)
    assert peak < -1.0 + 0.05
    assert report.loudness == pytest.approx(loudness, abs=0.1)
    assert report.true_peak is not None
    assert 20 * np.log10(report.true_peak) == pytest.approx(peak, abs=0.2)


def test_our_meter_says_what_ffmpegs_says(tmp_path: Path) -> None:
    for seed in range(3):
        samples = speechlike(7.3, 0.2, seed)
        path = media.write_wav(tmp_path / "heard.wav", samples)
        found = measure(samples[:, at : at + 7_001] for at in range(0, samples.shape[1], 7_001))
        loudness, peak = ffmpeg_measures(path)
        assert found.loudness() == pytest.approx(loudness, abs=0.06)
        assert 20 * np.log10(found.peak) == pytest.approx(peak, abs=0.1)


def test_what_stays_below_the_ceiling_is_only_multiplied() -> None:
    samples = speechlike(10, 0.1)
    found = measure([samples])
    gain = found.gain_for(-26, 10 ** (-1.5 / 20))
    assert found.peak * gain < 0.8
    assert found.loudness(gain) == pytest.approx(-26, abs=0.01)
    out = np.concatenate(list(normalised([samples], gain, 10 ** (-1.5 / 20))), axis=1)
    assert (out == samples * np.float32(gain)).all()


def test_silence_stays_silent_and_near_silence_is_not_lifted_beyond_measure(tmp_path: Path) -> None:
    files = {media.TONE: media.write_wav(tmp_path / "silent.wav", np.zeros((2, RATE)))}
    report = render_audio(composition({"target": "youtube"}, 2.0), files, tmp_path / "out.m4a")
    assert report is not None
    assert report.peak == 0
    assert report.loudness is None
    hiss = np.random.default_rng(2).normal(0, 3e-4, (2, 4 * RATE)).astype(np.float32)
    assert measure([hiss]).gain_for(-14, 0.8) <= 10 ** (30 / 20) + 1e-6


def test_true_peaks_lie_between_samples() -> None:
    at = np.arange(6_400)
    tone = np.sin(at * np.pi / 2 + np.pi / 4).astype(np.float32)
    samples = np.stack([tone, np.zeros_like(tone)])
    assert np.abs(samples).max() == pytest.approx(0.7071, abs=1e-3)
    found = true_peaks(samples, np.zeros((2, 64), np.float32))
    assert found[5:-5] == pytest.approx(np.ones(90), abs=0.02)


def test_peaks_do_not_depend_on_how_the_stream_is_cut() -> None:
    samples = speechlike(3, 0.3)
    whole = LoudnessMeter()
    whole.add(samples)
    pieces = LoudnessMeter()
    for at in range(0, samples.shape[1], 1_237):
        pieces.add(samples[:, at : at + 1_237])
    one, other = whole.close(), pieces.close()
    assert np.allclose(one._peaks, other._peaks, atol=1e-6)
    assert np.allclose(one._energy, other._energy, rtol=1e-4, atol=1e-9)


def test_progress_only_grows_and_ends_at_the_end(tmp_path: Path) -> None:
    files = {media.TONE: media.write_wav(tmp_path / "sound.wav", speechlike(4))}
    told: list[float] = []
    render_audio(composition({"target": -12}, 4.0), files, tmp_path / "out.m4a", told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(4.0)


def test_a_long_stream_is_summed_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measure([speechlike(20, 0.3)])
    whole = [found.loudness(gain, 0.7) for gain in (1.0, 2.0, 6.0)]
    monkeypatch.setattr("flatrender.engine.audio_loudness._PART", 75 * 10)
    parts = [found.loudness(gain, 0.7) for gain in (1.0, 2.0, 6.0)]
    assert parts == pytest.approx(whole, abs=1e-3)


def test_the_gain_that_was_found_is_the_one_that_is_heard() -> None:
    samples = speechlike(15, 0.2)
    found = measure([samples])
    for target in (-20, -14, -10):
        gain = found.gain_for(target, 0.8)
        out = np.concatenate(list(normalised([samples], gain, 0.8)), axis=1)
        again = measure([out])
        assert again.loudness() == pytest.approx(target, abs=0.1)
        assert again.peak <= 0.8 * 1.02


def test_beeps_stay_on_their_samples(tmp_path: Path) -> None:
    times = [0.25, 1.5, 2.75]
    files = {media.TONE: media.beeps(tmp_path / "beeps.wav", 3.0, times)}
    render_audio(composition({"target": -20}, 6.0, start=2.0), files, tmp_path / "out.m4a")
    heard = media.sound(tmp_path / "out.m4a")
    quiet = render_audio(composition(None, 6.0, start=2.0), files, tmp_path / "plain.m4a")
    assert quiet is not None
    plain = media.sound(tmp_path / "plain.m4a")
    assert heard.shape == plain.shape
    for at in times:
        middle = round((at + 2) * RATE)
        centers = []
        for one in (heard, plain):
            energy = np.square(one[0, middle - 200 : middle + 200].astype(np.float64))
            centers.append(float(np.sum(energy * np.arange(-200, 200)) / energy.sum()))
        # A beep has 8 samples.
        assert centers == pytest.approx([3.5, 3.5], abs=4)
