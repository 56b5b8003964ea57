"""Effects of a layer: what is done to its finished picture, before it is placed. Beside them a layer has `blur`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.values import AnimatedAngle, AnimatedSmear, AssetId, Color, Fraction, Strict

Look = Literal["warm", "cool", "teal-orange", "film", "faded", "vintage", "noir", "bleach", "cross-process", "night"]


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


class DirectionalBlur(Strict):
    """Smears the layer evenly over `distance` canvas pixels along a line: 0 degrees is from left to right, 90 from top
    to bottom. With `edges: repeat` what lies at the edges of the box goes on beyond them, so that the box stays full.
    """

    angle: AnimatedAngle = 0.0
    distance: AnimatedSmear = 40.0
    edges: Literal["fade", "repeat"] = "fade"


class ChromaKey(Strict):
    """Makes transparent what has the colour of a green or blue screen, however bright.

    Colours within `similarity` of it vanish (1 is as far as grey is from it), those up to `smoothness` farther away do
    so partly; `spill` takes the tint of the screen out of what is left.
    """

    color: Color = "#00d000"
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.4
    smoothness: Fraction = 0.2
    spill: Fraction = 0.8


class Lut(Strict):
    """Colours by a table: a built-in `look`, or an uploaded `.cube` file. `intensity` mixes it with the original."""

    look: Look | None = None
    asset: AssetId | None = None
    intensity: Fraction = 1.0

    @model_validator(mode="after")
    def _one(self) -> "Lut":
        if (self.look is None) == (self.asset is None):
            raise PydanticCustomError("lut", "needs either a 'look' or an 'asset'")
        return self


class Grain(Strict):
    """The grain of film over what the layer shows, new in every frame unless `moving` is false.

    `size` is that of a grain in canvas pixels. The same `seed` gives the same grain.
    """

    intensity: Fraction = 0.2
    size: Annotated[float, Field(ge=1, le=16)] = 1.5
    monochrome: bool = True
    moving: bool = True
    seed: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Effects(Strict):
    """They work in this order, whatever the order of the fields: chroma key, adjust, LUT, vignette, glow, directional
    blur, grain; a shadow comes after them.
    """

    chroma_key: ChromaKey | None = None
    lut: Lut | None = None
    grain: Grain | None = None
    adjust: Adjust | None = None
    vignette: Vignette | None = None
    glow: Glow | None = None
    directional_blur: DirectionalBlur | None = None
