"""Colours as the encoder gets them: the compiled code and numpy's give the same bytes, and the right ones."""

import logging
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from hypothesis import given
from hypothesis import strategies as st
from layers import native

from flatrender.engine.frames import Image, luma_plane
from flatrender.engine.outputs import bt709
from flatrender.engine.outputs.pixels import Converter

ROOT = Path(__file__).parents[3]
FORMATS = st.sampled_from(bt709.FORMATS)


@pytest.fixture(scope="module")
def compiled() -> bt709.Fill:
    return bt709.native(ROOT / ".build/lib" / bt709.LIBRARY)


@pytest.fixture(scope="module")
def without_sse2(tmp_path_factory: pytest.TempPathFactory) -> bt709.Fill:
    """The same source as processors other than Intel's and AMD's get it."""
    folder = tmp_path_factory.mktemp("native")
    native.compile_for(native.host(), folder, "-U__SSE2__")
    return bt709.native(folder / bt709.LIBRARY)


def noise(height: int, width: int, seed: int = 0, extremes: bool = False) -> Image:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 4), np.uint8)
    return np.where(pixels > 127, 255, 0).astype(np.uint8) if extremes else pixels


def cut(height: int, width: int, behind: int, seed: int, extremes: bool) -> Image:
    """With so many pixels of another picture behind each row."""
    return noise(height, width + behind, seed, extremes)[:, :width]


SIDES = st.integers(1, 70)
BUFFERS = st.builds(cut, SIDES, SIDES, st.integers(0, 9), st.integers(0, 2**32), st.booleans())


def converted(fill: bt709.Fill, buffer: Image, form: str = "yuv420p") -> VideoFrame:
    """A frame whose memory held something else before."""
    frame = VideoFrame(buffer.shape[1], buffer.shape[0], form)
    for plane in frame.planes:
        np.frombuffer(plane, np.uint8).fill(0xA5)
    fill(buffer, frame)
    return frame


def planes(frame: VideoFrame) -> list[bytes]:
    """With what lies behind each row."""
    return [bytes(plane) for plane in frame.planes]


def samples(frame: VideoFrame) -> list[np.ndarray]:
    """Luma, Cb and Cr, by themselves."""
    rows = [np.frombuffer(plane, np.uint8).reshape(plane.height, -1).astype(int) for plane in frame.planes]
    columns = (frame.width + 1) // 2
    if len(rows) == 2:
        rows = [rows[0], rows[1][:, : 2 * columns : 2], rows[1][:, 1 : 2 * columns : 2]]
    return [rows[0][:, : frame.width], rows[1][:, :columns], rows[2][:, :columns]]


def exactly(buffer: Image) -> list[np.ndarray]:
    """ITU-R BT.709 in floating point, chroma from the mean of each 2 x 2; even sizes."""
    blue, green, red = (buffer[..., channel] / 255.0 for channel in range(3))

    def luma(blue: np.ndarray, green: np.ndarray, red: np.ndarray) -> np.ndarray:
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def mean(channel: np.ndarray) -> np.ndarray:
        return (channel[::2, ::2] + channel[1::2, ::2] + channel[::2, 1::2] + channel[1::2, 1::2]) / 4

    whole, (blue, green, red) = luma(blue, green, red), (mean(channel) for channel in (blue, green, red))
    coarse = luma(blue, green, red)
    return [16 + 219 * whole, 128 + 224 * (blue - coarse) / 1.8556, 128 + 224 * (red - coarse) / 1.5748]


@given(FORMATS, BUFFERS)
def test_compiled_and_portable_code_give_the_same_bytes(
    compiled: bt709.Fill, without_sse2: bt709.Fill, form: str, buffer: Image
) -> None:
    expected = planes(converted(bt709.portable, buffer, form))
    assert planes(converted(compiled, buffer, form)) == expected
    assert planes(converted(without_sse2, buffer, form)) == expected


@given(st.sampled_from([(2, 2), (16, 16), (38, 54), (64, 130)]), FORMATS, st.integers(0, 2**32), st.booleans())
def test_colors_are_those_of_the_recommendation(shape: tuple[int, int], form: str, seed: int, extremes: bool) -> None:
    buffer = noise(*shape, seed, extremes)
    for found, expected in zip(samples(converted(bt709.fill, buffer, form)), exactly(buffer), strict=True):
        assert np.abs(found - expected).max() < 0.52  # correct rounding, but for the coefficients' last bit


def test_an_odd_edge_counts_as_its_own_neighbour() -> None:
    buffer = noise(5, 7)
    even = np.pad(buffer, ((0, 1), (0, 1), (0, 0)), "edge")
    odd, whole = samples(converted(bt709.fill, buffer)), samples(converted(bt709.fill, even))
    assert [plane.shape for plane in odd] == [(5, 7), (3, 4), (3, 4)]
    for found, expected in zip(odd, whole, strict=True):
        assert (found == expected[: found.shape[0], : found.shape[1]]).all()


def test_grey_has_no_color_and_the_ends_of_the_scale_are_met() -> None:
    buffer = np.repeat(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 2, axis=0), 4, axis=2)
    luma, blue, red = samples(converted(bt709.fill, np.repeat(buffer, 2, axis=1)))
    assert (blue == 128).all()
    assert (red == 128).all()
    assert (luma[0, ::2] == np.round(16 + 219 * np.arange(256) / 255)).all()
    assert (luma.min(), luma.max()) == (16, 235)


@pytest.mark.parametrize("form", bt709.FORMATS)
def test_swscale_finds_the_same_but_for_rounding(form: str) -> None:
    buffer = noise(108, 192)
    buffer[..., 3] = 255
    scaled = VideoFrame.from_numpy_buffer(buffer, format="bgra").reformat(
        format=form, src_colorspace=Colorspace.ITU709, dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG, dst_color_range=ColorRange.MPEG, interpolation=Interpolation.AREA,
    )  # fmt: skip
    for found, expected in zip(samples(Converter(form).convert(buffer)), samples(scaled), strict=True):
        difference = np.abs(found - expected)
        assert difference.max() <= 1
        assert difference.mean() < 0.1


def test_frames_that_someone_holds_are_left_alone() -> None:
    """As themselves, or by the memory of a plane."""
    converter, buffer = Converter(), noise(36, 64)
    first, plane = converter.convert(buffer), luma_plane(converter.convert(buffer))
    before = planes(first)
    copy = plane.copy()
    for shade in range(0, 240, 8):
        buffer[:] = shade
        assert planes(converter.convert(buffer)) != before
    assert planes(first) == before
    assert (plane == copy).all()


def test_frames_that_nobody_holds_are_written_again() -> None:
    converter = Converter()
    places, held = set(), []
    for number in range(40):
        frame = converter.convert(noise(36, 64, number))
        places.add(frame.planes[0].buffer_ptr)
        held = [*held[-4:], frame]
    assert len(places) == 6
    assert converter.convert(noise(18, 32)).width == 32


def test_a_frame_whose_memory_ffmpeg_holds_gets_other_memory() -> None:
    """As an encoder might that looks ahead: a filter hands on the memory in a frame of its own."""
    converter, buffer, graph = Converter("yuv420p"), noise(36, 64), Graph()
    graph.link_nodes(
        graph.add_buffer(width=64, height=36, format="yuv420p", time_base=Fraction(1, 30)), graph.add("buffersink")
    ).configure()
    frame = converter.convert(buffer)
    expected, place = planes(frame), frame.planes[0].buffer_ptr
    graph.push(frame)
    del frame
    handed_on = graph.vpull()
    assert handed_on.planes[0].buffer_ptr == place
    buffer[:] = 7
    for _ in range(10):
        assert converter.convert(buffer).planes[0].buffer_ptr != place
    assert planes(handed_on) == expected


def test_what_does_not_fit_is_refused_before_memory_is_touched(compiled: bt709.Fill) -> None:
    frame = VideoFrame(32, 16, "yuv420p")
    for buffer in (noise(16, 31), noise(17, 32), noise(32, 32)[::2].transpose(1, 0, 2), noise(16, 64)[:, ::2]):
        for fill in (compiled, bt709.portable):
            with pytest.raises(ValueError, match="no BGRA"):
                fill(buffer, frame)
    with pytest.raises(ValueError, match="no BGRA"):
        compiled(noise(16, 32), VideoFrame(32, 16, "yuv444p"))


@pytest.mark.parametrize(("content", "reason"), [(None, "nowhere"), (b"not for this machine", "does not load")])
def test_without_the_library_numpy_takes_over_and_says_so_once(
    content: bytes | None,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if content is not None:
        (tmp_path / bt709.LIBRARY).write_bytes(content)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.setattr("flatrender.engine.compiled.BUILT", [])
    monkeypatch.setattr(bt709, "fastest", cache(bt709.fastest.__wrapped__))
    buffer = noise(20, 30)
    with caplog.at_level(logging.WARNING):
        found = [planes(converted(bt709.fill, buffer)) for _ in range(3)]
    assert bt709.fastest() is bt709.portable
    assert len(caplog.messages) == 1
    assert reason in caplog.messages[0]
    assert found == [planes(converted(bt709.portable, buffer))] * 3


def test_this_machine_has_the_library() -> None:
    assert bt709.fastest() is not bt709.portable
