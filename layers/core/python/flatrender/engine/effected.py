"""Effects of a layer: its colours adjusted, its edges darkened, a glow around it; in this order."""

import math
from collections.abc import Hashable
from typing import Final

import skia

from flatrender.composition.effects import Adjust, Effects, Glow, Vignette
from flatrender.engine import gaussian
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers_base import Bounds, Content, Kit, Place
from flatrender.engine.paints import color4f
from flatrender.engine.shadows import fraction
from flatrender.engine.surface import LINEAR, Affine, Bitmap, Canvas, bitmap

_LUMA: Final = (0.2126, 0.7152, 0.0722)
_PLAIN: Final = skia.BlendMode.kSrcOver
_STEPS: Final = 16
"""Stops of a vignette's gradient."""
_REACH: Final = 1.5
"""Radii of a glow, which are two of its standard deviations each, beyond which nothing is seen of it."""

type Matrix = list[list[float]]
"""Four rows of red, green, blue, alpha and offset, in 0…1."""


def matrix(adjust: Adjust) -> Matrix:
    """The colour matrix of an adjustment: hue, saturation, contrast, brightness, one after the other."""
    radians = math.radians(adjust.hue)
    cos, sin = math.cos(radians), math.sin(radians)
    r, g, b = _LUMA
    # Turns colours around the grey axis and leaves their luma alone (the matrix of SVG's feColorMatrix hueRotate).
    hue = [
        [r + cos * (1 - r) - sin * r, g - cos * g - sin * g, b - cos * b + sin * (1 - b)],
        [r - cos * r + sin * 0.143, g + cos * (1 - g) + sin * 0.140, b - cos * b - sin * 0.283],
        [r - cos * r - sin * (1 - r), g - cos * g + sin * g, b + cos * (1 - b) + sin * b],
    ]
    s = adjust.saturation
    grey = [[luma * (1 - s) + (s if row == column else 0.0) for column, luma in enumerate(_LUMA)] for row in range(3)]
    turned = [[sum(grey[i][k] * hue[k][j] for k in range(3)) for j in range(3)] for i in range(3)]
    offset = 0.5 - 0.5 * adjust.contrast + adjust.brightness
    rows = [[*(value * adjust.contrast for value in row), 0.0, offset] for row in turned]
    return [*rows, [0.0, 0.0, 0.0, 1.0, 0.0]]


class Effected:
    """A content with effects. What they make of it is kept as long as the content does not change."""

    def __init__(self, inner: Content, effects: Effects, place: Place, kit: Kit) -> None:
        self.inner, self.heavy = inner, inner.heavy
        self._place, self._kit, self._effects = place, kit, effects
        reach = _REACH * effects.glow.radius + 4 if effects.glow else 0.0
        left, top, right, bottom = inner.bounds
        self.bounds: Bounds = (left - reach, top - reach, right + reach, bottom + reach)
        adjust = effects.adjust
        self._colors = skia.ColorFilters.Matrix([v for row in matrix(adjust) for v in row]) if adjust else None
        self._made, self._shade = KeptBitmap(), KeptBitmap()

    def state(self, t: float) -> Hashable:
        return self.inner.state(t)

    def opaque(self, t: float) -> bool:
        return self.inner.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        return (
            self.inner.extent(base, t)
            if self._only_vignette(t)
            else base.bounds(*self._made.box(self.inner.state(t), lambda: self._make(t)))
        )

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        if not self._only_vignette(t):
            self._bitmap(t).draw(canvas, base, paint)
            return
        # A full box that moves in itself, such as a photo: only the cached shade is laid over every frame of it.
        as_one = paint.getAlphaf() < 1 or paint.getBlendMode() != _PLAIN
        canvas.save()
        if as_one:
            left, top, right, bottom = self.extent(base, t)
            canvas.resetMatrix()
            canvas.saveLayer(skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1), paint)
        self.inner.draw(canvas, base, t, skia.Paint())
        self._shaded().draw(canvas, base)
        if as_one:
            canvas.restore()
        canvas.restore()

    def _only_vignette(self, t: float) -> bool:
        return self._colors is None and self._effects.glow is None and self.inner.opaque(t)

    def _shaded(self) -> Bitmap:
        box, place = (0.0, 0.0, self._place.width, self._place.height), self._place
        return self._shade.get(
            None, lambda: bitmap(box, place.origin, place.scale, lambda c, _b: self._darken(c, _PLAIN))
        )

    def _darken(self, canvas: skia.Canvas, blend: skia.BlendMode) -> None:
        """Draw the vignette over the box of the layer, in its units."""
        vignette = self._effects.vignette
        if vignette is None:
            return
        width, height = self._place.width, self._place.height
        canvas.save()
        canvas.translate(width / 2, height / 2)
        canvas.scale(width / 2, height / 2)
        paint = skia.Paint(Shader=_vignette(vignette, self._kit), BlendMode=blend, Dither=True)
        canvas.drawRect(skia.Rect.MakeLTRB(-1, -1, 1, 1), paint)
        canvas.restore()

    def _bitmap(self, t: float) -> Bitmap:
        return self._made.get(self.inner.state(t), lambda: self._make(t))

    def _make(self, t: float) -> Bitmap:
        def draw(canvas: skia.Canvas, base: Affine) -> None:
            canvas.save()
            canvas.resetMatrix()
            canvas.saveLayer(paint=skia.Paint(ColorFilter=self._colors))
            self.inner.draw(canvas, base, t, skia.Paint())
            canvas.restore()
            canvas.setMatrix(base.matrix())
            self._darken(canvas, skia.BlendMode.kSrcATop)
            canvas.restore()

        bounds, glow = self.inner.extent(Affine(), t), self._effects.glow
        lit, room = (self._glowing, _REACH * glow.radius) if glow else (None, 0.0)
        return bitmap(bounds, self._place.origin, self._place.scale, draw, lit, room=room)

    def _glowing(self, image: skia.Image, scale: float) -> tuple[skia.Image, int]:
        """The image, of so many pixels per canvas unit, above its glow, and by how many pixels that is larger on each
        side.
        """
        glow = self._effects.glow or Glow()
        sigma = glow.radius * scale / 2
        small, room = fraction(sigma), math.ceil(_REACH * glow.radius * scale) + 2
        width, height = image.width() + 2 * room, image.height() + 2 * room
        light = Canvas(math.ceil(width / small), math.ceil(height / small))
        tinted = skia.Paint()
        if glow.color is not None:
            tint = color4f(self._kit.palette.parse(glow.color)).toColor()
            tinted.setColorFilter(skia.ColorFilters.Blend(tint, skia.BlendMode.kSrcIn))
        light.skia.scale(1 / small, 1 / small)
        light.skia.drawImage(image, room, room, LINEAR, tinted)
        gaussian.blur(light.pixels, sigma / small)
        whole = Canvas(width, height)
        whole.skia.save()
        whole.skia.scale(small, small)
        strength = glow.intensity
        while strength > 0:
            whole.skia.drawImage(light.image(), 0, 0, LINEAR, skia.Paint(Alphaf=min(1.0, strength)))
            strength -= 1
        whole.skia.restore()
        whole.skia.drawImage(image, room, room)
        return whole.snapshot(), room


def _vignette(vignette: Vignette, kit: Kit) -> skia.Shader:
    """Clear in the middle, `amount` of the colour in the corners, on a box from -1 to 1."""
    color = kit.palette.parse(vignette.color)
    corner = math.sqrt(2)
    inner = corner * (1 - vignette.softness)
    stops = [inner + (corner - inner) * step / _STEPS for step in range(_STEPS + 1)]
    colors = []
    for step in range(_STEPS + 1):
        p = step / _STEPS
        colors.append(color4f(color, vignette.amount * p * p * (3 - 2 * p)).toColor())
    return skia.GradientShader.MakeRadial(skia.Point(0, 0), corner, colors, [stop / corner for stop in stops])
