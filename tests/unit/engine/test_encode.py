import time
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.unit.engine import media

from flatrender.engine import encode, render
from flatrender.engine.faults import EncodeFailed
from flatrender.engine.frames import luma_grid, luma_plane


def test_colors_are_bt709_limited_range_and_tagged_so(tmp_path: Path) -> None:
    out = tmp_path / "red.mp4"
    render.encode_frames(media.Flat((0, 0, 255)), media.Settings(crf=1), 0, 3, out, lambda _: None)
    with av.open(str(out)) as container:
        context = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
    planes = frame.to_ndarray()
    luma, chroma = planes[:108], planes[108:].reshape(2, -1)
    # ITU-R BT.709: Y = 16 + 219·0.2126, Cb = 128 - 224·0.1146, Cr = 240
    assert abs(int(luma.mean()) - 63) <= 1
    assert abs(int(chroma[0].mean()) - 102) <= 1
    assert abs(int(chroma[1].mean()) - 240) <= 1


def test_report_says_what_was_drawn(tmp_path: Path) -> None:
    out = tmp_path / "chunk.mp4"
    source = media.Panning(hold=lambda index: 15 <= index < 20)
    report = render.encode_frames(source, media.Settings(), 10, 12, out, lambda _: None)
    assert (report.first_frame, report.frames, report.duration) == (10, 12, pytest.approx(0.4))
    assert report.size_bytes == out.stat().st_size
    assert report.statistics.changed == "111110000011"
    table = report.statistics.table()
    assert table.shape == (12, 16)
    assert (table[5:10] == table[4]).all()
    assert (table[10] != table[4]).any()
    with av.open(str(out)) as container:
        for expected, frame in zip(table, container.decode(video=0), strict=True):
            found = luma_grid(luma_plane(frame))
            assert np.abs(found.astype(int) - expected).max() <= 3


def test_unchanged_frames_are_not_converted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted = []
    convert = encode.Converter.convert
    monkeypatch.setattr(encode.Converter, "convert", lambda self, buffer: converted.append(1) or convert(self, buffer))
    source = media.Panning(hold=lambda index: index % 3 != 0)
    render.encode_frames(source, media.Settings(), 0, 30, tmp_path / "chunk.mp4", lambda _: None)
    assert len(converted) == 10
    assert len(media.pictures(tmp_path / "chunk.mp4")) == 30


def test_groups_are_closed_and_at_most_two_seconds(tmp_path: Path) -> None:
    (path,), _ = media.chunks(tmp_path, [150], media.Settings(preset="veryfast"))
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
    keys = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(np.diff([*keys, len(packets)])) <= 60
    for start, end in zip(keys, [*keys[1:], len(packets)], strict=True):
        assert min(packet.pts for packet in packets[start:end]) == packets[start].pts


def test_progress_is_monotonic_and_ends_at_the_last_frame(tmp_path: Path) -> None:
    class Slow(media.Panning):
        def draw(self, frame_index: int) -> bool:
            time.sleep(0.02)
            return super().draw(frame_index)

    seen: list[tuple[float, int]] = []
    started = time.monotonic()
    render.encode_frames(
        Slow(), media.Settings(), 0, 40, tmp_path / "c.mp4", lambda done: seen.append((time.monotonic(), done))
    )
    done = [count for _, count in seen]
    assert done == sorted(done)
    assert done[-1] == 40
    rate = len(seen) / (seen[-1][0] - started)
    assert 3 <= rate <= 10


class Cancelled(BaseException):
    pass


@pytest.mark.parametrize("after", [0, 5])
def test_what_progress_raises_stops_the_work_and_leaves_nothing(tmp_path: Path, after: int) -> None:
    drawn = []

    class Endless(media.Panning):
        def draw(self, frame_index: int) -> bool:
            drawn.append(frame_index)
            time.sleep(0.01)
            return super().draw(frame_index)

    def cancel(done: int) -> None:
        if done >= after:
            raise Cancelled

    started = time.monotonic()
    with pytest.raises(Cancelled):
        render.encode_frames(Endless(), media.Settings(), 0, 100_000, tmp_path / "c.mp4", cancel)
    assert time.monotonic() - started < 2
    assert len(drawn) < 200
    assert list(tmp_path.iterdir()) == []


def test_a_failing_source_leaves_nothing(tmp_path: Path) -> None:
    class Broken(media.Panning):
        def draw(self, frame_index: int) -> bool:
            if frame_index == 7:
                raise ZeroDivisionError
            return super().draw(frame_index)

    with pytest.raises(ZeroDivisionError):
        render.encode_frames(Broken(), media.Settings(), 0, 20, tmp_path / "c.mp4", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_encoder_is_reported_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: encode.VideoWriter, frame: VideoFrame, number: int) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(encode.VideoWriter, "write", broken)
    with pytest.raises(EncodeFailed, match="no room"):
        render.encode_frames(media.Panning(), media.Settings(), 0, 100, tmp_path / "c.mp4", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_an_older_result_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "c.mp4"
    out.write_bytes(b"older")

    def cancel(_: int) -> None:
        assert out.read_bytes() == b"older"
        raise Cancelled

    with pytest.raises(Cancelled):
        render.encode_frames(media.Panning(), media.Settings(), 0, 5, out, cancel)
    assert out.read_bytes() == b"older"


def test_encode_only_encodes_what_it_is_given(tmp_path: Path) -> None:
    converter = encode.Converter()
    source = media.Panning()
    frames = []
    for index in range(10):
        source.draw(index)
        frames.append(converter.convert(source.buffer))
    report = encode.encode_only(iter(frames), media.Settings(), tmp_path / "limit.mp4", threads=1)
    assert report.frames == len(media.pictures(tmp_path / "limit.mp4")) == 10
    assert report.fps > 0


def test_threads_come_from_the_argument_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODER_THREADS", "3")
    assert encode.encoder_threads(1) == 1
    assert encode.encoder_threads() == 3
    monkeypatch.delenv("ENCODER_THREADS")
    assert encode.encoder_threads() >= 1


def test_odd_colors_of_the_last_pixels_do_not_leak_between_frames(tmp_path: Path) -> None:
    """The buffer is drawn over as soon as a frame is converted: each encoded frame must be its own."""
    paths, _ = media.chunks(tmp_path, [20], media.Settings(crf=1))
    source = media.Panning()
    for index, planes in enumerate(media.pictures(paths[0])):
        source.draw(index)
        expected = 16 + source.buffer[..., 0] * 219.0 / 255
        assert np.abs(planes[:108] - expected).mean() < 2
