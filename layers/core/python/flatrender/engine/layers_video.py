"""Decodes a video for drawing: any time on request, in order when times grow."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
import skia
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.picture_length import picture_length
from flatrender.engine.surface import Pixels

if TYPE_CHECKING:
    from flatrender.engine.effect_grade import Colors

_JUMP: Final = 2.0
"""Seconds ahead from which seeking beats decoding on."""
_HD_LINES: Final = 720
_REMEMBERED: Final = 30_000_000
"""Pixels of decoded frames that are kept while a video plays backwards: some 14 frames of 1080p, in 45 MB."""


class VideoUnreadable(UnreadableMedia):
    """A video cannot be opened or holds no picture."""


class VideoReader:
    """The frames of one file. `size(width, height)` says at which size they are wanted, given their upright size;
    `table` in which colours.
    """

    def __init__(self, path: Path, size: Callable[[int, int], tuple[int, int]], table: "Colors | None" = None) -> None:
        self._table = table
        try:
            self._container = av.open(str(path))
            self.duration = picture_length(self._container, path) or 0.0
        except (av.FFmpegError, OSError) as error:
            raise VideoUnreadable(f"The video {path.name} cannot be opened: {error}") from error
        if not self._container.streams.video:
            raise VideoUnreadable(f"The file {path.name} holds no video.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._size = size
        self._base = float(self._stream.time_base or 1 / 90_000)
        self._origin = (self._stream.start_time or 0) * self._base
        self._frames: Iterator[VideoFrame] = iter(())
        self._current: VideoFrame | None = None
        self._next: VideoFrame | None = None
        self._image: tuple[int, skia.Image] | None = None
        self._back = 0
        self._past: deque[VideoFrame] = deque()

    def _time(self, frame: VideoFrame) -> float:
        return (frame.pts or 0) * self._base - self._origin

    def _seek(self, time: float) -> None:
        self._container.seek(round((time + self._origin) / self._base), stream=self._stream, backward=True)
        self._frames = self._container.decode(self._stream)
        self._past.clear()
        self._current, self._next = next(self._frames, None), next(self._frames, None)

    def frame(self, time: float) -> skia.Image:
        """The frame that is on screen at `time` (seconds from the start of the video): the last one not after it."""
        time += 1e-4
        shown = self._remembered(time) or self._decoded(time)
        stamp = shown.pts or 0
        if self._image is None or self._image[0] != stamp:
            self._image = (stamp, self._picture(shown))
        return self._image[1]

    def _remembered(self, time: float) -> VideoFrame | None:
        """The frame at `time` when the video is played backwards and it lies just before what was decoded last."""
        if self._current is None or time >= self._time(self._current):
            self._back = 0
            return None
        self._back += 1
        return next((frame for frame in reversed(self._past) if self._time(frame) <= time), None)

    def _decoded(self, time: float) -> VideoFrame:
        backwards = self._back > 1
        if self._current is None or time < self._time(self._current) or time > self._time(self._current) + _JUMP:
            self._seek(max(0.0, time))
            if self._current is not None and self._time(self._current) > time:
                self._seek(0.0)
        while self._next is not None and self._time(self._next) <= time:
            if not backwards or self._current is None:
                # What is remembered must reach up to what was decoded last.
                self._past.clear()
            else:
                self._past.append(self._current)
                if len(self._past) * self._current.width * self._current.height > _REMEMBERED:
                    self._past.popleft()
            self._current, self._next = self._next, next(self._frames, None)
        if self._current is None:
            raise VideoUnreadable("The video holds no frame that can be decoded.")
        return self._current

    def _picture(self, frame: VideoFrame) -> skia.Image:
        turned = round(frame.rotation / 90) % 4
        upright = (frame.height, frame.width) if turned % 2 else (frame.width, frame.height)
        width, height = self._size(*upright)
        if turned % 2:
            width, height = height, width
        space = frame.colorspace
        if space not in (Colorspace.ITU709, Colorspace.ITU601, Colorspace.SMPTE240M):
            space = Colorspace.ITU709 if min(upright) >= _HD_LINES else Colorspace.ITU601
        shrinking = width < frame.width
        bgra = frame.reformat(
            width,
            height,
            "bgra",
            src_colorspace=space,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA if shrinking else Interpolation.BILINEAR,
            threads=1,  # several may write over the first pixels of each other's rows
        )
        pixels: Pixels = np.ascontiguousarray(np.rot90(bgra.to_ndarray(), turned))
        alpha = skia.kOpaque_AlphaType
        if self._table is not None:
            self._table.apply(pixels, opaque=True)
            alpha = skia.kPremul_AlphaType if self._table.clear else alpha
        return skia.Image.fromarray(pixels, colorType=skia.kBGRA_8888_ColorType, alphaType=alpha)
