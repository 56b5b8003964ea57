"""Shadows of contents that are drawn anew in every frame: moving pictures, videos, groups."""

from collections.abc import Callable, Hashable
from typing import Final

import skia

from flatrender.composition.layers_base import Shadow
from flatrender.engine import gaussian
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers_base import Bounds, Content, Kit, Place
from flatrender.engine.paints import color4f
from flatrender.engine.shadows import fraction, shadowed
from flatrender.engine.surface import Affine, Bitmap, Pixels, bitmap

_PLAIN: Final = skia.BlendMode.kSrcOver


class Shaded:
    """A content above its own shadow.

    The shadow is a small bitmap of its own, made again only when the outline of the content changes: `outline` is equal
    for two times at which it does not. By default that is the content's whole state.
    """

    def __init__(
        self,
        inner: Content,
        shadow: Shadow,
        place: Place,
        kit: Kit,
        outline: Callable[[float], Hashable] | None = None,
    ) -> None:
        self.inner, self.heavy = inner, inner.heavy
        self.bounds: Bounds = shadowed(inner.bounds, shadow)
        self._shadow, self._place = shadow, place
        self._outline = outline or inner.state
        self._color = color4f(kit.palette.parse(shadow.color)).toColor()
        self._cast = KeptBitmap()

    def state(self, t: float) -> Hashable:
        return self.inner.state(t)

    def opaque(self, t: float) -> bool:
        return self.inner.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        content, shadow = self.inner.extent(base, t), self._under(base).bounds(*self._box(t))
        return (
            min(content[0], shadow[0]),
            min(content[1], shadow[1]),
            max(content[2], shadow[2]),
            max(content[3], shadow[3]),
        )

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        # Where the two are not simply put above each other, they are first made one: a shadow does not shine through.
        as_one = paint.getAlphaf() < 1 or paint.getBlendMode() != _PLAIN
        canvas.save()
        if as_one:
            left, top, right, bottom = self.extent(base, t)
            canvas.resetMatrix()
            canvas.saveLayer(skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1), paint)
        self._made(t).draw(canvas, self._under(base))
        self.inner.draw(canvas, base, t, skia.Paint())
        if as_one:
            canvas.restore()
        canvas.restore()

    def _under(self, base: Affine) -> Affine:
        return base.translate(self._shadow.x, self._shadow.y)

    def _made(self, t: float) -> Bitmap:
        """The shadow, in the layer's units, not yet moved aside."""
        return self._cast.get(self._outline(t), lambda: self._make(t))

    def _box(self, t: float) -> Bounds:
        return self._cast.box(self._outline(t), lambda: self._make(t))

    def _make(self, t: float) -> Bitmap:
        sigma = self._shadow.blur / 2
        scale = self._place.scale / fraction(sigma * self._place.scale)
        reach = 3 * sigma + 2 / scale
        left, top, right, bottom = self.inner.extent(Affine(), t)
        tint = skia.Paint(ColorFilter=skia.ColorFilters.Blend(self._color, skia.BlendMode.kSrcIn))

        def draw(canvas: skia.Canvas, base: Affine) -> None:
            canvas.save()
            canvas.resetMatrix()
            canvas.saveLayer(paint=tint)
            self.inner.draw(canvas, base, t, skia.Paint())
            canvas.restore()
            canvas.restore()

        def soften(pixels: Pixels, scale: float) -> None:
            gaussian.blur(pixels, sigma * scale)

        around = (left - reach, top - reach, right + reach, bottom + reach)
        return bitmap(around, self._place.origin, scale, draw, grade=soften)
