"""Given speech over music, when it is mixed, then the music goes down under it, by so much and at those times."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine import media
from tests.unit.engine.test_audio import composition, video_layer, with_sound

from flatrender.composition.audio import Duck
from flatrender.engine.audio_ducking import Speech
from flatrender.engine.audio_mix import Mix
from flatrender.engine.audio_source import RATE, Samples

MUSIC, WORDS = media.TONE, media.BEEP
DUCK: dict[str, Any] = {"amount_db": 12, "attack": 0.2, "hold": 0.3, "release": 0.5}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Ten seconds of a tone at 440 Hz, and of one at 3000 Hz that sounds in seconds 3 to 4 and 4.2 to 5."""
    folder = tmp_path_factory.mktemp("ducking")
    at = np.arange(10 * RATE) / RATE
    spoken = ((at >= 3) & (at < 4)) | ((at >= 4.2) & (at < 5))
    words = np.where(spoken, 0.3 * np.sin(at * 2 * np.pi * 3000), 0.0)
    return {
        MUSIC: media.tone(folder / "music.wav", 10.0),
        WORDS: media.write_wav(folder / "words.wav", np.stack([words] * 2)),
    }


def mixed(assets: dict[str, Path], *tracks: Any, **fields: Any) -> Samples:
    return np.concatenate(list(Mix(composition(8.0, tracks, **fields), assets)), axis=1)


def music_level(heard: Samples, start: float, end: float) -> float:
    """How loud 440 Hz is, in dB of the tone at full."""
    part = heard[0, round(start * RATE) : round(end * RATE)].astype(np.float64)
    at = np.arange(part.size) / RATE
    strength = 2 * abs(np.mean(part * np.exp(-2j * np.pi * 440 * at)))
    return float(20 * np.log10(strength / 0.5))


def test_music_is_down_while_somebody_speaks_and_back_afterwards(assets: dict[str, Path]) -> None:
    heard = mixed(assets, {"asset": MUSIC, "role": "music", "duck": DUCK}, {"asset": WORDS, "role": "speech"})
    assert music_level(heard, 0.5, 2.7) == pytest.approx(0.0, abs=0.05)
    assert music_level(heard, 3.0, 5.25) == pytest.approx(-12.0, abs=0.2)
    assert music_level(heard, 5.85, 8.0) == pytest.approx(0.0, abs=0.05)
    # Halfway down, before the first word; halfway back, after the pause that was waited for.
    assert music_level(heard, 2.89, 2.91) == pytest.approx(-6.0, abs=0.7)
    assert music_level(heard, 5.54, 5.56) == pytest.approx(-6.0, abs=0.7)


def test_speech_itself_and_other_tracks_stay_as_they_are(assets: dict[str, Path]) -> None:
    alone = mixed(assets, {"asset": WORDS, "role": "speech"})
    heard = mixed(
        assets, {"asset": MUSIC, "duck": DUCK, "volume": 0.0001, "role": "music"}, {"asset": WORDS, "role": "speech"}
    )
    assert np.abs(heard - alone).max() < 1e-3
    beside = mixed(assets, {"asset": MUSIC}, {"asset": WORDS, "role": "speech"})
    assert music_level(beside, 3.0, 5.0) == pytest.approx(0.0, abs=0.1)


def test_what_is_no_speech_or_too_quiet_ducks_nothing(assets: dict[str, Path]) -> None:
    music = {"asset": MUSIC, "role": "music", "duck": DUCK}
    assert music_level(mixed(assets, music, {"asset": WORDS}), 3.0, 5.0) == pytest.approx(0.0, abs=0.1)
    whispered = {"asset": WORDS, "role": "speech", "volume": 0.01}
    assert music_level(mixed(assets, music, whispered), 3.0, 5.0) == pytest.approx(0.0, abs=0.1)
    listening = {**music, "duck": {**DUCK, "threshold": -70}}
    assert music_level(mixed(assets, listening, whispered), 3.0, 5.0) == pytest.approx(-12.0, abs=0.2)


def test_each_track_goes_down_in_its_own_way(assets: dict[str, Path]) -> None:
    deep = {"asset": MUSIC, "role": "music", "duck": {**DUCK, "amount_db": 30}, "duration": 6}
    assert music_level(mixed(assets, deep, {"asset": WORDS, "role": "speech"}), 3.0, 5.2) == pytest.approx(-30, abs=0.5)
    later = {"asset": MUSIC, "role": "music", "start": 3.5, "duck": {**DUCK, "amount_db": 6}}
    assert music_level(mixed(assets, later, {"asset": WORDS, "role": "speech"}), 3.6, 5.2) == pytest.approx(-6, abs=0.2)


def test_the_sound_of_a_video_may_be_speech_and_may_go_down(assets: dict[str, Path], tmp_path: Path) -> None:
    other = MUSIC[:-1] + "f"
    files = {**assets, other: with_sound(tmp_path)}
    talk = video_layer(asset=other, start=2, audio_role="speech")
    at_1000 = media.write_wav(
        tmp_path / "pitch.wav", np.stack([0.5 * np.sin(np.arange(8 * RATE) / RATE * 2 * np.pi * 1000)] * 2)
    )
    files[WORDS] = at_1000
    heard = mixed(files, {"asset": WORDS, "duck": {**DUCK, "amount_db": 20}}, layers=[talk])
    spectrum = [np.abs(np.fft.rfft(heard[0, at * RATE : (at + 1) * RATE]))[1000] for at in (0, 2, 3, 6)]
    assert 20 * np.log10(spectrum[1] / spectrum[0]) == pytest.approx(-20, abs=0.5)
    assert 20 * np.log10(spectrum[2] / spectrum[0]) == pytest.approx(-20, abs=0.5)
    assert spectrum[3] == pytest.approx(spectrum[0], rel=0.01)
    ducked = mixed(assets | {other: files[other]}, {"asset": WORDS, "role": "speech"}, overlays=[
        video_layer(asset=other, loop=True, duck=DUCK)
    ])  # fmt: skip
    assert music_level(ducked, 3.1, 4.9) - music_level(ducked, 0.5, 2.5) == pytest.approx(-12, abs=1)


class _Noise:
    """A voice that is heard at some samples."""

    def __init__(self, samples: Samples) -> None:
        self._samples, self.at = samples, 0

    def add_to(self, mix: Samples, at: int) -> None:
        assert at == self.at, "every sample is read once, in order"
        mix += self._samples[:, at : at + mix.shape[1]]
        self.at += mix.shape[1]


@pytest.mark.parametrize("block", [1_000, 4_801, 24_000, 96_000])
def test_gains_and_speech_are_the_same_however_the_timeline_is_cut(block: int) -> None:
    rng = np.random.default_rng(5)
    total = 96_000
    samples = rng.uniform(-0.5, 0.5, (2, total)).astype(np.float32)
    samples *= np.repeat(rng.uniform(0, 1, total // 2_000) > 0.7, 2_000)
    ducks = [Duck(attack=0.1, hold=0.02, release=0.1), Duck(attack=0.02, hold=0.1, release=0.3, amount_db=24)]

    def run(size: int) -> tuple[Samples, list[Samples]]:
        speech = Speech([_Noise(samples)], ducks, total)
        said, gains = [], []
        for at in range(0, total, size):
            count = min(size, total - at)
            said.append(speech.read(at, count))
            gains.append(np.stack([speech.gain(duck, at, count) for duck in ducks]))
        return np.concatenate(said, axis=1), gains

    said, gains = run(block)
    assert (said == samples).all()
    whole = run(total)[1][0]
    assert np.array_equal(np.concatenate(gains, axis=1), whole)
    assert whole.min() == pytest.approx(10 ** (-24 / 20), rel=1e-5)
    assert whole.max() == pytest.approx(1.0)
    assert np.abs(np.diff(whole)).max() < 0.02


def test_what_is_held_of_speech_does_not_grow() -> None:
    total = 60 * RATE
    speech = Speech([_Noise(np.zeros((2, total), np.float32))], [Duck()], total)
    sizes = []
    for at in range(0, total, RATE // 2):
        speech.read(at, RATE // 2)
        sizes.append(speech._levels.size + speech._bus.shape[1])
    assert max(sizes[10:]) == min(sizes[10:])
    assert max(sizes) < 2 * RATE


def test_clips_end_up_on_the_sample_whatever_the_blocks(assets: dict[str, Path]) -> None:
    """Beeps of speech that is read ahead lie where those of any other track do."""
    folder = assets[MUSIC].parent
    beeps = {WORDS: media.beeps(folder / "beeps.wav", 3.0, [0.25, 1.5, 2.75]), MUSIC: assets[MUSIC]}
    track = {"asset": WORDS, "start": 2.0, "trim_start": 1.0}
    silent = {"asset": MUSIC, "volume": 1e-6, "duck": DUCK}
    heard = mixed(beeps, {**track, "role": "speech"}, silent)
    for at in (2.5, 3.75):
        middle = round(at * RATE)
        first = int((np.abs(heard[0, middle - 2000 : middle + 2000]) > 0.4).argmax()) - 2000
        assert abs(first) <= 4
