"""From what skia draws to what an encoder takes: colour space, range, and straight alpha."""

import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from flatrender.engine.frames import Image
from flatrender.engine.outputs import bt709
from flatrender.engine.outputs.codecs import WORKING_FORMAT

SRGB_TRANSFER: Final = 13
"""IEC 61966-2-1."""

FRAMES_KEPT: Final = 8
"""Of a converter, to be written again: what a chunk has on the way from drawing to encoder, and one more."""


def _references(objects: Sequence[object]) -> list[int]:
    return [sys.getrefcount(item) for item in objects]


_UNHELD: Final = _references([object()])[0]
"""References to what only a list holds, and whoever counts them."""


class Converter:
    """BGRA in sRGB to 4:2:0 or 4:4:4 in BT.709 limited range, or to RGB as it is, on the caller's thread.

    With `alpha` the buffer is premultiplied, as skia draws it; what comes out is straight, as every format wants it.
    Opaque 4:2:0, which nearly every render is, goes through code of our own; the other formats through swscale.
    """

    def __init__(self, pixel_format: str = WORKING_FORMAT, *, alpha: bool = False) -> None:
        self._own = pixel_format in bt709.FORMATS and not alpha
        self._reformatter = VideoReformatter()
        self._format, self._alpha = pixel_format, alpha
        self._rgb = pixel_format.startswith("rgb")
        self._straight: Image | None = None
        self._frames: list[VideoFrame] = []

    def convert(self, buffer: Image) -> VideoFrame:
        """A frame of its own with the content of `buffer` (height x width x 4, BGRA), which may be drawn over then."""
        if self._own:
            frame = self._frame(buffer.shape[1], buffer.shape[0])
            bt709.fill(buffer, frame)
            tag(frame)
            return frame
        if self._alpha:
            if self._straight is None:
                self._straight = np.empty_like(buffer)
            straighten(buffer, self._straight)
            buffer = self._straight
        frame = self._reformatter.reformat(
            VideoFrame.from_numpy_buffer(buffer, format="bgra"),
            format=self._format,
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG if self._rgb else ColorRange.MPEG,
            interpolation=Interpolation.AREA,  # the mean of each 2 x 2 pixels, at the price of bilinear
            threads=1,
        )
        tag(frame, rgb=self._rgb)
        return frame

    def _frame(self, width: int, height: int) -> VideoFrame:
        """One that nobody holds any more, since memory that is new to the process costs half a conversion; else a new
        one.
        """
        for frame, references in zip(self._frames, _references(self._frames), strict=True):
            if references == _UNHELD and (frame.width, frame.height) == (width, height):
                frame.make_writable()  # if an encoder holds the memory still, this is other memory
                return frame
        frame = VideoFrame(width, height, self._format)
        if len(self._frames) < FRAMES_KEPT:
            self._frames.append(frame)
        return frame


def tag(target: VideoFrame | VideoStream, *, rgb: bool = False) -> None:
    """Say that this is BT.709, limited range; or sRGB."""
    subject = target.codec_context if isinstance(target, VideoStream) else target
    subject.color_primaries = ColorPrimaries.BT709
    if rgb:
        subject.color_range = ColorRange.JPEG
        subject.color_trc = SRGB_TRANSFER
        return
    subject.colorspace = Colorspace.ITU709
    subject.color_range = ColorRange.MPEG
    subject.color_trc = ColorTrc.BT709


def straighten(premultiplied: Image, straight: Image) -> None:
    """Divide the colours of `premultiplied` (height x width x 4, BGRA) by their alpha, into `straight`."""
    import skia

    height, width = premultiplied.shape[:2]

    def view(pixels: Image, alpha: skia.AlphaType) -> skia.Pixmap:
        return skia.Pixmap(skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, alpha), pixels, width * 4)

    view(premultiplied, skia.kPremul_AlphaType).readPixels(view(straight, skia.kUnpremul_AlphaType))
