"""Blur, on the layer's own small bitmap."""

from collections.abc import Hashable
from typing import Final

import skia

from flatrender.engine import gaussian
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers_base import Content, Place
from flatrender.engine.surface import Affine, Bitmap, Pixels, bitmap

_STEP: Final = 0.25
"""Blur changes in steps of this many canvas units, so that a moving blur meets bitmaps that are already there."""
_KEPT: Final = 24


class Blurred:
    """Draws a content blurred. Wide blurs are made at a fraction of the size: nothing that a pixel could show is
    left in them.
    """

    def __init__(self, content: Content, place: Place, kept: int = _KEPT) -> None:
        self._content, self._place, self._most = content, place, kept
        self._made: dict[tuple[Hashable, int], KeptBitmap] = {}

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, blur: float, paint: skia.Paint) -> None:
        """Draw with a Gaussian blur of standard deviation `blur` (canvas units)."""
        step = max(1, round(blur / _STEP))
        key = (self._content.state(t), step)
        kept = self._made.get(key)
        if kept is None:
            if len(self._made) >= self._most:
                self._made.clear()
            kept = self._made[key] = KeptBitmap()
        kept.get(None, lambda: self._make(t, step * _STEP)).draw(canvas, base, paint)

    def _make(self, t: float, sigma: float) -> Bitmap:
        scale = min(self._place.scale, max(self._place.scale / 8, 3 / sigma))
        reach = 3 * sigma
        left, top, right, bottom = self._content.extent(Affine(), t)
        wide = sigma * scale > gaussian.WIDEST

        def draw(canvas: skia.Canvas, base: Affine) -> None:
            before = canvas.save()
            canvas.resetMatrix()
            if wide:
                canvas.saveLayer(paint=skia.Paint(ImageFilter=skia.ImageFilters.Blur(sigma * base.a, sigma * base.a)))
            self._content.draw(canvas, base, t, skia.Paint())
            canvas.restoreToCount(before)

        def soften(pixels: Pixels, scale: float) -> None:
            gaussian.blur(pixels, sigma * scale)

        around = (left - reach, top - reach, right + reach, bottom + reach)
        return bitmap(around, self._place.origin, scale, draw, grade=None if wide else soften)
