"""Vector animations: Lottie files as layers, and the values in their slots."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flatrender.composition import limits
from flatrender.composition.layers_base import FontName, LayerBase
from flatrender.composition.layers_svg import VectorFit
from flatrender.composition.schema_faults import closest
from flatrender.composition.values import AssetId, Box, Color, Point, Seconds, Strict


class TextSlot(Strict):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)]


class ColorSlot(Strict):
    """The opacity stays that of the file."""

    type: Literal["color"]
    color: Color


class ImageSlot(Strict):
    """A picture takes the place and the shape of the one in the file."""

    type: Literal["image"]
    asset: AssetId
    fit: Literal["cover", "contain"] = "cover"


Slot = Annotated[TextSlot | ColorSlot | ImageSlot, Field(discriminator="type")]
SlotName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class LottieLayer(LayerBase):
    """A Lottie file; `trim_start` and `trim_end` are seconds of the file, before `speed` applies. Played to its end it
    rests on its last frame, unless it loops.

    `slots` fills what the file declares as slots. All texts of the file are set in `font`.
    """

    type: Literal["lottie"]
    asset: AssetId
    box: Box | None = None
    fit: VectorFit = "contain"
    focus: Point = Field(default_factory=lambda: [0.5, 0.5])
    trim_start: Seconds = 0.0
    trim_end: Seconds | None = None
    speed: Annotated[float, Field(ge=0.1, le=8)] = 1.0
    loop: bool = False
    slots: Annotated[dict[SlotName, Slot], Field(max_length=limits.MAX_SLOTS)] = Field(default_factory=dict)
    font: FontName = "theme:body"


def slot_problem(name: str, slot: Slot, known: Mapping[str, str] | None) -> str | None:
    """What is wrong with a slot's value, given the slots of the file and their kinds (None: not known)."""
    if known is None:
        return None
    kind = known.get(name)
    if kind is None:
        return f"The Lottie has no slot {name!r}{closest(name, known) or '.'}"
    if kind == "other":
        return f"The slot {name!r} of the Lottie cannot be replaced."
    if kind != slot.type:
        return f"The slot {name!r} of the Lottie takes a value of type {kind!r}, not one of type {slot.type!r}."
    return None
