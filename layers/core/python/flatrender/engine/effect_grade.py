"""Contents with other colours, and with grain."""

import math
from collections.abc import Hashable
from typing import Final, Protocol, runtime_checkable

import numpy as np
import skia

from flatrender.composition.effects import Grain
from flatrender.engine.effect_colors import Table
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers_base import Bounds, Content, Kit, Place
from flatrender.engine.surface import CUBIC, NEAREST, Affine, Bitmap, Canvas, Pixels, bitmap

_TILE: Final = 1024
"""Pixels; grain is laid out in squares of this size, from another place on in every frame."""
_STRONGEST: Final = 0.2
"""How opaque a speck is on average at full intensity."""
_PLAIN: Final = skia.BlendMode.kSrcOver


class Colors(Protocol):
    """What colours become; `clear` says that some of them are not opaque any more."""

    clear: bool

    def apply(self, pixels: Pixels, opaque: bool) -> None:
        """Replace those of a picture (BGRA, premultiplied) in place."""
        ...


@runtime_checkable
class Recolorable(Protocol):
    """A content that can change the colours of its source, which is less work than to change those of each frame."""

    def recolor(self, table: "Colors") -> bool:
        """Show other colours from now on; False when it cannot."""
        ...


class Graded:
    """A content through a table of colours, made again when the content changes."""

    heavy = False

    def __init__(self, inner: Content, table: Table, place: Place) -> None:
        self.inner, self.bounds = inner, inner.bounds
        self._table, self._place = table, place
        self._made = KeptBitmap()

    def state(self, t: float) -> Hashable:
        return self.inner.state(t)

    def opaque(self, t: float) -> bool:
        return not self._table.clear and self.inner.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        return self.inner.extent(base, t)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        self._made.get(self.inner.state(t), lambda: self._make(t)).draw(canvas, base, paint)

    def _make(self, t: float) -> Bitmap:
        return bitmap(
            self.inner.extent(Affine(), t),
            self._place.origin,
            self._place.scale,
            lambda c, b: self.inner.draw(c, b, t, skia.Paint()),
            grade=lambda pixels, _scale: self._table.apply(pixels, False),
        )


class Grained:
    """A content under grain, which lies on the pixels of the picture and not on those of the layer."""

    heavy = True

    def __init__(self, inner: Content, grain: Grain, kit: Kit) -> None:
        self.inner, self.bounds = inner, inner.bounds
        self._grain, self._frame = grain, kit.frame
        self._size = max(1.0, grain.size * kit.scale)
        self._tile: skia.Image | None = None

    def _number(self, t: float) -> int:
        """Which grain is seen at `t`: another one in every frame."""
        return round(t / self._frame + 1e-3) if self._grain.moving else 0

    def state(self, t: float) -> Hashable:
        return self.inner.state(t), self._number(t)

    def opaque(self, t: float) -> bool:
        return self.inner.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        return self.inner.extent(base, t)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        left, top, right, bottom = self.extent(base, t)
        room = skia.Rect.MakeLTRB(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
        straight = self.inner.opaque(t) and base.upright and paint.getAlphaf() == 1 and paint.getBlendMode() == _PLAIN
        canvas.save()
        if not straight:
            canvas.resetMatrix()
            canvas.saveLayer(room, paint)
        self.inner.draw(canvas, base, t, skia.Paint())
        canvas.resetMatrix()
        # An opaque box has pixels at its edge that it covers in part; these stay free of grain.
        canvas.clipRect(skia.Rect.MakeLTRB(math.ceil(left), math.ceil(top), math.floor(right), math.floor(bottom)))
        self._lay(canvas, self._number(t), _PLAIN if straight else skia.BlendMode.kSrcATop)
        if not straight:
            canvas.restore()
        canvas.restore()

    def _lay(self, canvas: skia.Canvas, number: int, blend: skia.BlendMode) -> None:
        """Cover the canvas with grain. From where on follows from its number alone."""
        if self._tile is None:
            self._tile = _tile(self._grain, self._size)
        rng = np.random.Generator(np.random.PCG64([self._grain.seed, number]))
        dx, dy = (int(value) for value in rng.integers(0, _TILE, 2))
        bounds = canvas.getDeviceClipBounds()
        paint = skia.Paint(BlendMode=blend)
        for row in range((bounds.top() + dy) // _TILE, (bounds.bottom() + dy) // _TILE + 1):
            for column in range((bounds.left() + dx) // _TILE, (bounds.right() + dx) // _TILE + 1):
                canvas.drawImage(self._tile, column * _TILE - dx, row * _TILE - dy, NEAREST, paint)


def _tile(grain: Grain, size: float) -> skia.Image:
    """A square of grain whose opposite edges meet: white and black specks, or coloured ones, more or less clear."""
    cells = max(8, round(_TILE / size))
    rng = np.random.Generator(np.random.PCG64([grain.seed, 7_919]))
    strength = np.abs(rng.normal(0, 1.25 * _STRONGEST, (cells, cells))).clip(0, 1) * grain.intensity
    bright = rng.integers(0, 2, (cells, cells, 1 if grain.monochrome else 3))
    pixels = np.empty((cells, cells, 4), np.float32)
    pixels[:, :, :3] = bright * strength[:, :, None]
    pixels[:, :, 3] = strength
    levels = np.rint(pixels * 255).astype(np.uint8)
    small = skia.Image.fromarray(levels, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    if cells == _TILE:
        return small
    canvas = Canvas(_TILE, _TILE)
    fit = skia.Matrix.Scale(_TILE / cells, _TILE / cells)
    shader = small.makeShader(skia.TileMode.kRepeat, skia.TileMode.kRepeat, CUBIC, fit)
    canvas.skia.drawPaint(skia.Paint(Shader=shader))
    return canvas.snapshot()
