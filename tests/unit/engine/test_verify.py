import time
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.unit.engine import media

from flatrender.engine import render
from flatrender.engine.assemble import assemble
from flatrender.engine.audio import Meter
from flatrender.engine.audio_source import Samples
from flatrender.engine.frames import FrameSource
from flatrender.engine.pictures import Album
from flatrender.engine.reports import AudioReport, Expected
from flatrender.engine.verify import verify


def codes(video: Path, expected: Expected) -> set[str]:
    return {fault.code for fault in verify(video, expected)}


def melody(seconds: float) -> Samples:
    """Half a second of tone, half a second of silence, and so on."""
    at = np.arange(round(seconds * media.RATE)) / media.RATE
    return np.stack([0.5 * np.sin(at * 2 * np.pi * 440) * (at % 1.0 < 0.5)] * 2).astype(np.float32)


def audio_report(samples: Samples, size: int = 1) -> AudioReport:
    meter = Meter()
    meter.add(samples)
    count = samples.shape[1]
    return AudioReport(
        samples=count,
        sample_rate=media.RATE,
        channels=2,
        duration=count / media.RATE,
        peak=meter.peak,
        size_bytes=size,
        levels=meter.levels(),
    )


class Ordered:
    """A finished video of three chunks with sound, the parts it was made of, and what is expected of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths, self.reports = media.chunks(folder, [40, 40, 40])
        self.sound = media.write_aac(folder / "sound.m4a", melody(4))
        self.expected = Expected.of(self.reports, audio_report(melody(4)), 30)
        self.video = self.assembled(self.paths, self.sound)

    def assembled(self, paths: list[Path], sound: Path | None) -> Path:
        out = self.folder / "video.mp4"
        assemble(paths, sound, out)
        return out

    def other_chunk(self, place: int, source: FrameSource) -> Path:
        """The video with another chunk in the place of one."""
        path = self.folder / "other.mp4"
        render.encode_frames(source, media.Settings(), place * 40, 40, path, lambda _: None)
        return self.assembled([*self.paths[:place], path, *self.paths[place + 1 :]], self.sound)


@pytest.fixture
def ordered(tmp_path: Path) -> Ordered:
    return Ordered(tmp_path)


def test_a_good_video_has_no_faults(ordered: Ordered) -> None:
    assert verify(ordered.video, ordered.expected) == []


def test_expectation_survives_json(ordered: Ordered) -> None:
    again = Expected.model_validate_json(ordered.expected.model_dump_json())
    assert again == ordered.expected
    assert verify(ordered.video, again) == []


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])
@pytest.mark.parametrize("color", [(0, 0, 0), (40, 200, 90)])
def test_intended_black_and_still_pictures_pass(tmp_path: Path, color: tuple[int, int, int], preset: str) -> None:
    path = tmp_path / "still.mp4"
    report = render.encode_frames(media.Flat(color), media.Settings(preset=preset), 0, 90, path, lambda _: None)
    assemble([path], None, tmp_path / "video.mp4")
    assert verify(tmp_path / "video.mp4", Expected.of([report], None, 30)) == []


def test_black_chunk_is_found(ordered: Ordered) -> None:
    assert "black_frame" in codes(ordered.other_chunk(1, media.Flat((0, 0, 0))), ordered.expected)


def test_frozen_chunk_is_found(ordered: Ordered) -> None:
    source = media.Panning(hold=lambda index: index != 40)
    assert "frozen_frame" in codes(ordered.other_chunk(1, source), ordered.expected)


def test_video_that_freezes_between_key_frames_is_found(ordered: Ordered) -> None:
    source = media.Panning(hold=lambda index: 45 < index < 79)
    assert codes(ordered.other_chunk(1, source), ordered.expected) & {"wrong_frame", "frozen_frame"}


def test_swapped_chunks_are_found(ordered: Ordered) -> None:
    first, second, third = ordered.paths
    assert "broken_seam" in codes(ordered.assembled([first, third, second], ordered.sound), ordered.expected)


def test_one_foreign_frame_at_a_seam_is_found(ordered: Ordered) -> None:
    class Flash(media.Panning):
        def draw(self, frame_index: int) -> bool:
            changed = super().draw(frame_index)
            if frame_index == 79:
                self.buffer[..., :3] = 255
            return changed

    assert codes(ordered.other_chunk(1, Flash()), ordered.expected) == {"broken_seam"}


def test_a_missing_chunk_is_found(ordered: Ordered) -> None:
    found = codes(ordered.assembled(ordered.paths[:2], ordered.sound), ordered.expected)
    assert {"wrong_frame_count"} <= found


def test_wrong_length_is_found(ordered: Ordered) -> None:
    path = ordered.folder / "long.mp4"
    render.encode_frames(media.Panning(), media.Settings(), 80, 60, path, lambda _: None)
    found = codes(ordered.assembled([*ordered.paths[:2], path], ordered.sound), ordered.expected)
    assert {"wrong_frame_count", "wrong_duration"} <= found


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.95])
def test_truncated_files_are_found(ordered: Ordered, keep: float) -> None:
    data = ordered.video.read_bytes()
    ordered.video.write_bytes(data[: int(len(data) * keep)])
    assert verify(ordered.video, ordered.expected)


def test_damaged_bytes_are_found(ordered: Ordered) -> None:
    data = bytearray(ordered.video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    ordered.video.write_bytes(data)
    assert verify(ordered.video, ordered.expected)


def test_garbage_missing_and_empty_files_are_faults_not_exceptions(ordered: Ordered) -> None:
    assert codes(ordered.folder / "gone.mp4", ordered.expected) == {"unreadable"}
    for content in (b"", b"no video at all" * 100):
        ordered.video.write_bytes(content)
        assert codes(ordered.video, ordered.expected) == {"unreadable"}
    assert codes(ordered.sound, ordered.expected) == {"missing_picture"}


def test_size_rate_and_tags_are_checked(ordered: Ordered) -> None:
    assert "wrong_size" in codes(ordered.video, ordered.expected.model_copy(update={"width": 194}))
    assert "wrong_fps" in codes(ordered.video, ordered.expected.model_copy(update={"fps_numerator": 25}))
    with av.open(str(ordered.folder / "plain.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
        for _ in range(120):
            container.mux(stream.encode(av.VideoFrame(192, 108, "yuv420p")))
        container.mux(stream.encode(None))
    assert "wrong_color_tags" in codes(ordered.folder / "plain.mp4", ordered.expected)


def test_another_codec_is_found(ordered: Ordered) -> None:
    with av.open(str(ordered.folder / "mpeg4.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
        for _ in range(120):
            container.mux(stream.encode(av.VideoFrame(192, 108, "yuv420p")))
        container.mux(stream.encode(None))
    assert "wrong_codec" in codes(ordered.folder / "mpeg4.mp4", ordered.expected)


def test_missing_and_unexpected_sound(ordered: Ordered) -> None:
    silent = ordered.expected.model_copy(update={"audio": None})
    assert codes(ordered.video, silent) == {"unexpected_sound"}
    ordered.assembled(ordered.paths, None)
    assert codes(ordered.video, ordered.expected) == {"missing_sound"}
    assert codes(ordered.video, silent) == set()


def test_sound_that_is_silent_shifted_late_or_short(ordered: Ordered) -> None:
    def with_sound(samples: Samples, offset: int = 0) -> set[str]:
        sound = media.write_aac(ordered.folder / "other.m4a", samples, offset)
        return codes(ordered.assembled(ordered.paths, sound), ordered.expected)

    right = melody(4)
    assert with_sound(right) == set()
    assert with_sound(np.zeros_like(right)) == {"silent"}
    assert with_sound(np.roll(right, media.RATE // 5, axis=1)) == {"wrong_sound"}
    assert with_sound(right[:, :-9_600]) == {"wrong_sound_length"}
    assert "out_of_sync" in with_sound(right[:, 9_600:], 9_600)


def test_pictures_come_from_the_frames_that_are_decoded_anyway(ordered: Ordered) -> None:
    album = Album(poster_at=1.5, count=3, width=96)
    assert verify(ordered.video, ordered.expected, album) == []
    paths = album.write(ordered.folder)
    assert [path.name for path in paths] == ["poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg"]
    with av.open(str(paths[0])) as container:
        poster = next(container.decode(video=0))
    luma = media.pictures(ordered.video)[45][:108].astype(float)
    shown = poster.to_ndarray(format="gray").astype(float)
    assert (poster.width, poster.height) == (192, 108)
    assert np.corrcoef(luma.ravel(), shown.ravel())[0, 1] > 0.99


def test_memory_and_time_do_not_follow_the_length(tmp_path: Path) -> None:
    """A minute of video is checked by a bounded number of decoded frames."""
    (path,), (report,) = media.chunks(tmp_path, [1800], media.Settings(width=64, height=36))
    assemble([path], None, tmp_path / "video.mp4")
    decoded = []

    class Counting(Album):
        def see(self, at: float, frame: VideoFrame) -> None:
            decoded.append(at)

    started = time.perf_counter()
    assert verify(tmp_path / "video.mp4", Expected.of([report], None, 30), Counting(0.0, 1, 64)) == []
    assert time.perf_counter() - started < 2
    assert len(decoded) < 200
