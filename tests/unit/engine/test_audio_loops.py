"""Given sound that is looped, when it is mixed, then it begins again with its picture, and takes little work."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine import media

from flatrender.composition.schemas import Composition
from flatrender.engine import audio_source
from flatrender.engine.assemble import assemble
from flatrender.engine.audio_mix import Mix
from flatrender.engine.audio_source import Samples, Source, picture_duration
from flatrender.engine.layers_video import VideoReader


def video(folder: Path, sound: Samples) -> Path:
    """Two seconds of picture, whatever the sound."""
    paths, _ = media.chunks(folder, [60])
    assemble(paths, media.write_aac(folder / "sound.m4a", sound), folder / "video.mp4")
    return folder / "video.mp4"


def clicks(seconds: float, *times: float) -> Samples:
    samples = np.zeros((2, round(seconds * media.RATE)), np.float32)
    for time in times:
        at = round(time * media.RATE)
        samples[:, at : at + 480] = 0.8 * np.sin(np.arange(480) * 2 * np.pi * 1000 / media.RATE)
    return samples


def onsets(samples: Samples) -> list[float]:
    """When something is heard after a tenth of a second of nothing."""
    loud = np.flatnonzero(np.abs(samples[0]) > 0.1)
    starts = np.concatenate([[True], np.diff(loud) > media.RATE // 10])
    return [float(at) / media.RATE for at in loud[starts]]


def heard(path: Path, seconds: float, **layer: Any) -> Samples:
    film = {"type": "video", "asset": media.TONE, "loop": True, **layer}
    document = {
        "canvas": {"width": 64, "height": 64, "fps": 20},
        "scenes": [{"duration": seconds, "layers": [film]}],
    }
    return np.concatenate(list(Mix(Composition.model_validate(document), {media.TONE: path})), axis=1)


@pytest.mark.parametrize("seconds", [1.5, 1.9, 2.0, 2.1])
@pytest.mark.parametrize(
    ("layer", "first", "period"),
    [
        ({}, 0.4, 2.0),
        ({"trim_start": 0.3}, 0.1, 1.7),
        ({"trim_start": 0.35, "trim_end": 1.0}, 0.05, 0.65),
        ({"speed": 1.5}, 0.4 / 1.5, 2.0 / 1.5),
        ({"speed": 0.75, "trim_start": 0.3}, 0.1 / 0.75, 1.7 / 0.75),
        ({"speed": 3.0}, 0.4 / 3, 2.0 / 3),
    ],
)
def test_the_sound_of_a_looped_video_begins_again_with_its_picture(
    tmp_path: Path, seconds: float, layer: Any, first: float, period: float
) -> None:
    path = video(tmp_path, clicks(seconds, 0.4))
    assert picture_duration(path) == VideoReader(path, lambda *size: size).duration == 2.0
    found = onsets(heard(path, 20.0, **layer))
    # A change of tempo moves what it plays a little, and never further.
    off = 0.04 if "speed" in layer else 0.002
    assert found == pytest.approx(list(np.arange(first, 20.0, period)), abs=off)


@pytest.mark.parametrize(
    ("layer", "first", "period"),
    [
        ({"trim_start": 2.5}, 0.2, 0.5),
        ({"trim_start": 1.99}, 0.71, 1.01),
        ({"trim_start": 2.5, "trim_end": 2.9}, 0.2, 0.4),
        ({"trim_start": 1.8, "speed": 8.0}, 0.9 / 8, 1.2 / 8),
    ],
)
def test_a_looped_video_that_begins_at_the_end_of_its_picture_repeats_by_its_sound(
    tmp_path: Path, layer: Any, first: float, period: float
) -> None:
    path = video(tmp_path, clicks(3.0, 2.7))
    assert picture_duration(path) == 2.0
    found = onsets(heard(path, 4.0, **layer))
    off = 0.06 if "speed" in layer else 0.03  # sound is encoded in packets, so it ends a little later
    expected = list(np.arange(first, 4.0, period))
    assert abs(len(found) - len(expected)) <= 1
    assert found[0] == pytest.approx(first, abs=off)
    assert np.diff(found) == pytest.approx([period] * (len(found) - 1), abs=off)


def test_a_loop_has_no_holes_at_another_speed(tmp_path: Path) -> None:
    at = np.arange(2 * media.RATE) / media.RATE
    path = video(tmp_path, np.stack([0.5 * np.sin(at * 2 * np.pi * 440)] * 2).astype(np.float32))
    samples = heard(path, 6.0, speed=1.5)[0, 4_800:-4_800]
    levels = np.sqrt(np.square(samples[: samples.size // 240 * 240]).reshape(-1, 240).mean(axis=1))
    assert levels.min() > 0.5 * levels.max()


@pytest.mark.parametrize("speed", [0.5, 1.5, 4.0])
def test_another_speed_makes_sound_exactly_as_long(tmp_path: Path, speed: float) -> None:
    source = Source(media.tone(tmp_path / "tone.wav", 2.0), 0.0, None, speed)
    assert source.read(10 * media.RATE).shape[1] == round(2 * media.RATE / speed)
    source.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were opened, one after the other."""
    names: list[str] = []
    ordinary = audio_source.av.open

    def counting(path: str, *more: Any, **options: Any) -> Any:
        names.append(path)
        return ordinary(path, *more, **options)

    monkeypatch.setattr(audio_source.av, "open", counting)
    return names


@pytest.mark.parametrize("period", [None, 0.05], ids=["of its own", "of the picture"])
def test_a_sliver_is_decoded_once_however_often_it_is_heard(
    tmp_path: Path, opened: list[str], period: float | None
) -> None:
    source = Source(media.tone(tmp_path / "tone.wav"), 0.5, 0.5005, loop=True, period=period)
    samples = source.read(60 * media.RATE)
    source.close()
    assert len(opened) == 1
    # Half a millisecond, then again, or silence until the picture begins again.
    length = 24 if period is None else 2_400
    assert np.array_equal(samples, np.tile(samples[:, :length], samples.shape[1] // length))
    assert np.count_nonzero(samples[0, :length]) == 24 - (samples[0, 0] == 0)


@pytest.mark.parametrize("period", [None, 0.7003, 1.3])
@pytest.mark.parametrize("speed", [1.0, 1.7])
def test_what_is_repeated_from_memory_is_what_would_be_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[str], period: float | None, speed: float
) -> None:
    path = media.tone(tmp_path / "tone.wav")

    def read() -> Samples:
        source = Source(path, 0.1, 1.0, speed, loop=True, period=period)
        samples = np.concatenate([source.read(count) for count in (100, 5_000, 200_000)], axis=1)
        source.close()
        return samples

    kept = read()
    assert len(opened) == 1
    for name in ("KEPT", "KEPT_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(audio_source, name, 0)
            opened.clear()
            assert np.array_equal(read(), kept)
            assert len(opened) > 3


def test_loops_that_are_over_leave_the_memory_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    path = media.tone(tmp_path / "tone.wav")
    monkeypatch.setattr(audio_source, "KEPT_BYTES", 10 * media.RATE)  # a second of sound, not two
    for _ in range(3):
        opened.clear()
        first, second = (Source(path, 0.0, None, loop=True) for _ in range(2))
        for source in (first, second):
            source.read(5 * media.RATE)
        assert len(opened) == 1 + 5
        first.close()
        second.close()
