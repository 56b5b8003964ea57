"""Given each way in which a result can be wrong, then `verify` refuses it; in every kind of video that there is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.unit.engine import media
from tests.unit.engine.test_verify import Ordered, codes, melody

from flatrender.composition.outputs import Codec, FormatName
from flatrender.engine.audio_source import Samples
from flatrender.engine.outputs.finish import finish
from flatrender.engine.render import encode_frames
from flatrender.engine.reports import Expected
from flatrender.engine.verify import verify


@pytest.fixture
def ordered(tmp_path: Path) -> Ordered:
    return Ordered(tmp_path)


def clipped(gain: float) -> Samples:
    return np.clip(melody(4) * gain, -0.5, 0.5).astype(np.float32)


@pytest.mark.parametrize("gain", [1.3, 2.0])
def test_clipped_sound_is_found(ordered: Ordered, gain: float) -> None:
    sound = media.write_aac(ordered.folder / "loud.m4a", clipped(gain))
    assert codes(ordered.assembled(ordered.paths, sound), ordered.expected) == {"clipped"}


@pytest.mark.parametrize("gain", [0.8, 1.0])
def test_sound_that_lost_a_little_is_not_clipped(ordered: Ordered, gain: float) -> None:
    sound = media.write_aac(ordered.folder / "quiet.m4a", (melody(4) * gain).astype(np.float32))
    assert verify(ordered.assembled(ordered.paths, sound), ordered.expected) == []


def test_sound_and_picture_that_part_on_the_way_are_found(ordered: Ordered) -> None:
    """It starts right, lasts right, and lags by a third of a second from the middle on."""
    right = melody(4)
    late = np.concatenate([right[:, : 2 * media.RATE], right[:, 2 * media.RATE - 16_000 : -16_000]], axis=1)
    sound = media.write_aac(ordered.folder / "late.m4a", late)
    assert codes(ordered.assembled(ordered.paths, sound), ordered.expected) == {"wrong_sound"}


VIDEOS: list[tuple[FormatName, Codec, str]] = [
    ("mp4", "h264", "ultrafast"),
    ("mp4", "hevc", "ultrafast"),
    ("mp4", "av1", "12"),
    ("webm", "vp9", "8"),
    ("mov", "prores", "4444"),
]
FRAMES = 24


class Wrong:
    """Ways to make another video of 24 frames than was ordered: how it is drawn, or how many frames of it there are."""

    @staticmethod
    def black(_: Path) -> tuple[media.Flat | media.Panning, int]:
        return media.Flat((0, 0, 0)), FRAMES

    @staticmethod
    def frozen(_: Path) -> tuple[media.Flat | media.Panning, int]:
        return media.Panning(hold=lambda index: index > 0), FRAMES

    @staticmethod
    def short(_: Path) -> tuple[media.Flat | media.Panning, int]:
        return media.Panning(), FRAMES - 6

    @staticmethod
    def long(_: Path) -> tuple[media.Flat | media.Panning, int]:
        return media.Panning(), FRAMES + 6


@pytest.mark.parametrize(("form", "codec", "preset"), VIDEOS, ids=[codec for _, codec, _ in VIDEOS])
@pytest.mark.parametrize(
    ("make", "faults"),
    [
        (Wrong.black, {"black_frame"}),
        (Wrong.frozen, {"frozen_frame", "wrong_frame"}),
        (Wrong.short, {"wrong_frame_count"}),
        (Wrong.long, {"wrong_frame_count"}),
    ],
    ids=["black", "frozen", "short", "long"],
)
def test_wrong_videos_of_every_codec_are_found(  # noqa: PLR0917 - a table
    tmp_path: Path,
    form: FormatName,
    codec: Codec,
    preset: str,
    make: Callable[[Path], tuple[media.Flat | media.Panning, int]],
    faults: set[str],
) -> None:
    settings = media.Settings(codec=codec, preset=preset, crf=30)
    right = encode_frames(media.Panning(), settings, 0, FRAMES, tmp_path / "right", lambda _: None, threads=2)
    source, count = make(tmp_path)
    encode_frames(source, settings, 0, count, tmp_path / "wrong", lambda _: None, threads=2)
    finish(form, "draft", [tmp_path / "wrong"], None, tmp_path / "video", counts=[count])
    expected = Expected.of([right], None, settings.fps, form)
    assert codes(tmp_path / "video", expected) & faults


@pytest.mark.parametrize(("form", "codec", "preset"), VIDEOS, ids=[codec for _, codec, _ in VIDEOS])
def test_truncated_videos_of_every_codec_are_found_and_whole_ones_pass(
    tmp_path: Path, form: FormatName, codec: Codec, preset: str
) -> None:
    settings = media.Settings(codec=codec, preset=preset, crf=30)
    right = encode_frames(media.Panning(), settings, 0, FRAMES, tmp_path / "right", lambda _: None, threads=2)
    video = tmp_path / "video"
    finish(form, "draft", [tmp_path / "right"], None, video, counts=[FRAMES])
    expected = Expected.of([right], None, settings.fps, form)
    assert verify(video, expected) == []
    whole = video.read_bytes()
    for keep in (0.1, 0.5, 0.97):
        video.write_bytes(whole[: int(len(whole) * keep)])
        assert verify(video, expected)
