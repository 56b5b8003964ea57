"""Effects of a layer: what is done to its finished picture, before it is placed. Beside them a layer has `blur`."""

from typing import Annotated

from pydantic import Field

from flatrender.composition import limits
from flatrender.composition.values import Color, Fraction, Strict


class Adjust(Strict):
    """Colours turned by `hue` degrees, then `saturation` (0 is grey), `contrast` (around the middle) and `brightness`
    (added).
    """

    brightness: Annotated[float, Field(ge=-1, le=1)] = 0.0
    contrast: Annotated[float, Field(ge=0, le=3)] = 1.0
    saturation: Annotated[float, Field(ge=0, le=3)] = 1.0
    hue: Annotated[float, Field(ge=-180, le=180)] = 0.0


class Vignette(Strict):
    """Darkens the corners of the layer's box; `softness` is how far towards the middle that reaches."""

    color: Color = "#000000"
    amount: Fraction = 0.5
    softness: Annotated[float, Field(ge=0.05, le=1)] = 0.6


class Glow(Strict):
    """Light around what the layer shows, of its own colours or of `color`. `radius` in canvas pixels."""

    color: Color | None = None
    radius: Annotated[float, Field(gt=0, le=limits.MAX_BLUR)] = 24.0
    intensity: Annotated[float, Field(gt=0, le=3)] = 1.0


class Effects(Strict):
    """They work in this order, whatever the order of the fields: adjust, vignette, glow; a shadow comes after them."""

    adjust: Adjust | None = None
    vignette: Vignette | None = None
    glow: Glow | None = None
