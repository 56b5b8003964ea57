"""What all layers of a composition share: where they are, how they move, what covers them."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, Tag

from flatrender.composition import limits
from flatrender.composition.effects import Effects
from flatrender.composition.values import (
    Animated,
    AnimatedAngle,
    AnimatedBlur,
    AnimatedColor,
    AnimatedFraction,
    AnimatedLength,
    AnimatedNumber,
    AnimatedScale,
    Blur,
    Box,
    Color,
    Easing,
    Keyframes,
    Point,
    Seconds,
    Strict,
)

if TYPE_CHECKING:
    from flatrender.composition.layers import Layer

BlendMode = Literal[
    "normal", "multiply", "screen", "overlay", "darken", "lighten", "add", "soft-light", "hard-light",
    "color-dodge", "color-burn", "difference", "exclusion", "hue", "saturation", "color", "luminosity",
]  # fmt: skip
Preset = Literal[
    "fade", "rise", "drop", "slide-left", "slide-right", "zoom-in", "zoom-out",
    "wipe-left", "wipe-right", "wipe-up", "wipe-down",
]  # fmt: skip
FontName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
"""A family of the font manifest, or `theme:<role>`."""


class Transform(Strict):
    """Moves a layer from where its box puts it. Scaling and rotation turn around `anchor`, a fraction of the box."""

    x: AnimatedNumber = 0.0
    y: AnimatedNumber = 0.0
    anchor: Point = Field(default_factory=lambda: [0.5, 0.5])
    scale: AnimatedScale = 1.0
    scale_x: AnimatedScale = 1.0
    scale_y: AnimatedScale = 1.0
    rotation: AnimatedAngle = 0.0
    opacity: AnimatedFraction = 1.0


class Motion(Strict):
    """A ready-made way in or out. `slide-left` moves towards the left; `distance` is in canvas pixels."""

    preset: Preset
    duration: Annotated[float, Field(gt=0, le=10)] = 0.6
    distance: Annotated[float, Field(ge=0, le=4096)] = 60
    easing: Easing = "ease-out-quint"


class Shadow(Strict):
    color: Color = "#00000080"
    x: Annotated[float, Field(ge=-200, le=200)] = 0
    y: Annotated[float, Field(ge=-200, le=200)] = 4
    blur: Blur = 8


class Stroke(Strict):
    color: AnimatedColor
    width: Annotated[float, Field(gt=0, le=200)] = 2


class Rectangle(Strict):
    type: Literal["rectangle"]
    radius: AnimatedLength = 0.0


class Ellipse(Strict):
    type: Literal["ellipse"]


PathData = Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_PATH), Field(title="PathData")]
AnimatedPath = Annotated[
    Annotated[PathData, Tag("=constant")] | Annotated[Keyframes[PathData], Tag("=keyframes")], Animated
]


class Path(Strict):
    """SVG path data, in the coordinates of `view_box` (`[x, y, width, height]`), stretched to the box of the layer.

    Paths of keyframes that are made of the same commands flow into each other.
    """

    type: Literal["path"]
    data: AnimatedPath
    view_box: Box


class Trim(Strict):
    """The part of a stroke that is drawn: from `start` to `end`, fractions of its length, both moved on by `offset`
    (1 is once around). `cap` is the form of its ends.
    """

    start: AnimatedFraction = 0.0
    end: AnimatedFraction = 1.0
    offset: AnimatedNumber = 0.0
    cap: Literal["butt", "round", "square"] = "round"


Geometry = Annotated[Rectangle | Ellipse | Path, Field(discriminator="type")]


class Mask(Strict):
    """The layer is seen only where this shape lies (`invert`: only where it does not), in the units of its box.

    Without `box` the shape takes the whole box of the layer. `feather` softens the edge like a blur. Effects and shadow
    are those of what is left.
    """

    geometry: Geometry = Field(default_factory=lambda: Rectangle(type="rectangle"))
    box: Box | None = None
    transform: Transform = Field(default_factory=Transform)
    feather: AnimatedBlur = 0.0
    invert: bool = False


class LayerMask(Mask):
    """One of several masks. They are put together in order: `add` shows more, `subtract` less, `intersect` only what
    both show. When the first one does not add, all is shown before it.
    """

    mode: Literal["add", "subtract", "intersect"] = "add"


class Matte(Strict):
    """Another layer, not drawn itself, by whose alpha or luma the layer is seen.

    It lies in what holds the layer and does not move with it; its times count from the start of the layer.
    """

    layer: "Layer"
    mode: Literal["alpha", "alpha-inverted", "luma", "luma-inverted"] = "alpha"


class LayerBase(Strict):
    """`start` counts in seconds from the start of the scene (overlays: of the whole, in groups: of the group).

    Without `duration` a layer lasts as long as what holds it.
    """

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    start: Seconds = 0.0
    duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)] | None = None
    transform: Transform = Field(default_factory=Transform)
    enter: Motion | None = None
    exit: Motion | None = None
    blend: BlendMode = "normal"
    blur: AnimatedBlur = 0.0
    shadow: Shadow | None = None
    mask: Mask | None = None
    masks: Annotated[list[LayerMask], Field(max_length=limits.MAX_MASKS)] = Field(default_factory=list)
    matte: Matte | None = None
    effects: Effects | None = None
