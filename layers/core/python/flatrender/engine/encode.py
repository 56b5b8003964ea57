"""Turns drawn frames into an encoded chunk, in a file that is whole or not there.

Every chunk of a job is encoded with the same settings and closed groups of pictures, so that `assemble` may put them
behind each other without touching a frame. Drawing is sRGB; a video stream is BT.709, limited range, converted so and
tagged so. What each encoder is told is in `outputs.codecs`.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from flatrender.engine.faults import EncodeFailed
from flatrender.engine.outputs.codecs import WORKING_FORMAT, Recipe, VideoSettings, recipe
from flatrender.engine.outputs.pixels import Converter, tag

__all__ = [
    "WORKING_FORMAT", "Converter", "EncodeReport", "VideoSettings", "VideoWriter", "encode_only", "encoder_threads",
    "replacing", "tag",
]  # fmt: skip

THREADS_VARIABLE: Final = "ENCODER_THREADS"


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
    """The encoder's threads: as asked, else `ENCODER_THREADS`, else one per core. 1 where chunks run in parallel."""
    if threads is None:
        threads = int(os.environ.get(THREADS_VARIABLE, "0"))
    return threads if threads > 0 else os.process_cpu_count() or 1


class VideoWriter:
    """A chunk being encoded. Frames go in with their number in the chunk; leaving the block completes the file.

    `first_frame` is the chunk's place in the whole; only chunks that are segments of a stream bear it. `made` is the
    encoder with what it is told, if that is not the software encoder of the settings.
    """

    def __init__(
        self,
        path: Path,
        settings: VideoSettings,
        threads: int | None = None,
        first_frame: int = 0,
        made: Recipe | None = None,
    ) -> None:
        made = made or recipe(settings)
        self._offset = first_frame if settings.streaming else 0
        self._container = av.open(str(path), "w", format=made.container, options=dict(made.container_options))
        try:
            added = self._container.add_stream(made.encoder, rate=Fraction(settings.fps), options=dict(made.options))
            stream = cast(VideoStream, added)
            stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, made.pixel_format
            context = stream.codec_context
            context.time_base = Fraction(1, settings.fps)
            context.thread_count = encoder_threads(threads)
            if made.tag:
                context.codec_tag = made.tag
            tag(stream, rgb=made.rgb)
        except BaseException:
            self._container.close()
            raise
        self._stream = stream
        self._abandoned = False
        self.seconds = 0.0

    def write(self, frame: VideoFrame, number: int) -> None:
        """Encode a frame of the recipe's pixel format. The same frame may be written again under the next number."""
        started = time.perf_counter()
        frame.pts = number + self._offset
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
