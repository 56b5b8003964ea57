"""Vector drawings: SVG files as layers."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flatrender.composition import limits
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.values import AnimatedColor, AssetId, Box, Color, Point

VectorFit = Literal["contain", "cover", "stretch"]
FileColor = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class SvgLayer(LayerBase):
    """An SVG file, drawn sharp at any size.

    `colors` replaces colours of the file, however it spells them (`{"#ff0000": "theme:accent"}`; what the file does
    not have is ignored); `tint` draws all of it in one colour.
    """

    type: Literal["svg"]
    asset: AssetId
    box: Box | None = None
    fit: VectorFit = "contain"
    focus: Point = Field(default_factory=lambda: [0.5, 0.5])
    colors: Annotated[dict[FileColor, Color], Field(max_length=limits.MAX_SVG_COLORS)] = Field(default_factory=dict)
    tint: AnimatedColor | None = None
