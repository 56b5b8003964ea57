"""Pixels and geometry: surfaces over numpy buffers, and affine transforms kept in plain numbers."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import skia

from flatrender.engine import resample

type Pixels = npt.NDArray[np.uint8]

LINEAR: Final = skia.SamplingOptions(skia.FilterMode.kLinear)
NEAREST: Final = skia.SamplingOptions(skia.FilterMode.kNearest)
CUBIC: Final = skia.SamplingOptions(skia.CubicResampler.Mitchell())
MAX_SIDE: Final = 8192
"""Pixels; no bitmap of a layer grows beyond it."""
MAX_AREA: Final = 33_000_000
"""Pixels; the same for its area, with room for a layer twice as large as a 4K canvas."""

_SNAP: Final = 1e-4


class Affine(NamedTuple):
    """x' = a·x + c·y + tx, y' = b·x + d·y + ty."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    tx: float = 0.0
    ty: float = 0.0

    def translate(self, x: float, y: float) -> "Affine":
        """This transform after a translation of its input."""
        return self._replace(tx=self.a * x + self.c * y + self.tx, ty=self.b * x + self.d * y + self.ty)

    def scale(self, x: float, y: float) -> "Affine":
        return self._replace(a=self.a * x, b=self.b * x, c=self.c * y, d=self.d * y)

    def rotate(self, degrees: float) -> "Affine":
        if degrees % 360 == 0:
            return self
        radians = math.radians(degrees)
        cos, sin = math.cos(radians), math.sin(radians)
        return self._replace(
            a=self.a * cos + self.c * sin,
            b=self.b * cos + self.d * sin,
            c=self.c * cos - self.a * sin,
            d=self.d * cos - self.b * sin,
        )

    def bounds(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """The upright rectangle that holds the image of a rectangle."""
        xs, ys = [], []
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            xs.append(self.a * x + self.c * y + self.tx)
            ys.append(self.b * x + self.d * y + self.ty)
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def upright(self) -> bool:
        return abs(self.b) < 1e-9 and abs(self.c) < 1e-9

    @property
    def whole(self) -> bool:
        """Whether it only moves things, by whole pixels but for rounding noise: then skia copies them."""
        even = self.upright and abs(self.a - 1) < _SNAP / 100 and abs(self.d - 1) < _SNAP / 100
        return even and all(abs(v - round(v)) < _SNAP * 10 for v in (self.tx, self.ty))

    def matrix(self) -> skia.Matrix:
        """As skia's matrix. What is whole but for rounding noise is made whole, so that skia can copy instead of
        resample.
        """
        a, b, c, d, tx, ty = (round(v) if abs(v - round(v)) < _SNAP / 100 else v for v in self)
        if a == 1 and d == 1 and b == 0 and c == 0:
            tx = round(tx) if abs(tx - round(tx)) < _SNAP * 10 else tx
            ty = round(ty) if abs(ty - round(ty)) < _SNAP * 10 else ty
        return skia.Matrix.MakeAll(a, c, tx, b, d, ty, 0, 0, 1)


class Canvas:
    """A skia surface that draws into a numpy array (height x width x 4, BGRA, premultiplied)."""

    def __init__(self, width: int, height: int, opaque: bool = False) -> None:
        self.width, self.height = width, height
        self.pixels: Pixels = np.zeros((height, width, 4), np.uint8)
        self._alpha = skia.kOpaque_AlphaType if opaque else skia.kPremul_AlphaType
        info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, self._alpha)
        self.surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.skia: skia.Canvas = self.surface.getCanvas()

    def image(self) -> skia.Image:
        """The pixels as an image that shares their memory; what is drawn later shows in it."""
        return skia.Image.fromarray(self.pixels, skia.kBGRA_8888_ColorType, self._alpha, copy=False)

    def snapshot(self) -> skia.Image:
        """The pixels as they are now."""
        return self.surface.makeImageSnapshot()

    def finish(self) -> None:
        """A frame is drawn: from here on `pixels` holds it. On this canvas it always does."""

    def fill(self, paint: "Callable[[Canvas], None]") -> None:
        """Let `paint` write all of it, also by its `pixels`."""
        paint(self)


class Surface(Protocol):
    """Makes canvases of `width` x `height` pixels: `Canvas`, or a device's."""

    def __call__(self, width: int, height: int, opaque: bool = False) -> Canvas: ...


class Bitmap(NamedTuple):
    """A layer drawn once: `image` at `scale` pixels per canvas unit, its top left at (`left`, `top`) in the layer's
    units.
    """

    image: skia.Image
    left: float
    top: float
    scale: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        return (
            self.left,
            self.top,
            self.left + self.image.width() / self.scale,
            self.top + self.image.height() / self.scale,
        )

    def draw(self, canvas: skia.Canvas, base: Affine, paint: skia.Paint | None = None) -> None:
        """Draw it under `base`, which maps the layer's units to pixels."""
        matrix = base.translate(self.left, self.top).scale(1 / self.scale, 1 / self.scale)
        resample.draw(canvas, self.image, matrix, paint)


def bitmap(  # noqa: PLR0917  what every layer's bitmap is made of
    bounds: tuple[float, float, float, float],
    origin: tuple[float, float],
    scale: float,
    draw: Callable[[skia.Canvas, Affine], None],
    effect: "Callable[[skia.Image, float], tuple[skia.Image, int]] | None" = None,
    grade: Callable[[Pixels, float], None] | None = None,
    room: float = 0.0,
) -> Bitmap:
    """Draw what lies within `bounds` (layer units) into a bitmap at `scale`, no larger than what was drawn; at less
    where it would grow beyond MAX_SIDE or MAX_AREA.

    `origin` is where the layer's (0, 0) rests on the canvas; the bitmap is laid on the pixel grid of that place, so
    that a layer at rest is copied and not resampled. `grade` changes the pixels in place; `effect` turns the image
    into another that is larger by so many pixels on each side, `room` being that in layer units. Both are told the
    scale that was used.
    """
    left, top, right, bottom = bounds
    wide, tall = max(right - left, 1e-3) + 2 * room, max(bottom - top, 1e-3) + 2 * room
    scale = min(scale, MAX_SIDE / wide, MAX_SIDE / tall, math.sqrt(MAX_AREA / (wide * tall)))
    x0, y0 = math.floor((origin[0] + left) * scale + 1e-6), math.floor((origin[1] + top) * scale + 1e-6)
    x1, y1 = math.ceil((origin[0] + right) * scale - 1e-6), math.ceil((origin[1] + bottom) * scale - 1e-6)
    canvas = Canvas(max(1, x1 - x0), max(1, y1 - y0))
    base = Affine(scale, 0, 0, scale, origin[0] * scale - x0, origin[1] * scale - y0)
    canvas.skia.setMatrix(base.matrix())
    draw(canvas.skia, base)
    if grade is not None:
        grade(canvas.pixels, scale)
    image, dx, dy = _cropped(canvas)
    if effect is not None:
        image, grown = effect(image, scale)
        dx, dy = dx - grown, dy - grown
    return Bitmap(image, (x0 + dx) / scale - origin[0], (y0 + dy) / scale - origin[1], scale)


def _cropped(canvas: Canvas) -> tuple[skia.Image, int, int]:
    """The part of a canvas that is not transparent, and where it lies."""
    alpha = canvas.pixels[:, :, 3]
    rows = np.flatnonzero(alpha.any(axis=1))
    if not len(rows):
        return Canvas(1, 1).snapshot(), 0, 0
    columns = np.flatnonzero(alpha[rows[0] : rows[-1] + 1].any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    # A border of one transparent pixel, so that edges stay smooth when the bitmap is turned or scaled.
    part = np.pad(canvas.pixels[top:bottom, left:right], ((1, 1), (1, 1), (0, 0)))
    return skia.Image.fromarray(part, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType), left - 1, top - 1


def shrink(image: skia.Image, width: int, height: int) -> skia.Image:
    """The image at `width` x `height` pixels, as those of our canvases: halved by averaging while it is more than twice
    as large, then cubic.
    """
    while image.width() >= 2 * width and image.height() >= 2 * height:
        image = _resize(image, max(1, image.width() // 2), max(1, image.height() // 2), LINEAR)
    return _resize(image, width, height, CUBIC)


def _resize(image: skia.Image, width: int, height: int, sampling: skia.SamplingOptions) -> skia.Image:
    if (image.width(), image.height()) == (width, height):
        if resample.plain(image):
            return image
        sampling = NEAREST
    alpha = skia.kOpaque_AlphaType if image.imageInfo().isOpaque() else skia.kPremul_AlphaType
    info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, alpha)
    surface = skia.Surface.MakeRaster(info)
    source = skia.Rect.MakeWH(image.width(), image.height())
    surface.getCanvas().drawImageRect(image, source, skia.Rect.MakeWH(width, height), sampling)
    return surface.makeImageSnapshot()
