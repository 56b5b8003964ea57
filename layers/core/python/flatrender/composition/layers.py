"""The layer types of a composition, and the union of them all."""

from typing import Annotated, Any, Literal

from pydantic import Field

from flatrender.composition import layers_base, limits
from flatrender.composition.audio import Duck, Role
from flatrender.composition.layers_base import Geometry, LayerBase, Stroke, Trim
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.layers_lottie import LottieLayer
from flatrender.composition.layers_svg import SvgLayer
from flatrender.composition.layers_text import CounterLayer, TextLayer
from flatrender.composition.layers_waveform import WaveformLayer
from flatrender.composition.timing import TimeMap
from flatrender.composition.values import (
    AnimatedColor,
    AnimatedFraction,
    AnimatedVolume,
    AssetId,
    Box,
    Easing,
    Gradient,
    Length,
    Name,
    Paint,
    Point,
    Seconds,
    Strict,
)


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
    """Video; `trim_start` and `trim_end` are seconds of the source, before `speed` applies. Its sound is mixed as a
    track of `audio_role` would be.
    """

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
    audio_role: Role = "effect"
    duck: Duck | None = None


class ShapeLayer(LayerBase):
    type: Literal["shape"]
    box: Box
    geometry: Geometry
    fill: Paint | None = "#ffffff"
    stroke: Stroke | None = None
    trim: Trim | None = None


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


class GroupLayer(LayerBase):
    """Layers that move as one. Their coordinates count from the group's box, their times from the group's start, as
    `time` lets it run.
    """

    type: Literal["group"]
    box: Box | None = None
    clip: bool = False
    time: TimeMap | None = None
    layers: Annotated[list["Layer"], Field(max_length=limits.MAX_LAYERS)]


class CompositionLayer(LayerBase):
    """One of the document's `compositions`, scaled to fit the box. Its own time starts with the layer.

    `properties` are values for what it declares as its properties; a file is given as `{"asset": id}`.
    """

    type: Literal["composition"]
    composition: Name
    box: Box | None = None
    time: TimeMap | None = None
    properties: Annotated[dict[Name, Any], Field(max_length=limits.MAX_PROPERTIES)] = Field(default_factory=dict)


Layer = Annotated[
    TextLayer
    | ImageLayer
    | VideoLayer
    | SvgLayer
    | LottieLayer
    | ShapeLayer
    | SolidLayer
    | GradientLayer
    | ProgressLayer
    | CounterLayer
    | CaptionsLayer
    | WaveformLayer
    | GroupLayer
    | CompositionLayer,
    Field(discriminator="type"),
]
# A matte is a layer again. Pydantic finds the name there when a composition is first read; to build the models now
# would cost every function that imports them a tenth of a second.
vars(layers_base)["Layer"] = Layer
