"""Every form of delivery, decoded back: size, pixels, tags, length, alpha; and that a wrong one is found out."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.context import CodecContext
from av.video.format import VideoFormatComponent
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from tests.unit.engine import media

from flatrender.composition.outputs import CHUNK_SUFFIX, FORMATS, Codec, FormatName
from flatrender.composition.profiles import RATE
from flatrender.engine import render
from flatrender.engine.assemble import assemble
from flatrender.engine.faults import AssemblyFailed
from flatrender.engine.frames import FrameSource
from flatrender.engine.outputs.finish import finish
from flatrender.engine.pictures import Album
from flatrender.engine.reports import Expected
from flatrender.engine.verify import verify

WIDE, TALL, FPS = 160, 90, 24
COUNTS = (11, 13)
VIDEOS: list[tuple[FormatName, Codec, bool]] = [
    ("mp4", "h264", False),
    ("mp4", "hevc", False),
    ("mp4", "av1", False),
    ("webm", "vp9", False),
    ("webm", "vp9", True),
    ("webm", "av1", False),
    ("mov", "prores", False),
    ("mov", "prores", True),
]
PICTURES: list[tuple[FormatName, bool]] = [
    (form, alpha) for form in ("gif", "apng", "webp", "png-sequence") for alpha in (False, True)
]


class Moving(media.Panning):
    """Grey squares that move; with alpha, half-transparent red in the left half and nothing in the lowest third."""

    def __init__(self, alpha: bool) -> None:
        super().__init__(WIDE, TALL)
        self._alpha = alpha

    def draw(self, frame_index: int) -> bool:
        super().draw(frame_index)
        if self._alpha:
            self.buffer[:, : WIDE // 2] = (0, 0, 128, 128)  # premultiplied: #ff000080
            self.buffer[TALL * 2 // 3 :] = 0
        return True


@dataclass
class Made:
    path: Path
    chunks: list[Path]
    expected: Expected

    def faults(self, path: Path | None = None) -> set[str]:
        return {fault.code for fault in verify(path or self.path, self.expected)}


def settings(codec: Codec, alpha: bool) -> media.Settings:
    crf, preset = RATE[codec]["draft"]
    return media.Settings(WIDE, TALL, FPS, crf, preset, codec, alpha)


def drawn(folder: Path, codec: Codec, alpha: bool, sources: tuple[FrameSource, ...] | None = None) -> list[Path]:
    paths, at = [], 0
    for place, count in enumerate(COUNTS):
        path = folder / f"chunk-{place}.{CHUNK_SUFFIX[codec]}"
        source = sources[place] if sources else Moving(alpha)
        render.encode_frames(source, settings(codec, alpha), at, count, path, lambda _: None, threads=1)
        paths.append(path)
        at += count
    return paths


def made(folder: Path, form: FormatName, codec: Codec, alpha: bool) -> Made:
    reports, paths, at = [], [], 0
    for place, count in enumerate(COUNTS):
        path = folder / f"chunk-{place}.{CHUNK_SUFFIX[codec]}"
        reports.append(
            render.encode_frames(Moving(alpha), settings(codec, alpha), at, count, path, lambda _: None, threads=1)
        )
        paths.append(path)
        at += count
    out = folder / FORMATS[form].file_name
    finish(form, "standard", paths, None, out, counts=COUNTS)
    return Made(out, paths, Expected.of(reports, None, FPS, form))


def decoded(path: Path, alpha: bool = False) -> Iterator[VideoFrame]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if not (alpha and stream.codec_context.name == "vp9"):
            yield from container.decode(stream)
            return
        decoder = CodecContext.create("libvpx-vp9", "r")  # FFmpeg's own sees no alpha
        for packet in container.demux(stream):
            yield from decoder.decode(packet if packet.pts is not None else None)


def planes(frame: VideoFrame) -> list[bytes]:
    """Without what lies between the end of a row and the beginning of the next."""
    wide = [plane.width * (2 if component.bits > 8 else 1) for plane, component in zip_components(frame)]
    rows = [np.frombuffer(plane, np.uint8).reshape(plane.height, -1) for plane in frame.planes]
    return [part[:, :width].tobytes() for part, width in zip(rows, wide, strict=True)]


def zip_components(frame: VideoFrame) -> Iterator[tuple[VideoPlane, VideoFormatComponent]]:
    return zip(frame.planes, frame.format.components, strict=True)


def rgba(frame: VideoFrame, bt709: bool = True) -> np.ndarray:
    yuv = bt709 and frame.format.name.startswith("yuv")
    return frame.reformat(
        format="rgba", src_colorspace="ITU709" if yuv else None, src_color_range="MPEG" if yuv else None
    ).to_ndarray()


@pytest.mark.parametrize(("form", "codec", "alpha"), VIDEOS)
def test_a_video_is_what_was_ordered(tmp_path: Path, form: FormatName, codec: Codec, alpha: bool) -> None:
    video = made(tmp_path, form, codec, alpha)
    album = Album(0.5, 2, 80)
    assert verify(video.path, video.expected, album) == []
    assert [path.name for path in album.write(tmp_path)] == ["poster.jpg", "thumb-1.jpg", "thumb-2.jpg"]
    with av.open(str(video.path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.codec.canonical_name, context.width, context.height) == (codec, WIDE, TALL)
        assert stream.average_rate == FPS
        assert (container.duration or 0) / av.time_base == pytest.approx(1.0, abs=0.002)
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        assert context.codec_tag in {"avc1", "hvc1", "av01", "ap4h", "\0\0\0\0"}
    frames = list(decoded(video.path, alpha))
    assert len(frames) == sum(COUNTS)
    assert ("a" in frames[0].format.name.removeprefix("yuv")[:1]) is alpha


@pytest.mark.parametrize(("form", "codec", "alpha"), VIDEOS)
def test_stitching_changes_no_frame(tmp_path: Path, form: FormatName, codec: Codec, alpha: bool) -> None:
    video = made(tmp_path, form, codec, alpha)
    apart = [frame for chunk in video.chunks for frame in decoded(chunk, alpha)]
    whole = list(decoded(video.path, alpha))
    assert len(apart) == len(whole)
    for one, other in zip(apart, whole, strict=True):
        assert planes(one) == planes(other)


@pytest.mark.parametrize(("form", "alpha"), PICTURES)
def test_pictures_that_move_are_what_was_ordered(tmp_path: Path, form: FormatName, alpha: bool) -> None:
    picture = made(tmp_path, form, "png", alpha)
    album = Album(0.5, 2, 80)
    assert verify(picture.path, picture.expected, album) == []
    assert len(album.write(tmp_path)) == 3
    if form == "png-sequence":
        with zipfile.ZipFile(picture.path) as archive:
            assert archive.namelist() == [f"frame-{number:05d}.png" for number in range(1, sum(COUNTS) + 1)]
            assert all(archive.read(name).startswith(b"\x89PNG") for name in archive.namelist())
        return
    frames = list(decoded(picture.path))
    assert len(frames) == sum(COUNTS)
    assert float(frames[-1].time or 0) == pytest.approx(23 / 24, abs=0.011)


@pytest.mark.parametrize(
    ("form", "codec", "off"), [("mov", "prores", 3), ("webm", "vp9", 16), ("apng", "png", 0), ("webp", "png", 4)]
)
def test_alpha_is_straight(tmp_path: Path, form: FormatName, codec: Codec, off: int) -> None:
    path = made(tmp_path, form, codec, True).path
    pixels = rgba(next(decoded(path, alpha=True)), bt709=form != "webp").astype(int)
    assert np.abs(pixels[30, 40] - [255, 0, 0, 128]).max() <= off
    assert pixels[80, 40, 3] <= 1
    assert pixels[30, 120, 3] >= 254


def test_a_gif_shows_what_is_more_than_half_there(tmp_path: Path) -> None:
    pixels = rgba(next(decoded(made(tmp_path, "gif", "png", True).path)))
    assert pixels[30, 40].tolist() == [255, 0, 0, 255]
    assert pixels[80, 40, 3] == 0


@pytest.mark.parametrize(("form", "alpha"), [("png", False), ("png", True), ("jpeg", False)])
def test_stills(tmp_path: Path, form: FormatName, alpha: bool) -> None:
    chunk, out = tmp_path / "chunk.mov", tmp_path / FORMATS[form].file_name
    report = render.encode_frames(Moving(alpha), settings("png", alpha), 7, 1, chunk, lambda _: None)
    finish(form, "high", [chunk], None, out)
    expected = Expected.of([report], None, FPS, form, first_frame=7)
    assert verify(out, expected) == []
    pixels = rgba(next(decoded(out))).astype(int)
    if alpha:
        assert pixels[30, 40].tolist() == [255, 0, 0, 128]
    other = render.encode_frames(media.Flat((9, 9, 9), WIDE, TALL), settings("png", False), 7, 1, chunk, lambda _: None)
    assert verify(out, Expected.of([other], None, FPS, form, first_frame=7))


@pytest.mark.parametrize("form", ["gif", "apng", "webp", "png-sequence"])
def test_wrong_pictures_are_found(tmp_path: Path, form: FormatName) -> None:
    good = made(tmp_path, form, "png", False)
    other = tmp_path / f"other-{FORMATS[form].file_name}"
    finish(form, "standard", good.chunks[:1], None, other)
    assert good.faults(other)
    black = drawn(tmp_path, "png", False, (Moving(False), media.Flat((0, 0, 0), WIDE, TALL)))
    finish(form, "standard", black, None, other)
    assert "black_frame" in good.faults(other)
    seen = drawn(tmp_path, "png", True)
    finish(form, "standard", seen, None, other)
    assert good.faults(other)
    data = good.path.read_bytes()
    other.write_bytes(data[: len(data) // 2])
    assert good.faults(other)
    other.write_bytes(made(tmp_path, "gif" if form != "gif" else "apng", "png", False).path.read_bytes())
    assert good.faults(other)


@pytest.mark.parametrize(("form", "codec", "alpha"), VIDEOS)
def test_wrong_videos_are_found(tmp_path: Path, form: FormatName, codec: Codec, alpha: bool) -> None:
    video = made(tmp_path, form, codec, alpha)
    container = FORMATS[form].suffix
    sources = (Moving(alpha), media.Flat((0, 0, 0), WIDE, TALL))
    other = tmp_path / f"other.{container}"
    assemble(drawn(tmp_path, codec, alpha, sources), None, other, container)
    assert video.faults(other) & {"black_frame", "wrong_frame", "wrong_alpha"}
    assemble(video.chunks[:1], None, other, container)
    assert "wrong_frame_count" in video.faults(other)
    data = video.path.read_bytes()
    other.write_bytes(data[: len(data) * 2 // 3])
    assert video.faults(other)
    if alpha:
        assemble(drawn(tmp_path, codec, False), None, other, container)
        assert video.faults(other) & {"wrong_alpha", "wrong_codec"}


def test_a_chunk_with_too_few_frames_is_refused(tmp_path: Path) -> None:
    video = made(tmp_path, "webm", "vp9", False)
    with pytest.raises(AssemblyFailed, match="cut off"):
        finish("webm", "standard", video.chunks, None, tmp_path / "other.webm", counts=(12, 13))
    assert not (tmp_path / "other.webm").exists()


def test_work_that_is_not_wanted_any_more_leaves_no_file(tmp_path: Path) -> None:
    class Unwanted(Exception):
        pass

    def stop() -> None:
        raise Unwanted

    chunks = drawn(tmp_path, "png", False)
    for form in ("gif", "apng", "webp", "png-sequence"):
        with pytest.raises(Unwanted):
            finish(form, "standard", chunks, None, tmp_path / "out", on_frame=stop)
    assert {path.name for path in tmp_path.iterdir()} == {"chunk-0.mov", "chunk-1.mov"}


def test_a_hover_sprite_shows_each_second_in_its_tile(tmp_path: Path) -> None:
    class Brighter(media.Panning):
        def draw(self, frame_index: int) -> bool:
            self.buffer[..., :3] = 40 + 60 * (frame_index // FPS)
            return True

    chunk, frames = tmp_path / "chunk.mp4", 3 * FPS
    report = render.encode_frames(Brighter(WIDE, TALL), settings("h264", False), 0, frames, chunk, lambda _: None)
    finish("mp4", "draft", [chunk], None, tmp_path / "video.mp4")
    album = Album(0.0, 1, 80, sprite=True)
    assert verify(tmp_path / "video.mp4", Expected.of([report], None, FPS), album) == []
    assert [path.name for path in album.write(tmp_path)] == ["poster.jpg", "thumb-1.jpg", "sprite.jpg"]
    assert album.sheet is not None
    assert album.sheet.model_dump() == {"columns": 3, "count": 3, "width": WIDE, "height": TALL, "interval": 1.0}
    sheet = rgba(next(decoded(tmp_path / "sprite.jpg")), bt709=False)
    assert sheet.shape[:2] == (TALL, 3 * WIDE)
    shown = [int(sheet[45, place * WIDE + 80, 0]) for place in range(3)]
    assert np.abs(np.array(shown) - [40, 100, 160]).max() <= 6
