"""Layers of a composition: what is drawn, where, when, and how it moves."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flatrender.composition import limits
from flatrender.composition.effects import Effects
from flatrender.composition.values import (
    AnimatedAngle,
    AnimatedBlur,
    AnimatedColor,
    AnimatedFraction,
    AnimatedLength,
    AnimatedNumber,
    AnimatedScale,
    AnimatedVolume,
    AssetId,
    Blur,
    Box,
    Color,
    Easing,
    Gradient,
    Length,
    Paint,
    Point,
    Seconds,
    Strict,
    Weight,
)

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


class Path(Strict):
    """SVG path data, in the coordinates of `view_box` (`[x, y, width, height]`), stretched to the box of the layer."""

    type: Literal["path"]
    data: Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_PATH)]
    view_box: Box


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
    effects: Effects | None = None


class Run(Strict):
    """A stretch of text; what is not given is taken from its layer."""

    text: Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)]
    font: FontName | None = None
    size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] | None = None
    weight: Weight | None = None
    italic: bool | None = None
    underline: bool = False
    fill: AnimatedColor | None = None


class TextAnimation(Strict):
    """Brings text in line by line or word by word, each `stagger` seconds after the one before.

    In long texts they follow each other faster, so that the last one sets out `within` seconds at the latest.
    """

    by: Literal["line", "word"] = "word"
    preset: Literal["fade", "rise", "drop", "zoom", "slide"] = "rise"
    duration: Annotated[float, Field(gt=0, le=10)] = 0.5
    stagger: Annotated[float, Field(ge=0, le=5)] = 0.08
    within: Annotated[float, Field(ge=0, le=60)] = 2.0
    distance: Annotated[float, Field(ge=0, le=1000)] = 40
    easing: Easing = "ease-out-quint"


class Plate(Strict):
    """A filled rectangle behind the text, as large as the text needs plus `padding` (`[horizontal, vertical]`)."""

    fill: Paint
    padding: Annotated[list[Length], Field(min_length=2, max_length=2)] = Field(default_factory=lambda: [24.0, 12.0])
    radius: Length = 0.0


class TextStyle(Strict):
    font: FontName = "theme:body"
    size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = 48
    weight: Weight | None = None
    italic: bool = False
    fill: Paint = "#ffffff"
    letter_spacing: Annotated[float, Field(ge=-0.2, le=2)] = 0.0
    line_height: Annotated[float, Field(ge=0.5, le=4)] = 1.2
    stroke: Stroke | None = None


class TextLayer(LayerBase):
    """Text wrapped into its box.

    `fit: shrink` makes it smaller, down to `min_size`, until it fits; what still does not fit ends in an ellipsis.
    `wrap: balance` makes lines of even length. `start` and `end` follow the direction of each paragraph.
    """

    type: Literal["text"]
    box: Box
    runs: Annotated[list[Run], Field(min_length=1, max_length=limits.MAX_RUNS)]
    style: TextStyle = Field(default_factory=TextStyle)
    align: Literal["start", "center", "end", "left", "right", "justify"] = "start"
    vertical: Literal["top", "middle", "bottom"] = "top"
    direction: Literal["auto", "ltr", "rtl"] = "auto"
    fit: Literal["none", "shrink"] = "shrink"
    min_size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = 16
    max_lines: Annotated[int, Field(ge=1, le=100)] | None = None
    wrap: Literal["greedy", "balance"] = "greedy"
    plate: Plate | None = None
    animation: TextAnimation | None = None


class View(Strict):
    """Which part of a picture is seen: `focus` is the point kept in the middle, `zoom` 1 fills the box exactly."""

    focus: Point = Field(default_factory=lambda: [0.5, 0.5])
    zoom: Annotated[float, Field(ge=1, le=8)] = 1.0


class KenBurns(Strict):
    """A slow move over a picture from one view to another, over the life of the layer."""

    start: View = Field(default_factory=View)
    end: View = Field(default_factory=lambda: View(zoom=1.15))
    easing: Easing = "linear"


class ImageLayer(LayerBase):
    type: Literal["image"]
    asset: AssetId
    box: Box | None = None
    fit: Literal["cover", "contain"] = "cover"
    focus: Point = Field(default_factory=lambda: [0.5, 0.5])
    ken_burns: KenBurns | None = None
    radius: Length = 0.0
    stroke: Stroke | None = None


class VideoLayer(LayerBase):
    """Video; `trim_start` and `trim_end` are seconds of the source, before `speed` applies."""

    type: Literal["video"]
    asset: AssetId
    box: Box | None = None
    fit: Literal["cover", "contain"] = "cover"
    focus: Point = Field(default_factory=lambda: [0.5, 0.5])
    radius: Length = 0.0
    trim_start: Seconds = 0.0
    trim_end: Seconds | None = None
    speed: Annotated[float, Field(ge=0.1, le=8)] = 1.0
    loop: bool = False
    volume: AnimatedVolume = 1.0


class ShapeLayer(LayerBase):
    type: Literal["shape"]
    box: Box
    geometry: Geometry
    fill: Paint | None = "#ffffff"
    stroke: Stroke | None = None


class SolidLayer(LayerBase):
    type: Literal["solid"]
    color: AnimatedColor
    box: Box | None = None


class GradientLayer(LayerBase):
    type: Literal["gradient"]
    gradient: Gradient
    box: Box | None = None


class ProgressLayer(LayerBase):
    """A bar that fills over the life of the layer, or as `value` says."""

    type: Literal["progress"]
    box: Box
    fill: Paint = "#ffffff"
    track: Paint | None = "#ffffff40"
    radius: Length = 0.0
    direction: Literal["right", "left", "up", "down"] = "right"
    value: AnimatedFraction | None = None


class CounterLayer(LayerBase):
    """A number that runs `from_value` → `to_value` over `count_duration` (default: the life of the layer)."""

    type: Literal["counter"]
    box: Box
    from_value: Annotated[float, Field(ge=-1e12, le=1e12)] = 0.0
    to_value: Annotated[float, Field(ge=-1e12, le=1e12)]
    count_duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)] | None = None
    easing: Easing = "ease-out"
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    grouping: bool = True
    digits: Literal["latin", "persian", "arabic"] = "latin"
    prefix: Annotated[str, StringConstraints(max_length=40)] = ""
    suffix: Annotated[str, StringConstraints(max_length=40)] = ""
    style: TextStyle = Field(default_factory=TextStyle)
    align: Literal["left", "center", "right"] = "center"
    vertical: Literal["top", "middle", "bottom"] = "middle"


class GroupLayer(LayerBase):
    """Layers that move as one. Their coordinates count from the group's box, their times from the group's start."""

    type: Literal["group"]
    box: Box | None = None
    clip: bool = False
    layers: Annotated[list["Layer"], Field(max_length=limits.MAX_LAYERS)]


Layer = Annotated[
    TextLayer
    | ImageLayer
    | VideoLayer
    | ShapeLayer
    | SolidLayer
    | GradientLayer
    | ProgressLayer
    | CounterLayer
    | GroupLayer,
    Field(discriminator="type"),
]
GroupLayer.model_rebuild()
