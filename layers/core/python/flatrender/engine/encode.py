"""Turns drawn frames into H.264: colour conversion, encoder settings, writing a file that is whole or not there.

Every chunk of a job is encoded with the same settings and closed groups of pictures, so that `assemble` may put them
behind each other without touching a frame. Drawing is sRGB; the stream is BT.709, limited range, 4:2:0, converted so
and tagged so.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from flatrender.engine.faults import EncodeFailed
from flatrender.engine.frames import Image

GOP_SECONDS: Final = 2
THREADS_VARIABLE: Final = "ENCODER_THREADS"

# What x264 gets. It works on interleaved chroma itself, and swscale writes that faster than three planes.
WORKING_FORMAT: Final = "nv12"


class VideoSettings(Protocol):
    """The part of `composition.profiles.Profile` that shapes the stream."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> int: ...
    @property
    def crf(self) -> int: ...
    @property
    def preset(self) -> str: ...


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """Frames encoded, seconds it took, size of the file in bytes."""

    frames: int
    seconds: float
    size_bytes: int

    @property
    def fps(self) -> float:
        return self.frames / self.seconds if self.seconds else 0.0


def encoder_threads(threads: int | None = None) -> int:
    """x264 threads: as asked, else `ENCODER_THREADS`, else one per core. Use 1 where chunks run in parallel."""
    if threads is None:
        threads = int(os.environ.get(THREADS_VARIABLE, "0"))
    return threads if threads > 0 else os.process_cpu_count() or 1


class Converter:
    """BGRA in sRGB to 4:2:0 in BT.709 limited range, on the caller's thread."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def convert(self, buffer: Image) -> VideoFrame:
        """A new frame with the content of `buffer` (height x width x 4, BGRA), which may be drawn over afterwards."""
        frame = self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(buffer, format="bgra"),
            format=WORKING_FORMAT,
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,  # the mean of each 2 x 2 pixels, at the price of bilinear
            threads=1,
        )
        tag(frame)
        return frame


def tag(target: VideoFrame | VideoStream) -> None:
    """Say that this is BT.709, limited range."""
    subject = target.codec_context if isinstance(target, VideoStream) else target
    subject.colorspace = Colorspace.ITU709
    subject.color_range = ColorRange.MPEG
    subject.color_primaries = ColorPrimaries.BT709
    subject.color_trc = ColorTrc.BT709


def x264_options(settings: VideoSettings) -> dict[str, str]:
    """The encoder's options. Whoever changes them changes every chunk: raise the engine version."""
    return {
        "preset": settings.preset,
        "crf": str(settings.crf),
        "x264-params": f"keyint={settings.fps * GOP_SECONDS}:open-gop=0:stitchable=1",
    }


class VideoWriter:
    """An MP4 file being encoded. Frames go in with their number in the chunk; leaving the block completes the file."""

    def __init__(self, path: Path, settings: VideoSettings, threads: int | None = None) -> None:
        self._container = av.open(str(path), "w", format="mp4")
        try:
            stream = self._container.add_stream("libx264", rate=Fraction(settings.fps), options=x264_options(settings))
            stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, WORKING_FORMAT
            context = stream.codec_context
            context.time_base = Fraction(1, settings.fps)
            context.thread_count = encoder_threads(threads)
            tag(stream)
        except BaseException:
            self._container.close()
            raise
        self._stream = stream
        self._abandoned = False
        self.seconds = 0.0

    def write(self, frame: VideoFrame, number: int) -> None:
        """Encode a frame of WORKING_FORMAT. The same frame may be written again under the next number."""
        started = time.perf_counter()
        frame.pts = number
        frame.time_base = self._stream.codec_context.time_base
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self.seconds += time.perf_counter() - started

    def finish(self) -> None:
        """Flush what the encoder still holds and close the file."""
        started = time.perf_counter()
        try:
            for packet in self._stream.encode(None):
                self._container.mux(packet)
        finally:
            self._container.close()
        self.seconds += time.perf_counter() - started

    def abandon(self) -> None:
        """Leave the file incomplete: the end of the block does not wait for the encoder."""
        self._abandoned = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._abandoned:
            self.finish()
        else:
            self._container.close()


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A path beside `out` to write to: it becomes `out` when the block ends well and vanishes when it does not."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def encode_only(
    frames: Iterable[VideoFrame], settings: VideoSettings, out: Path, threads: int | None = None
) -> EncodeReport:
    """Encode frames that are already drawn and converted: the limit that rendering is measured against."""
    count = 0
    started = time.perf_counter()
    try:
        with replacing(out) as partial, VideoWriter(partial, settings, threads) as writer:
            for count, frame in enumerate(frames, start=1):
                writer.write(frame, count - 1)
    except av.error.FFmpegError as error:
        raise EncodeFailed(f"Encoding failed: {error}") from error
    return EncodeReport(frames=count, seconds=time.perf_counter() - started, size_bytes=out.stat().st_size)
