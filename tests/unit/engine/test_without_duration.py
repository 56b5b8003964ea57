"""Given a WebM as browsers record it, without a duration in its header, when it is played, then all of it is."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from tests.unit.engine import media
from tests.unit.engine_draw import scenes

from flatrender.composition.schemas import Composition
from flatrender.engine import media_length
from flatrender.engine.audio_mix import Mix
from flatrender.engine.audio_source import Samples, picture_duration, sound_duration
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.layers_video import VideoReader, VideoUnreadable
from flatrender.engine.probe import probe

FPS = 20


def recorded(path: Path, seconds: float, *, picture: bool = True, live: bool = True) -> Path:
    """A picture that grows lighter by five levels a frame, and a tone that rises and so never repeats."""
    at = np.arange(round(seconds * media.RATE)) / media.RATE
    rising = np.stack([0.3 * np.sin(2 * np.pi * 440 * (1 + at / 5) * at)] * 2).astype(np.float32)
    with av.open(str(path), "w", format="webm", options={"live": "1"} if live else {}) as container:
        film = container.add_stream("libvpx", rate=FPS, options={"deadline": "realtime"}) if picture else None
        sound = container.add_stream("libopus", rate=media.RATE, layout="stereo")
        if film is not None:
            film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        for number in range(round(seconds * FPS)):
            if film is not None:
                level = np.full((48, 64, 3), 5 * number, np.uint8)
                shown = av.VideoFrame.from_ndarray(level, "rgb24")
                shown.pts, shown.time_base = number, Fraction(1, FPS)
                container.mux(film.encode(shown))
            step = media.RATE // FPS
            piece = np.ascontiguousarray(rising[:, number * step : (number + 1) * step])
            heard = AudioFrame.from_ndarray(piece, "fltp", "stereo")
            heard.sample_rate, heard.pts = media.RATE, number * step
            container.mux(sound.encode(heard))
        if film is not None:
            container.mux(film.encode(None))
        container.mux(sound.encode(None))
    with av.open(str(path)) as container:
        assert (container.duration is None) == live
        assert live is False or all(stream.duration is None for stream in container.streams)
    return path


def document(*layers: Any, **fields: Any) -> Composition:
    canvas = {"width": 64, "height": 48, "fps": FPS}
    return Composition.model_validate({"canvas": canvas, "scenes": [{"duration": 4, "layers": list(layers)}], **fields})


def mixed(made: Composition, path: Path) -> Samples:
    return np.concatenate(list(Mix(made, {scenes.VIDEO: path})), axis=1)


def loud(samples: Samples) -> list[bool]:
    """For each twentieth of a second, whether there is sound."""
    parts = samples[0, : samples.shape[1] // 2_400 * 2_400].reshape(-1, 2_400)
    return [bool(level > 0.05) for level in np.abs(parts).max(axis=1)]


def levels(made: Composition, path: Path) -> list[int]:
    drawn = scenes.source(made, {scenes.VIDEO: path})
    seen = []
    for index in range(drawn.frame_count):
        drawn.draw(index)
        seen.append(int(drawn.buffer[24, 32, 0]))
    return seen


def test_it_is_as_long_as_it_was_examined_to_be(tmp_path: Path) -> None:
    path = recorded(tmp_path / "live.webm", 2.0)
    lasts = probe(path, "video/webm").duration
    assert lasts == pytest.approx(2.0, abs=0.02)
    assert sound_duration(path) == picture_duration(path) == lasts
    assert VideoReader(path, lambda *size: size).duration == lasts


def test_its_picture_moves_and_its_sound_is_heard(tmp_path: Path) -> None:
    path = recorded(tmp_path / "live.webm", 2.0)
    made = document({"type": "video", "asset": scenes.VIDEO})
    assert levels(made, path) == pytest.approx([5 * min(39, number) for number in range(80)], abs=3)
    assert loud(mixed(made, path)) == [True] * 40 + [False] * 40


def test_looped_it_begins_again_at_its_end(tmp_path: Path) -> None:
    path = recorded(tmp_path / "live.webm", 2.0)
    made = document({"type": "video", "asset": scenes.VIDEO, "loop": True})
    lasts = picture_duration(path) or 0.0
    # Its last packet of sound ends a little after its last frame, which stays until then.
    expected = [5 * min(39, int(number / FPS % lasts * FPS + 1e-3)) for number in range(80)]
    assert levels(made, path) == pytest.approx(expected, abs=3)
    samples = mixed(made, path)
    assert loud(samples) == [True] * 80
    period = round(lasts * media.RATE)
    assert np.allclose(samples[0, 4_800:86_400], samples[0, period + 4_800 : period + 86_400], atol=1e-3)
    assert not np.allclose(samples[0, 9_600:14_400], samples[0, 12_000:16_800], atol=0.05)


@pytest.mark.parametrize("loop", [False, True])
def test_it_is_heard_as_a_track(tmp_path: Path, loop: bool) -> None:
    path = recorded(tmp_path / "voice.webm", 2.0, picture=False)
    assert picture_duration(path) is None
    assert sound_duration(path) == probe(path, "audio/webm").duration == pytest.approx(2.0, abs=0.02)
    made = document(audio=[{"asset": scenes.VIDEO, "loop": loop}])
    assert loud(mixed(made, path)) == [True] * 40 + [loop] * 40


def test_it_is_measured_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    ordinary = media_length.read_through

    def counted(container: Any) -> Any:
        read.append(container.name)
        return ordinary(container)

    monkeypatch.setattr(media_length, "read_through", counted)
    path = recorded(tmp_path / "live.webm", 1.0)
    for _ in range(3):
        assert picture_duration(path) == sound_duration(path) == pytest.approx(1.0, abs=0.02)
    assert read == [str(path)]
    recorded(path, 1.5)
    assert picture_duration(path) == sound_duration(path) == pytest.approx(1.5, abs=0.02)
    assert read == [str(path)] * 2
    # What says how long it is is believed, and not read through.
    assert sound_duration(recorded(tmp_path / "plain.webm", 1.0, live=False)) == pytest.approx(1.0, abs=0.02)
    assert len(read) == 2


def test_what_is_gone_when_it_is_measured_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recorded(tmp_path / "live.webm", 0.5)

    def lost(path: str, size: int, changed: int) -> float:
        raise FileNotFoundError(path)

    monkeypatch.setattr(media_length, "_measured", lost)
    for measure in (sound_duration, picture_duration):
        with pytest.raises(UnreadableMedia, match=r"live\.webm"):
            measure(path)
    with pytest.raises(VideoUnreadable, match=r"live\.webm"):
        VideoReader(path, lambda *size: size)
