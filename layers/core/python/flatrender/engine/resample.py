"""Draws pictures scaled, turned, or shifted by parts of a pixel: bilinear, by a few lines of C (layers/native), or by
the same sums in numpy.

Both give the same bytes, in places of 1/64 of a pixel. The C takes a quarter of the time of skia, which does this
without wide registers, and of what is turned an eighth. Skia is left with what is very small, upright and made less
than half as large, or drawn on a device.
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
_WORTH_TURNED: Final = 2_048
_MOST: Final = 10_000_000
"""Pixels; more than a canvas has. Larger bitmaps are not made twice."""
_HALF: Final = 0.501
_EMPTY: Final = 8
"""How many times as large as a turned picture the rectangle may be that holds it."""
_LARGEST: Final = 64.0

_SHIFT: Final = 6
_STRIP: Final = 64
"""Rows at a time, which stay in the cache."""


class Window(NamedTuple):
    """What a target shows of a source: the place of its first pixel's centre, and the step for each pixel and for each
    line, as 32.32. Beyond the source, an upright window shows its edges, and a turned one nothing.
    """

    left: int
    top: int
    across: int
    down: int
    across_y: int = 0
    down_x: int = 0

    @property
    def upright(self) -> bool:
        return self.across_y == 0 and self.down_x == 0


type Resample = Callable[[Pixels, Pixels, Window], None]
"""Fill a target with what a window of a source shows; both height x width x 4."""


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
    full = image.isOpaque() and window.upright
    beneath = _beneath(canvas, room) if full and _replaces(paint) else None
    if beneath is not None:
        fastest()(source, beneath, window)
        return
    target = _work.pixels(room.width(), room.height())
    fastest()(source, target, window)
    alpha = skia.kOpaque_AlphaType if full else skia.kPremul_AlphaType
    made = skia.Image.fromarray(target, skia.kBGRA_8888_ColorType, alpha, copy=False)
    canvas.drawImage(made, room.left(), room.top(), _NEAREST, paint)


def _room(canvas: skia.Canvas, image: skia.Image, matrix: "Affine") -> skia.IRect | None:
    """The pixels of `canvas` to be drawn, if that is something for `fastest`."""
    width, height = image.width(), image.height()
    edges = matrix.bounds(0, 0, width, height)
    if matrix.whole or not all(abs(edge) < 2**30 for edge in edges):
        return None
    if matrix.upright:
        if not (_HALF < matrix.a < _LARGEST and _HALF < matrix.d < _LARGEST):
            return None
        # A pixel is drawn if its centre lies in the image, as skia has it.
        room = skia.IRect(*(math.floor(edge + 0.5) for edge in edges))
        seen = room.intersect(canvas.getDeviceClipBounds())
        return room if seen and _WORTH <= room.width() * room.height() <= _MOST else None
    scales = math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d)
    filled = abs(matrix.a * matrix.d - matrix.b * matrix.c) * width * height
    if min(width, height) < 2 or not all(1 / _LARGEST < scale < _LARGEST for scale in scales) or filled < _WORTH_TURNED:
        return None
    left, top, right, bottom = edges
    room = skia.IRect(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
    seen = room.intersect(canvas.getDeviceClipBounds())
    return room if seen and room.width() * room.height() <= min(_MOST, _EMPTY * filled) else None


def _window(matrix: "Affine", room: skia.IRect) -> Window:
    """What `room` shows. Counted from the canvas' corner, so that it does not matter how much of it is drawn."""
    size = matrix.a * matrix.d - matrix.b * matrix.c
    x, y = 0.5 - matrix.tx, 0.5 - matrix.ty
    across, across_y = round(matrix.d / size * 2**32), round(-matrix.b / size * 2**32)
    down_x, down = round(-matrix.c / size * 2**32), round(matrix.a / size * 2**32)
    left = round(((matrix.d * x - matrix.c * y) / size - 0.5) * 2**32) + room.left() * across + room.top() * down_x
    top = round(((matrix.a * y - matrix.b * x) / size - 0.5) * 2**32) + room.left() * across_y + room.top() * down
    return Window(left, top, across, down, across_y, down_x) if not matrix.upright else Window(left, top, across, down)


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
    library.resample_turned.argtypes = [*(address, stride, count, count) * 2, *[place] * 6]
    library.resample.restype = library.resample_turned.restype = None
    avx2 = 0 if plain_c else library.resample_avx2()

    def resample(source: Pixels, target: Pixels, window: Window) -> None:
        _check(source, target, window)
        images = (*_described(source), *_described(target))
        left, top, across, down, across_y, down_x = window
        if not window.upright:
            library.resample_turned(*images, left, top, across, across_y, down_x, down)
            return
        row = _work.row(library.resample_work(source.shape[1], target.shape[1]))
        library.resample(*images, left, top, across, down, row.ctypes.data, avx2 and across < 2**33)

    return resample


def _described(image: Pixels) -> tuple[Any, ...]:
    return image.ctypes.data, image.strides[0], image.shape[1], image.shape[0]


def portable(source: Pixels, target: Pixels, window: Window) -> None:
    """By numpy."""
    _check(source, target, window)
    for top in range(0, target.shape[0], _STRIP):
        strip = target[top : top + _STRIP]
        at = window._replace(left=window.left + window.down_x * top, top=window.top + window.down * top)
        (_upright if window.upright else _turned)(source, strip, at)


def _upright(source: Pixels, target: Pixels, window: Window) -> None:
    columns, across = _between(window.left + _steps(target.shape[1], window.across), source.shape[1])
    lines, down = _between(window.top + _steps(target.shape[0], window.down), source.shape[0])
    first, last = int(columns[0]), min(int(columns[-1]) + 2, source.shape[1])
    seen = source[:, first:last]
    behind = np.minimum(columns + 1, source.shape[1] - 1) - first
    rows = _mixed(seen[lines], seen[np.minimum(lines + 1, source.shape[0] - 1)], down[:, None, None])
    target[:] = _mixed(rows[:, columns - first], rows[:, behind], across[None, :, None])


def _turned(source: Pixels, target: Pixels, window: Window) -> None:
    height, width = source.shape[:2]
    right, below = _steps(target.shape[1], 1)[None, :], _steps(target.shape[0], 1)[:, None]
    u = window.left + window.across * right + window.down_x * below
    v = window.top + window.across_y * right + window.down * below
    middle = 1 << 31
    inside = (u >= -middle) & (u < (width << 32) - middle) & (v >= -middle) & (v < (height << 32) - middle)
    (column, across), (line, down) = _between(u[inside], width), _between(v[inside], height)
    nearer = [_mixed(source[line, x], source[np.minimum(line + 1, height - 1), x], down[:, None])
              for x in (column, np.minimum(column + 1, width - 1))]  # fmt: skip
    target[:] = 0
    target[inside] = _mixed(nearer[0], nearer[1], across[:, None])


def _steps(count: int, step: int) -> npt.NDArray[np.int64]:
    return np.arange(count, dtype=np.int64) * step


def _between(places: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
    """Of places in a row of `size` pixels the pixel at or before each, and the weight of the one behind it."""
    places = np.clip(places + (1 << 31 - _SHIFT), 0, size - 1 << 32)
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
    far = target.shape[0] + target.shape[1]
    if max(abs(step) * far for step in window[2:]) + max(abs(window.left), abs(window.top)) >= 2**62:
        raise ValueError(f"{window} is nowhere")
    if window.upright and (window.across <= 0 or window.down <= 0):
        raise ValueError(f"{window} is upside down")
    if not window.upright and min(source.shape[:2]) < 2:
        raise ValueError(f"{source.shape} is too small to be turned")
