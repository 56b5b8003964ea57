"""Draws pictures scaled or shifted by parts of a pixel: bilinear, by a few lines of C (layers/native), or by the same
sums in numpy.

Both give the same bytes, in places of 1/64 of a pixel. The C takes a quarter of the time of skia, which does this
without wide registers and is left with what is turned, made less than half as large, very small, or drawn on a device.
"""

import ctypes
import math
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import skia

from flatrender.engine.compiled import found

if TYPE_CHECKING:
    from flatrender.engine.surface import Affine

type Pixels = npt.NDArray[np.uint8]

LIBRARY: Final = "flatrender_resample.so"

_LINEAR: Final = skia.SamplingOptions(skia.FilterMode.kLinear)
_NEAREST: Final = skia.SamplingOptions(skia.FilterMode.kNearest)
_WORTH: Final = 16_384
"""Pixels; drawing fewer of them takes skia less time than asking for them here."""
_SMALLEST, _LARGEST = 0.501, 64.0
"""Scales; below, pixels would be passed over."""

_SHIFT: Final = 6
_STRIP: Final = 64
"""Rows at a time, which stay in the cache."""


class Window(NamedTuple):
    """What a target shows of a source: the place of its first pixel's centre, and the step to the next, as 32.32."""

    left: int
    top: int
    across: int
    down: int


type Resample = Callable[[Pixels, Pixels, Window], None]
"""Fill a target with what a window of a source shows; both height x width x 4. Beyond the edges it shows the edges."""


def draw(canvas: skia.Canvas, image: skia.Image, matrix: "Affine", paint: skia.Paint | None = None) -> None:
    """Draw `image` bilinear under `matrix`, which maps its pixels to those of `canvas`; sets the canvas' matrix."""
    room = _room(canvas, image, matrix)
    source = _pixels(canvas, image) if room is not None else None
    if room is None or source is None:
        canvas.setMatrix(matrix.matrix())
        canvas.drawImage(image, 0, 0, _LINEAR, paint)
        return
    canvas.resetMatrix()
    window = _window(matrix, room)
    beneath = _beneath(canvas, room) if image.isOpaque() and _replaces(paint) else None
    if beneath is not None:
        fastest()(source, beneath, window)
        return
    target = _work.pixels(room.width(), room.height())
    fastest()(source, target, window)
    made = skia.Image.fromarray(target, skia.kBGRA_8888_ColorType, image.alphaType(), copy=False)
    canvas.drawImage(made, room.left(), room.top(), _NEAREST, paint)


def _room(canvas: skia.Canvas, image: skia.Image, matrix: "Affine") -> skia.IRect | None:
    """The pixels of `canvas` to be drawn, if that is something for `fastest`."""
    a, d, tx, ty = matrix.a, matrix.d, matrix.tx, matrix.ty
    if not matrix.upright or not (_SMALLEST < a < _LARGEST and _SMALLEST < d < _LARGEST):
        return None
    if matrix.whole:
        return None
    # A pixel is drawn if its centre lies in the image, as skia has it.
    edges = (tx, ty, tx + a * image.width(), ty + d * image.height())
    if not all(abs(edge) < 2**30 for edge in edges):
        return None
    room = skia.IRect(*(math.floor(edge + 0.5) for edge in edges))
    seen = room.intersect(canvas.getDeviceClipBounds())
    return room if seen and room.width() * room.height() >= _WORTH else None


def _window(matrix: "Affine", room: skia.IRect) -> Window:
    """What `room` shows. Counted from the canvas' corner, so that it does not matter how much of it is drawn."""
    across, down = round(2**32 / matrix.a), round(2**32 / matrix.d)
    left = round(((0.5 - matrix.tx) / matrix.a - 0.5) * 2**32) + room.left() * across
    top = round(((0.5 - matrix.ty) / matrix.d - 0.5) * 2**32) + room.top() * down
    return Window(left, top, across, down)


def _pixels(canvas: skia.Canvas, image: skia.Image) -> Pixels | None:
    """The image's pixels; None if they, or the canvas', are on a device, or are not as ours."""
    pixmap = skia.Pixmap()
    if not plain(image) or not canvas.peekPixels(pixmap) or not image.peekPixels(pixmap):
        return None
    pixels: Pixels = np.array(pixmap, copy=False)
    return pixels


def _replaces(paint: skia.Paint | None) -> bool:
    """Whether what is opaque is drawn with it as it is."""
    return paint is None or (
        paint.getAlphaf() == 1
        and paint.getBlendMode() == skia.BlendMode.kSrcOver
        and not (paint.getColorFilter() or paint.getImageFilter() or paint.getMaskFilter())
    )


def _beneath(canvas: skia.Canvas, room: skia.IRect) -> Pixels | None:
    """The canvas' own pixels in `room`, to be written to; None where it has a layer, or a clip that is no rectangle."""
    surface, pixmap = canvas.getSurface(), skia.Pixmap()
    if surface is None or not canvas.isClipRect():
        return None
    surface.notifyContentWillChange(skia.Surface.kRetain_ContentChangeMode)
    canvas.peekPixels(pixmap)
    layer = canvas.accessTopLayerPixels()
    if layer is None or pixmap.colorType() != skia.kBGRA_8888_ColorType:
        return None
    whole: Pixels = np.array(pixmap, copy=False)
    if np.asarray(layer).ctypes.data != whole.ctypes.data:
        return None
    return whole[room.top() : room.bottom(), room.left() : room.right()]


def plain(image: skia.Image) -> bool:
    """Whether its pixels are as those of our canvases, so that they are copied as they are."""
    space = image.colorSpace()
    return image.colorType() == skia.kBGRA_8888_ColorType and (space is None or space.isSRGB())


class _Work(threading.local):
    """Memory of each thread that grows to what was asked for most: no more than a canvas and a row of a source."""

    def __init__(self) -> None:
        self._target = self._row = np.empty(0, np.uint8)

    def pixels(self, width: int, height: int) -> Pixels:
        size = width * height * 4
        if self._target.size < size:
            self._target = np.empty(size, np.uint8)
        return self._target[:size].reshape(height, width, 4)

    def row(self, size: int) -> Pixels:
        if self._row.size < size:
            self._row = np.empty(size, np.uint8)
        return self._row


_work: Final = _Work()


@cache
def fastest() -> Resample:
    """`native` if there is a library that loads, else `portable`; tried once a process."""
    otherwise: Resample = portable
    return found(LIBRARY, native, otherwise, "pictures move slowly")


def native(path: Path, *, plain_c: bool = False) -> Resample:
    """By the library; with `plain_c` as on a processor without AVX2.

    Raises OSError or AttributeError when it is for another machine, or another library.
    """
    library = ctypes.CDLL(str(path))
    address, stride, count, place = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int32, ctypes.c_int64
    library.resample_work.argtypes = [count, count]
    library.resample_work.restype = stride
    library.resample.argtypes = [*(address, stride, count, count) * 2, *[place] * 4, address, ctypes.c_int]
    library.resample.restype = None
    avx2 = 0 if plain_c else library.resample_avx2()

    def resample(source: Pixels, target: Pixels, window: Window) -> None:
        _check(source, target, window)
        row = _work.row(library.resample_work(source.shape[1], target.shape[1]))
        images = (*_described(source), *_described(target))
        library.resample(*images, *window, row.ctypes.data, avx2 and window.across < 2**33)

    return resample


def _described(image: Pixels) -> tuple[Any, ...]:
    return image.ctypes.data, image.strides[0], image.shape[1], image.shape[0]


def portable(source: Pixels, target: Pixels, window: Window) -> None:
    """By numpy."""
    _check(source, target, window)
    columns, across = _between(window.left, window.across, target.shape[1], source.shape[1])
    lines, down = _between(window.top, window.down, target.shape[0], source.shape[0])
    first, last = int(columns[0]), min(int(columns[-1]) + 2, source.shape[1])
    seen = source[:, first:last]
    behind = np.minimum(columns + 1, source.shape[1] - 1) - first
    for top in range(0, target.shape[0], _STRIP):
        strip = slice(top, top + _STRIP)
        above, below = lines[strip], np.minimum(lines[strip] + 1, source.shape[0] - 1)
        rows = _mixed(seen[above], seen[below], down[strip, None, None])
        target[strip] = _mixed(rows[:, columns - first], rows[:, behind], across[None, :, None])


def _between(start: int, step: int, count: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
    """Of `count` places in a row of `size` pixels the pixel at or before each, and the weight of the one behind it."""
    places = start + np.arange(count, dtype=np.int64) * step + (1 << 31 - _SHIFT)
    places = np.clip(places, 0, size - 1 << 32)
    return places >> 32, (places >> 32 - _SHIFT & (1 << _SHIFT) - 1).astype(np.uint16)


def _mixed(a: Pixels, b: Pixels, weight: npt.NDArray[np.uint16]) -> Pixels:
    one = np.uint16(1 << _SHIFT)
    total = a * (one - weight) + b * weight + np.uint16(one // 2)
    mixed: Pixels = (total >> _SHIFT).astype(np.uint8)
    return mixed


def _check(source: Pixels, target: Pixels, window: Window) -> None:
    """What is read and written by address must be as large as it is believed to be."""
    for image in (source, target):
        if image.ndim != 3 or image.shape[2] != 4 or image.strides[1:] != (4, 1) or not image.size:
            raise ValueError(f"{image.shape} in steps of {image.strides} is no picture")
    ends = (window.left + window.across * target.shape[1], window.top + window.down * target.shape[0])
    if window.across <= 0 or window.down <= 0 or max(map(abs, (*window, *ends))) >= 2**62:
        raise ValueError(f"{window} is nowhere")
