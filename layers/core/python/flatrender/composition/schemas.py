"""The document format `flatrender.composition/1`, as strict models.

A composition is a canvas, a theme, scenes one after another (or one timeline), layers over all of them, and audio. New
layer types, transitions and easings are added as further members of the unions below; a document that is valid today
stays valid.
"""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.audio import AudioTrack, Loudness
from flatrender.composition.layers import Layer
from flatrender.composition.nested import NestedCompositions, expanded
from flatrender.composition.properties import Reference
from flatrender.composition.template import TemplateDefinition
from flatrender.composition.transitions import Cut, Transition
from flatrender.composition.values import Color, Name, Paint, Strict, Weight
from flatrender.composition.version import FORMAT
from flatrender.kernel.faults import Fault

__all__ = ["AudioTrack", "Canvas", "Composition", "FontRole", "Scene", "TemplateDefinition", "Theme", "Transition"]

Side = Annotated[int, Field(ge=limits.MIN_CANVAS, le=limits.MAX_CANVAS)]


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


class Scene(Strict):
    """`transition` leads from the scene before into this one; both overlap while it lasts."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    duration: Annotated[float, Field(ge=limits.MIN_SCENE, le=limits.MAX_DURATION)]
    transition: Transition = Field(default_factory=lambda: Cut(type="cut"))
    background: Paint | None = None
    layers: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)] = Field(default_factory=list)


class Timeline(Strict):
    """All layers on one timeline, instead of scenes."""

    duration: Annotated[float, Field(ge=limits.MIN_SCENE, le=limits.MAX_DURATION)]
    background: Paint | None = None
    layers: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)] = Field(default_factory=list)


class Composition(Strict):
    """Has `scenes`, or a `timeline`. `compositions` are used by layers of type `composition`."""

    # Excluded: it is for editors, and no part of what is drawn, hashed or handed on.
    schema_address: Annotated[str, StringConstraints(max_length=limits.MAX_ADDRESS)] | None = Field(
        default=None, alias="$schema", exclude=True
    )
    format: Literal["flatrender.composition/1"] = FORMAT
    canvas: Canvas
    theme: Theme = Field(default_factory=Theme)
    scenes: Annotated[list[Scene], Field(max_length=limits.MAX_SCENES)] = Field(default_factory=list)
    timeline: Timeline | None = None
    overlays: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)] = Field(default_factory=list)
    compositions: NestedCompositions = Field(default_factory=dict)
    audio: Annotated[list[AudioTrack], Field(max_length=limits.MAX_AUDIO_TRACKS)] = Field(default_factory=list)
    loudness: Loudness | None = None

    _faults: list[Fault] = PrivateAttr(default_factory=list)
    _references: list[Reference] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _expand(self) -> "Composition":
        """From here on a timeline is one scene, and a layer of type `composition` a group."""
        if bool(self.scenes) == (self.timeline is not None):
            raise PydanticCustomError("scenes", "needs at least one scene, or a timeline; and not both")
        scenes = self.scenes
        if self.timeline is not None:
            one = self.timeline
            scenes = [Scene(duration=one.duration, background=one.background, layers=one.layers)]
        lists = [(f"{self.scene_pointer(index)}/layers", scene.layers) for index, scene in enumerate(scenes)]
        made = expanded(
            [*lists, ("/overlays", self.overlays)], self.compositions, (self.canvas.width, self.canvas.height)
        )
        *shown, overlays = made.lists
        scenes = [
            scene if layers is scene.layers else scene.model_copy(update={"layers": layers})
            for scene, layers in zip(scenes, shown, strict=True)
        ]
        # The model is frozen for all others.
        self.__dict__.update(scenes=scenes, overlays=overlays)
        self._faults, self._references = made.faults, made.references
        return self

    @property
    def faults(self) -> list[Fault]:
        """What was wrong with the compositions that its layers name."""
        return self._faults

    @property
    def references(self) -> list[Reference]:
        """The names of the theme that are given to properties of nested compositions."""
        return self._references

    def scene_pointer(self, index: int) -> str:
        """The JSON pointer of a scene."""
        return f"/scenes/{index}" if self.timeline is None else "/timeline"

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last scene; transitions overlap their two scenes."""
        total = sum(scene.duration for scene in self.scenes)
        overlap = sum(getattr(scene.transition, "duration", 0.0) for scene in self.scenes[1:])
        return round(total - overlap, 6)
