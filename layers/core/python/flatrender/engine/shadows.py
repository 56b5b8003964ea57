"""Drop shadows, blurred on a small bitmap of their own."""

import math
from collections.abc import Callable
from typing import Final

import skia

from flatrender.composition.layers_base import Shadow
from flatrender.engine import gaussian
from flatrender.engine.paints import Palette, color4f
from flatrender.engine.surface import LINEAR, Canvas

_SHARP: Final = 2.0
"""Pixels; a blur is made at a fraction of the size as long as its deviation stays above this there."""

type Bounds = tuple[float, float, float, float]


def shadowed(bounds: Bounds, shadow: Shadow | None) -> Bounds:
    """Bounds with room for a shadow."""
    if shadow is None:
        return bounds
    reach = 2 * shadow.blur + max(abs(shadow.x), abs(shadow.y)) + 4
    return bounds[0] - reach, bounds[1] - reach, bounds[2] + reach, bounds[3] + reach


def fraction(sigma: float) -> int:
    """By how much a bitmap may be made smaller before it is blurred with a deviation of `sigma` pixels."""
    return max(1, int(sigma / _SHARP))


def room(shadow: Shadow | None) -> float:
    """By how many canvas units a picture with its shadow is larger on each side."""
    return 1.5 * shadow.blur + max(abs(shadow.x), abs(shadow.y)) if shadow else 0.0


def caster(shadow: Shadow, palette: Palette) -> Callable[[skia.Image, float], tuple[skia.Image, int]]:
    """A function that lays a shadow under an image of so many pixels per canvas unit; its result is larger by the
    returned pixels on each side, which are `room`.

    The shadow's blur counts like CSS: twice the standard deviation, in canvas units.
    """
    tint = skia.ColorFilters.Blend(color4f(palette.parse(shadow.color)).toColor(), skia.BlendMode.kSrcIn)

    def cast(image: skia.Image, scale: float) -> tuple[skia.Image, int]:
        sigma, dx, dy = shadow.blur * scale / 2, shadow.x * scale, shadow.y * scale
        small, grown = fraction(sigma), math.ceil(room(shadow) * scale) + 2
        width, height = image.width() + 2 * grown, image.height() + 2 * grown
        blurred = Canvas(math.ceil(width / small), math.ceil(height / small))
        blurred.skia.scale(1 / small, 1 / small)
        blurred.skia.drawImage(image, grown, grown, LINEAR, skia.Paint(ColorFilter=tint))
        gaussian.blur(blurred.pixels, sigma / small)
        whole = Canvas(width, height)
        whole.skia.save()
        whole.skia.translate(dx, dy)
        whole.skia.scale(small, small)
        whole.skia.drawImage(blurred.image(), 0, 0, LINEAR)
        whole.skia.restore()
        whole.skia.drawImage(image, grown, grown)
        return whole.snapshot(), grown

    return cast
