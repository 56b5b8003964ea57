from pathlib import Path

import numpy as np
import pytest
import skia
from tests.unit.engine import media

from flatrender.engine import pictures, render
from flatrender.engine.assemble import assemble
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.frames import Image


class Clock(media.Flat):
    """Grey, brighter with each frame."""

    def __init__(self) -> None:
        super().__init__((0, 0, 0))

    def draw(self, frame_index: int) -> bool:
        self.buffer[..., :3] = level(frame_index)
        return True


def level(frame_index: int) -> int:
    return 20 + frame_index * 2


def seen(path: Path) -> Image:
    """Height x width x RGBA, as a browser would show it."""
    return skia.Image.open(str(path)).toarray(colorType=skia.kRGBA_8888_ColorType)  # type: ignore[no-any-return]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "chunk.mp4"
    render.encode_frames(Clock(), media.Settings(preset="veryfast"), 0, 90, path, lambda _: None)
    assemble([path], None, tmp_path / "video.mp4")
    return tmp_path / "video.mp4"


@pytest.mark.parametrize(("at", "frame"), [(0.0, 0), (1.0, 30), (1.51, 45), (2.97, 89), (60.0, 89)])
def test_poster_is_the_frame_shown_at_its_time(tmp_path: Path, video: Path, at: float, frame: int) -> None:
    pictures.poster(video, at, tmp_path / "poster.jpg")
    image = seen(tmp_path / "poster.jpg")
    assert image.shape == (108, 192, 4)
    assert abs(float(image[..., 0].mean()) - level(frame)) < 1.5


def test_poster_keeps_colors(tmp_path: Path) -> None:
    """From BT.709 limited range to the sRGB of a JPEG."""
    red, green, blue = 220, 40, 90
    source = media.Flat((blue, green, red))
    render.encode_frames(source, media.Settings(crf=5), 0, 3, tmp_path / "c.mp4", lambda _: None)
    pictures.poster(tmp_path / "c.mp4", 0.0, tmp_path / "poster.jpg")
    found = seen(tmp_path / "poster.jpg")[..., :3].mean(axis=(0, 1))
    assert np.abs(found - (red, green, blue)).max() < 3


def test_poster_is_scaled_to_its_width_but_never_up(tmp_path: Path, video: Path) -> None:
    pictures.poster(video, 0.0, tmp_path / "small.jpg", width=96)
    assert seen(tmp_path / "small.jpg").shape == (54, 96, 4)
    pictures.poster(video, 0.0, tmp_path / "large.jpg", width=9_600)
    assert seen(tmp_path / "large.jpg").shape == (108, 192, 4)


def test_thumbnails_are_spread_and_in_order(tmp_path: Path, video: Path) -> None:
    paths = pictures.thumbnails(video, 3, 64, tmp_path)
    assert [path.name for path in paths] == ["thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg"]
    images = [seen(path) for path in paths]
    assert {image.shape for image in images} == {(36, 64, 4)}
    brightness = [float(image[..., 0].mean()) for image in images]
    assert brightness == sorted(brightness)
    assert brightness[-1] > brightness[0] + 20


def test_a_file_without_picture_is_an_error(tmp_path: Path) -> None:
    sound = media.tone(tmp_path / "tone.wav")
    with pytest.raises(UnreadableMedia):
        pictures.poster(sound, 0.0, tmp_path / "poster.jpg")
    with pytest.raises(UnreadableMedia):
        pictures.thumbnails(sound, 2, 64, tmp_path)
