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


def caster(shadow: Shadow, palette: Palette, scale: float) -> Callable[[skia.Image], tuple[skia.Image, int]]:
    """A function that lays a shadow under an image; its result is larger by the returned pixels on each side.

    The shadow's blur counts like CSS: twice the standard deviation, in canvas units.
    """
    sigma = shadow.blur * scale / 2
    small = fraction(sigma)
    dx, dy = shadow.x * scale, shadow.y * scale
    room = math.ceil(3 * sigma + max(abs(dx), abs(dy))) + 2
    tint = skia.ColorFilters.Blend(color4f(palette.parse(shadow.color)).toColor(), skia.BlendMode.kSrcIn)

    def cast(image: skia.Image) -> tuple[skia.Image, int]:
        width, height = image.width() + 2 * room, image.height() + 2 * room
        blurred = Canvas(math.ceil(width / small), math.ceil(height / small))
        blurred.skia.scale(1 / small, 1 / small)
        blurred.skia.drawImage(image, room, room, LINEAR, skia.Paint(ColorFilter=tint))
        gaussian.blur(blurred.pixels, sigma / small)
        whole = Canvas(width, height)
        whole.skia.save()
        whole.skia.translate(dx, dy)
        whole.skia.scale(small, small)
        whole.skia.drawImage(blurred.image(), 0, 0, LINEAR)
        whole.skia.restore()
        whole.skia.drawImage(image, room, room)
        return whole.snapshot(), room

    return cast
