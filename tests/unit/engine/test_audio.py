from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine import media

from flatrender.composition.schemas import Composition
from flatrender.engine.audio import render_audio
from flatrender.engine.audio_limiter import CEILING, Limiter
from flatrender.engine.audio_source import Samples, Source
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.reports import AudioReport

type Assets = dict[str, Path]

CANVAS = {"width": 64, "height": 64, "fps": 30}


def composition(
    duration: float, tracks: Sequence[Any] = (), layers: Sequence[Any] = (), overlays: Sequence[Any] = ()
) -> Composition:
    return Composition.model_validate(
        {
            "canvas": CANVAS,
            "scenes": [{"duration": duration, "layers": list(layers)}],
            "overlays": list(overlays),
            "audio": list(tracks),
        }
    )


@pytest.fixture
def tone(tmp_path: Path) -> Assets:
    return {media.TONE: media.tone(tmp_path / "tone.wav", 2.0)}


def level(samples: Samples, start: float, end: float) -> float:
    part = samples[0, round(start * media.RATE) : round(end * media.RATE)]
    return float(np.sqrt(np.mean(np.square(part))))


def mix(tmp_path: Path, document: Composition, assets: Assets) -> tuple[AudioReport, Samples]:
    report = render_audio(document, assets, tmp_path / "out.m4a")
    assert report is not None
    return report, media.sound(tmp_path / "out.m4a")


TONE_LEVEL = 0.5 / np.sqrt(2)


def test_nothing_audible_makes_no_file(tmp_path: Path, tone: Assets) -> None:
    assert render_audio(composition(2.0), tone, tmp_path / "out.m4a") is None
    muted = composition(2.0, [{"asset": media.TONE, "volume": 0.0}])
    assert render_audio(muted, tone, tmp_path / "out.m4a") is None
    late = composition(2.0, [{"asset": media.TONE, "start": 3.0}])
    assert render_audio(late, tone, tmp_path / "out.m4a") is None
    assert not (tmp_path / "out.m4a").exists()


@pytest.mark.parametrize("duration", [1.0, 2.3, 5.0])
def test_sound_is_exactly_as_long_as_the_picture(tmp_path: Path, tone: Assets, duration: float) -> None:
    report, heard = mix(tmp_path, composition(duration, [{"asset": media.TONE}]), tone)
    assert heard.shape == (2, round(duration * 30) * 1600) == (2, report.samples)
    assert report.size_bytes == (tmp_path / "out.m4a").stat().st_size


def test_beeps_are_where_they_belong(tmp_path: Path) -> None:
    beeps = {media.BEEP: media.beeps(tmp_path / "beeps.wav", 3.0, [0.25, 1.5, 2.75])}
    document = composition(6.0, [{"asset": media.BEEP, "start": 2.0, "trim_start": 1.0}])
    _, heard = mix(tmp_path, document, beeps)
    for at in (2.5, 3.75):
        middle = round(at * media.RATE)
        assert abs(int(np.abs(heard[0, middle - 2000 : middle + 2000]).argmax()) - 2000) <= 8
    assert np.abs(heard[0, : round(2.4 * media.RATE)]).max() < 0.05


def test_trim_end_and_duration_cut(tmp_path: Path, tone: Assets) -> None:
    for cut in ({"trim_end": 0.5}, {"duration": 0.5}):
        _, heard = mix(tmp_path, composition(2.0, [{"asset": media.TONE, "start": 0.5, **cut}]), tone)
        assert level(heard, 0.0, 0.4) < 0.01
        assert level(heard, 0.6, 0.9) == pytest.approx(TONE_LEVEL, rel=0.1)
        assert level(heard, 1.1, 2.0) < 0.01


def test_loop_fills_the_timeline_without_gaps(tmp_path: Path, tone: Assets) -> None:
    _, heard = mix(tmp_path, composition(7.0, [{"asset": media.TONE, "loop": True, "trim_end": 1.5}]), tone)
    levels = [level(heard, at / 10, at / 10 + 0.1) for at in range(1, 69)]
    assert min(levels) > 0.8 * TONE_LEVEL


def test_fades_are_straight_lines(tmp_path: Path, tone: Assets) -> None:
    _, heard = mix(tmp_path, composition(2.0, [{"asset": media.TONE, "fade_in": 1.0, "fade_out": 0.5}]), tone)
    assert level(heard, 0.45, 0.55) == pytest.approx(TONE_LEVEL * 0.5, rel=0.1)
    assert level(heard, 1.1, 1.4) == pytest.approx(TONE_LEVEL, rel=0.1)
    assert level(heard, 1.7, 1.8) == pytest.approx(TONE_LEVEL * 0.5, rel=0.1)
    assert level(heard, 1.98, 2.0) < 0.1 * TONE_LEVEL


def test_volume_follows_its_keyframes(tmp_path: Path, tone: Assets) -> None:
    frames = [{"time": 0.5, "value": 1.0, "easing": "linear"}, {"time": 1.5, "value": 0.0}]
    document = composition(2.0, [{"asset": media.TONE, "volume": {"keyframes": frames}}])
    _, heard = mix(tmp_path, document, tone)
    assert level(heard, 0.1, 0.5) == pytest.approx(TONE_LEVEL, rel=0.1)
    assert level(heard, 0.95, 1.05) == pytest.approx(TONE_LEVEL / 2, rel=0.1)
    assert level(heard, 1.6, 2.0) < 0.01


def test_loud_mixes_are_limited_and_quiet_ones_left_alone(tmp_path: Path, tone: Assets) -> None:
    loud = composition(2.0, [{"asset": media.TONE, "volume": 2.0}, {"asset": media.TONE, "volume": 2.0}])
    report, heard = mix(tmp_path, loud, tone)
    assert report.peak <= CEILING + 1e-6
    assert np.abs(heard).max() < 1.0
    report, _ = mix(tmp_path, composition(2.0, [{"asset": media.TONE}]), tone)
    assert report.peak == pytest.approx(0.5, abs=0.01)


def test_limiter_ducks_smoothly_and_changes_nothing_else() -> None:
    rng = np.random.default_rng(3)
    samples = rng.uniform(-0.4, 0.4, (2, 50_000)).astype(np.float32)
    samples[:, 20_000:20_050] *= 5
    limiter = Limiter()
    parts = [limiter.process(samples[:, at : at + 4_801]) for at in range(0, 50_000, 4_801)]
    out = np.concatenate([*parts, limiter.flush()], axis=1)
    assert out.shape == samples.shape
    assert np.abs(out).max() <= CEILING + 1e-6
    assert (out[:, :19_000] == samples[:, :19_000]).all()
    assert np.allclose(out[:, 35_000:], samples[:, 35_000:], atol=1e-6)
    gain = out[0] / samples[0]
    assert np.abs(np.diff(gain)).max() < 0.01


def test_mono_keeps_its_loudness_on_both_sides(tmp_path: Path) -> None:
    mono = {media.TONE: media.tone(tmp_path / "mono.wav", 1.0, channels=1)}
    _, heard = mix(tmp_path, composition(1.0, [{"asset": media.TONE}]), mono)
    assert np.allclose(heard[0], heard[1], atol=1e-3)
    assert level(heard, 0.1, 0.9) == pytest.approx(TONE_LEVEL, rel=0.05)


def test_other_rates_are_resampled_in_tune(tmp_path: Path) -> None:
    at = np.arange(44_100) / 44_100
    path = media.write_wav(tmp_path / "cd.wav", np.stack([0.5 * np.sin(at * 2 * np.pi * 1000)] * 2), 44_100)
    _, heard = mix(tmp_path, composition(1.0, [{"asset": media.TONE}]), {media.TONE: path})
    spectrum = np.abs(np.fft.rfft(heard[0]))
    assert int(spectrum.argmax()) == 1000


def with_sound(tmp_path: Path, seconds: int = 2) -> Path:
    """A video whose sound is a 440 Hz tone."""
    from flatrender.engine.assemble import assemble

    paths, _ = media.chunks(tmp_path, [seconds * 30])
    at = np.arange(seconds * media.RATE) / media.RATE
    sound = media.write_aac(tmp_path / "s.m4a", np.stack([0.5 * np.sin(at * 2 * np.pi * 440)] * 2))
    assemble(paths, sound, tmp_path / "video.mp4")
    return tmp_path / "video.mp4"


def video_layer(**more: Any) -> dict[str, Any]:
    return {"type": "video", "asset": media.TONE, **more}


def test_sound_of_video_layers_is_heard_at_their_times(tmp_path: Path) -> None:
    assets = {media.TONE: with_sound(tmp_path)}
    group = {"type": "group", "start": 0.5, "layers": [video_layer(start=0.5, duration=1.0)]}
    _, heard = mix(tmp_path, composition(3.0, layers=[group]), assets)
    assert level(heard, 0.1, 0.9) < 0.01
    assert level(heard, 1.1, 1.9) == pytest.approx(TONE_LEVEL, rel=0.1)
    assert level(heard, 2.1, 3.0) < 0.01


def test_speed_changes_length_but_not_pitch(tmp_path: Path) -> None:
    assets = {media.TONE: with_sound(tmp_path)}
    _, heard = mix(tmp_path, composition(2.0, overlays=[video_layer(speed=2.0)]), assets)
    assert level(heard, 0.2, 0.8) == pytest.approx(TONE_LEVEL, rel=0.2)
    assert level(heard, 1.2, 2.0) < 0.01
    part = heard[0, 9_600:38_400]
    assert abs(int(np.abs(np.fft.rfft(part)).argmax()) * media.RATE / part.size - 440) < 5


def test_silent_video_is_silent_but_a_soundless_track_is_an_error(tmp_path: Path) -> None:
    (path,), _ = media.chunks(tmp_path, [10])
    assert render_audio(composition(1.0, layers=[video_layer()]), {media.TONE: path}, tmp_path / "out.m4a") is None
    with pytest.raises(UnreadableMedia, match="no sound"):
        render_audio(composition(1.0, [{"asset": media.TONE}]), {media.TONE: path}, tmp_path / "out.m4a")


def test_missing_and_broken_files_are_named(tmp_path: Path, tone: Assets) -> None:
    document = composition(1.0, [{"asset": media.TONE}])
    with pytest.raises(UnreadableMedia, match="missing"):
        render_audio(document, {}, tmp_path / "out.m4a")
    tone[media.TONE].write_bytes(b"RIFF nonsense")
    with pytest.raises(UnreadableMedia, match=r"tone\.wav"):
        render_audio(document, tone, tmp_path / "out.m4a")
    assert not (tmp_path / "out.m4a").exists()


def test_levels_follow_the_mix(tmp_path: Path, tone: Assets) -> None:
    report, _ = mix(tmp_path, composition(2.0, [{"asset": media.TONE, "start": 1.0}]), tone)
    assert len(report.levels) == 20
    assert report.levels[:10] == [-120.0] * 10
    assert report.levels[12:18] == pytest.approx([20 * np.log10(TONE_LEVEL)] * 6, abs=0.3)


def test_far_trims_jump_instead_of_decoding_everything(tmp_path: Path) -> None:
    path = media.beeps(tmp_path / "long.wav", 100.0, [90.5])
    source = Source(path, 90.0, 91.0)
    samples = source.read(10 * media.RATE)
    source.close()
    assert samples.shape == (2, media.RATE)
    assert abs(int(np.abs(samples[0]).argmax()) - media.RATE // 2) <= 8


def test_progress_counts_seconds_and_may_stop_the_work(tmp_path: Path, tone: Assets) -> None:
    class Cancelled(BaseException):
        pass

    heard: list[float] = []
    document = composition(3.0, [{"asset": media.TONE, "loop": True}])
    render_audio(document, tone, tmp_path / "out.m4a", heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(3.0)
    assert len(heard) >= 6

    def cancel(seconds: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        render_audio(document, tone, tmp_path / "other.m4a", cancel)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.m4a", "tone.wav"]
