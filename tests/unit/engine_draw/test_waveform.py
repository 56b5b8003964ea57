"""Given a sound, when it is drawn, then what is seen is what is heard at that time, however one gets there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine import media
from tests.unit.engine_draw.scenes import Pixels, composition, frame, ink, source

from flatrender.engine import envelope
from flatrender.engine.audio_source import RATE
from flatrender.engine.faults import UnreadableMedia

SOUND = "00000000-0000-4000-8000-0000000000c1"
BOX = [20, 20, 280, 140]


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Four seconds: 200 Hz loudly from 0.5 to 1.0, 4000 Hz softly from 1.2 to 1.6, 200 Hz again in the last second."""
    at = np.arange(4 * RATE) / RATE
    loud = ((at >= 0.5) & (at < 1.0)) | (at >= 3.0)
    soft = (at >= 1.2) & (at < 1.6)
    samples = np.where(loud, 0.6 * np.sin(at * 2 * np.pi * 200), 0) + np.where(
        soft, 0.06 * np.sin(at * 2 * np.pi * 4000), 0
    )
    folder = tmp_path_factory.mktemp("waveform")
    return {SOUND: media.write_wav(folder / "sound.wav", np.stack([samples] * 2))}


def waveform(**fields: Any) -> dict[str, Any]:
    base = {"type": "waveform", "box": BOX, "bar_width": 6, "gap": 4, "smoothing": 0, "asset": SOUND}
    made = {**base, **fields}
    return {key: value for key, value in made.items() if value is not None or key == "window"}


def heights(pixels: Pixels) -> Any:
    """How many rows are lit in each column of the box."""
    return (pixels[20:160, 20:300, 2] > 100).sum(axis=0)


def test_the_middle_is_what_is_heard_now(assets: dict[str, Path]) -> None:
    made = composition(waveform(window=2.0))
    middles = [heights(frame(made, index, assets))[135:146].max() for index in (4, 15, 22, 28, 36)]
    quiet, loud, pause, soft, after = middles
    assert quiet == pause == after == 6, "a dot where nothing is heard"
    assert loud > 100
    assert 15 < soft < 0.6 * loud


def test_it_runs_from_right_to_left(assets: dict[str, Path]) -> None:
    made = composition(waveform(window=2.0))
    begins = []
    for index in (0, 5, 10, 15):
        tall = np.flatnonzero(heights(frame(made, index, assets)) > 60)
        begins.append(int(tall[0]))
    # 280 pixels are two seconds: a quarter of a second is 35.
    assert np.diff(begins) == pytest.approx([-35, -35, -35], abs=10)
    assert begins[2] == pytest.approx(140, abs=10)


def test_without_a_window_it_stands_still_and_shows_how_far_one_is(assets: dict[str, Path]) -> None:
    made = composition(waveform(window=None))
    drawn = source(made, assets)
    assert [index for index in range(40) if drawn.draw(index)] == [0]
    tall = np.flatnonzero(heights(frame(made, 0, assets)) > 60)
    assert tall[0] == pytest.approx(70, abs=8)
    assert tall[-1] == pytest.approx(140, abs=8)
    played = composition(waveform(window=None, fill="#0000ff", played="#ff0000"))
    for index in (10, 20, 30):
        red = np.flatnonzero(heights(frame(played, index, assets)))
        assert red[-1] < 280 * index / 40 + 1
        assert red[-1] > 280 * index / 40 - 12


@pytest.mark.parametrize("style", ["bars", "mirror", "line", "radial"])
@pytest.mark.parametrize("show", ["amplitude", "spectrum"])
def test_every_style_stays_in_its_box_and_answers_to_the_sound(assets: dict[str, Path], style: str, show: str) -> None:
    made = composition(waveform(style=style, show=show, window=2.0))
    loud, quiet = frame(made, 17, assets), frame(made, 3, assets)
    assert (loud != quiet).any()
    if show == "spectrum":
        assert np.count_nonzero(loud[:, :, 2] > 100) > 1.15 * np.count_nonzero(quiet[:, :, 2] > 100)
    for pixels in (loud, quiet):
        left, top, right, bottom = ink(pixels)
        assert left >= 19
        assert right <= 301
        assert top >= 19
        assert bottom <= 161
    if style == "bars":
        assert ink(loud)[3] == 160
    if style in {"mirror", "radial"}:
        assert abs(ink(loud)[1] + ink(loud)[3] - 180) < (4 if style == "mirror" else 140)


def test_low_sounds_are_on_the_left_of_a_spectrum(assets: dict[str, Path]) -> None:
    made = composition(waveform(show="spectrum"))
    low, high = (int(heights(frame(made, index, assets)).argmax()) for index in (16, 29))
    # 200 Hz and 4000 Hz between 50 Hz and 12 kHz, in octaves.
    assert low / 280 == pytest.approx(np.log(4) / np.log(240), abs=0.05)
    assert high / 280 == pytest.approx(np.log(80) / np.log(240), abs=0.05)


def test_smoothing_lets_a_spectrum_come_down_slowly(assets: dict[str, Path]) -> None:
    sharp, soft = (composition(waveform(show="spectrum", smoothing=value)) for value in (0, 0.6))
    after = [int(heights(frame(made, 22, assets)).max()) for made in (sharp, soft)]
    assert after[0] == 6
    assert after[1] > 40
    assert heights(frame(soft, 39, assets)).max() == 6


def test_silence_is_not_drawn_again_and_again(assets: dict[str, Path]) -> None:
    drawn = source(composition(waveform(show="spectrum")), assets)
    changed = [index for index in range(40) if drawn.draw(index)]
    assert not [index for index in changed if 0 < index < 9 or index > 34]


def test_trims_and_gain_count(assets: dict[str, Path]) -> None:
    later = composition(waveform(window=2.0, trim_start=0.5))
    assert heights(frame(later, 5, assets))[135:146].max() > 100
    loud, soft = (
        heights(frame(composition(waveform(window=2.0, gain=gain)), 28, assets))[135:146].max() for gain in (12, 0)
    )
    assert loud > 1.3 * soft


def test_a_track_is_seen_as_it_is_heard(assets: dict[str, Path]) -> None:
    track = {"asset": SOUND, "start": 0.5, "trim_start": 0.5, "trim_end": 1.0, "loop": True, "duration": 1.2}
    layer = waveform(window=0.5, asset=None, track=0, start=0.25)
    made = composition(layer, audio=[track])
    middles = [int(heights(frame(made, index, assets))[135:146].max()) for index in range(5, 40)]
    sounding = [middle > 100 for middle in middles]
    assert sounding[:3] == [False] * 3
    assert all(sounding[7:27]), "it is heard again and again"
    assert not any(sounding[32:])


@pytest.mark.parametrize("fields", [{"window": 1.5}, {"show": "spectrum", "smoothing": 0.8}, {"style": "radial"}])
def test_a_frame_is_the_same_however_one_gets_there(assets: dict[str, Path], fields: Any) -> None:
    made = composition(waveform(**{"smoothing": 0.5, **fields}))
    drawn = source(made, assets)
    for index in range(40):
        drawn.draw(index)
        if index in {3, 17, 18, 29, 39}:
            envelope._power.cache_clear()
            envelope._spectra.cache_clear()
            assert (drawn.buffer == frame(made, index, assets)).all()


def test_values_are_the_same_whatever_was_asked_for_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 0.2, 65 * RATE) * np.repeat(rng.uniform(0, 1, 65 * 4), RATE // 4)
    path = media.write_wav(tmp_path / "noise.wav", np.stack([noise, noise]))
    whole = envelope.power(path, -10, 65 * 200 + 20)
    parts = np.concatenate([envelope.power(path, at, 30) for at in range(-10, 65 * 200 + 10, 30)])
    assert (whole == parts[: whole.size]).all()
    assert whole[:10].max() == whole[-10:].max() == 0
    exact = np.square(np.clip(noise, -1, 1))[30 * RATE - 240 : 30 * RATE + 240].reshape(2, 240).mean(axis=1)
    assert envelope.power(path, 30 * 200 - 1, 2) == pytest.approx(exact, rel=1e-2)
    spectra = envelope.spectra(path, 29 * 60, 120, 24)
    again = np.concatenate([envelope.spectra(path, at, 7, 24) for at in range(29 * 60, 31 * 60, 7)])
    assert (spectra == again[:120]).all()


def test_a_full_scale_tone_is_zero_decibels_in_its_band(tmp_path: Path) -> None:
    at = np.arange(2 * RATE) / RATE
    path = media.write_wav(tmp_path / "tone.wav", np.stack([np.sin(at * 2 * np.pi * 1000)] * 2))
    levels = envelope.spectra(path, 60, 1, 12)[0]
    assert levels.max() == pytest.approx(0, abs=1.0)


def test_what_has_no_sound_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="missing"):
        frame(composition(waveform()), 0)
    (silent,), _ = media.chunks(tmp_path, [10])
    with pytest.raises(UnreadableMedia, match="no sound"):
        frame(composition(waveform()), 0, {SOUND: silent})
