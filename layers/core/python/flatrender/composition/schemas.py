"""The document format `flatrender.composition/1`, as strict models.

A composition is a canvas, a theme, scenes one after another on one timeline, layers over all of them, and audio. New
layer types, transitions and easings are added as further members of the unions below; a document that is valid today
stays valid.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.audio import AudioTrack, Loudness
from flatrender.composition.layers import Layer
from flatrender.composition.template import TemplateDefinition
from flatrender.composition.values import Color, Name, Paint, Strict, Weight
from flatrender.composition.version import FORMAT

__all__ = ["AudioTrack", "Canvas", "Composition", "FontRole", "Scene", "TemplateDefinition", "Theme", "Transition"]

Side = Annotated[int, Field(ge=limits.MIN_CANVAS, le=limits.MAX_CANVAS)]
Overlap = Annotated[float, Field(gt=0, le=limits.MAX_TRANSITION)]
Direction = Literal["left", "right", "up", "down"]


class Canvas(Strict):
    """The picture: size in pixels (both even, as video needs), frames per second, and what lies behind everything."""

    width: Side
    height: Side
    fps: Annotated[int, Field(ge=limits.MIN_FPS, le=limits.MAX_FPS)] = 30
    background: Paint = "#000000"

    @model_validator(mode="after")
    def _possible(self) -> "Canvas":
        if self.width % 2 or self.height % 2:
            raise PydanticCustomError("canvas_size", "width and height must be even numbers")
        if self.width * self.height > limits.MAX_CANVAS_PIXELS:
            raise PydanticCustomError("canvas_size", "the canvas may have at most 4096 x 2304 pixels")
        return self


class FontRole(Strict):
    family: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    weight: Weight = 400


class Theme(Strict):
    """Colours and fonts by role; layers name them as `theme:<role>`."""

    colors: Annotated[dict[Name, Color], Field(max_length=limits.MAX_THEME_ENTRIES)] = Field(default_factory=dict)
    fonts: Annotated[dict[Name, FontRole], Field(max_length=limits.MAX_THEME_ENTRIES)] = Field(default_factory=dict)


class Cut(Strict):
    type: Literal["cut"]


class CrossFade(Strict):
    type: Literal["cross-fade"]
    duration: Overlap = 0.8


class Slide(Strict):
    """The new scene pushes the old one out; `direction` is where things move to."""

    type: Literal["slide"]
    duration: Overlap = 0.8
    direction: Direction = "left"


class Wipe(Strict):
    """The new scene is uncovered by an edge that moves towards `direction`."""

    type: Literal["wipe"]
    duration: Overlap = 0.8
    direction: Direction = "left"
    softness: Annotated[float, Field(ge=0, le=1)] = 0.1


class Zoom(Strict):
    """The old scene grows and fades while the new one comes up from behind."""

    type: Literal["zoom"]
    duration: Overlap = 0.8
    amount: Annotated[float, Field(ge=0.05, le=2)] = 0.4


class Dip(Strict):
    """The old scene fades into a colour, the new one out of it."""

    type: Literal["dip"]
    duration: Overlap = 0.8
    color: Color = "#000000"


Transition = Annotated[Cut | CrossFade | Slide | Wipe | Zoom | Dip, Field(discriminator="type")]


class Scene(Strict):
    """`transition` leads from the scene before into this one; both overlap while it lasts."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    duration: Annotated[float, Field(ge=limits.MIN_SCENE, le=limits.MAX_DURATION)]
    transition: Transition = Field(default_factory=lambda: Cut(type="cut"))
    background: Paint | None = None
    layers: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)] = Field(default_factory=list)


class Composition(Strict):
    format: Literal["flatrender.composition/1"] = FORMAT
    canvas: Canvas
    theme: Theme = Field(default_factory=Theme)
    scenes: Annotated[list[Scene], Field(min_length=1, max_length=limits.MAX_SCENES)]
    overlays: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)] = Field(default_factory=list)
    audio: Annotated[list[AudioTrack], Field(max_length=limits.MAX_AUDIO_TRACKS)] = Field(default_factory=list)
    loudness: Loudness | None = None

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last scene; transitions overlap their two scenes."""
        total = sum(scene.duration for scene in self.scenes)
        overlap = sum(getattr(scene.transition, "duration", 0.0) for scene in self.scenes[1:])
        return round(total - overlap, 6)
