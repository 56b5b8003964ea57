"""The mark that a tenant's policy lays over everything: what it may be, where it lies, and the layer that draws it.

It is no part of a document: nothing in one can name it, cover it or take its place, and it counts towards no limit.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from flatrender.composition.assets import AssetInfo
    from flatrender.composition.schemas import Composition

type Position = Literal["top-left", "top-right", "bottom-left", "bottom-right", "center", "tile"]

FONT: Final = "Inter"
"""Named, not by a role: what a document's theme says is not about the mark."""
MAX_TEXT: Final = 40
"""Characters: more would be too small to read."""
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"
_LINE: Final = 1.2
_LINES: Final = 2
_LARGEST: Final = 0.16
"""Of a text's box: the largest letters, so that a short name is not written larger than a long one."""
_TURN: Final = -30.0
"""Degrees, of tiles."""
_MOST_TILES: Final = 64
_SIDEWAYS: Final = 1.7
"""From tile to tile, in widths of one; rows are staggered by half of it."""
_ROWS: Final = 0.6
"""From row to row at least, in widths of a tile."""


class Mark(BaseModel):
    """A text, or a picture or SVG (`asset`, a file's id); exactly one of them.

    `size` is the mark's longer side, of a text the width of the box that it is set in, as a fraction of the shorter
    side of the canvas; `margin`, likewise, keeps it from the edges.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False, defer_build=True
    )

    asset: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=_PRINTABLE)] | None = None
    position: Position = "bottom-right"
    opacity: float = Field(default=0.75, ge=0.1, le=1)
    size: float = Field(default=0.25, ge=0.05, le=1)
    margin: float = Field(default=0.04, ge=0, le=0.25)

    @model_validator(mode="after")
    def _one_to_see(self) -> Self:
        if (self.asset is None) == (self.text is None):
            raise PydanticCustomError("one_mark", "Give either 'asset' or 'text', not both and not neither")
        if self.text is not None and not any(letter.isprintable() and letter != " " for letter in self.text):
            raise PydanticCustomError("unseen_mark", "The text has no letter that can be seen")
        return self


def layer(mark: Mark, info: "AssetInfo | None", width: int, height: int) -> dict[str, Any]:
    """The layer, as JSON, that draws the mark on a canvas of these pixels; `info` is its file, None for a text.

    Everything in it is constant: it is drawn once, and is part of every chunk's key.
    """
    short = min(width, height)
    margin = mark.margin * short
    side = max(1.0, min(mark.size * short, short - 2 * margin))
    wide, tall = _extent(info, side)
    if mark.position == "tile":
        return _tiled(mark, info, (wide, tall), (width, height))
    across, down = _place(mark.position)
    x = margin + (width - 2 * margin - wide) * across
    y = margin + (height - 2 * margin - tall) * down
    return {**_one(mark, info, (x, y, wide, tall), (across, down)), "transform": {"opacity": mark.opacity}}


def marked(composition: "Composition", made: dict[str, Any]) -> "Composition":
    """The composition with a layer that `layer` made above all that it has itself."""
    from flatrender.composition.schemas import Composition

    # Read as part of a composition, whose model is built already; the one of layers alone would be built for this.
    canvas = {"width": composition.canvas.width, "height": composition.canvas.height}
    shell = Composition.model_validate({"canvas": canvas, "timeline": {"duration": 1.0}, "overlays": [made]})
    # Not read again as a whole: the limit of layers is the user's, who may have used it up.
    return composition.model_copy(update={"overlays": [*composition.overlays, *shell.overlays]})


def _extent(info: "AssetInfo | None", side: float) -> tuple[float, float]:
    """Width and height of the mark, the longer one being `side`."""
    if info is None:
        return side, side * _LARGEST * _LINE * _LINES
    wide, tall = info.width or 1, info.height or 1
    scale = side / max(wide, tall)
    return max(0.5, wide * scale), max(0.5, tall * scale)


def _place(position: str) -> tuple[float, float]:
    """From 0, at the left and at the top, to 1."""
    across = 0.0 if position.endswith("left") else 1.0 if position.endswith("right") else 0.5
    return across, 0.0 if position.startswith("top") else 1.0 if position.startswith("bottom") else 0.5


def _one(
    mark: Mark, info: "AssetInfo | None", box: tuple[float, float, float, float], place: tuple[float, float]
) -> dict[str, Any]:
    """The mark once. Its shadow, in a measure of its size, shows a white one on white."""
    side = max(box[2:])
    common = {"box": [round(edge, 3) for edge in box], "shadow": _shadow(side)}
    if info is not None:
        fit = {"type": "svg", "fit": "contain"} if info.kind == "svg" else {"type": "image", "fit": "contain"}
        return {**common, **fit, "asset": info.id}
    largest = side * _LARGEST
    style = {"font": FONT, "weight": 600, "size": round(largest, 3), "line_height": _LINE, "fill": "#ffffff"}
    outline = {"color": "#00000080", "width": round(max(0.01, min(200.0, largest * 0.08)), 3)}
    return {
        **common,
        "type": "text",
        "runs": [{"text": mark.text}],
        "style": {**style, "stroke": outline},
        "align": {0.0: "left", 0.5: "center", 1.0: "right"}[place[0]],
        "vertical": {0.0: "top", 0.5: "middle", 1.0: "bottom"}[place[1]],
        "fit": "shrink",
        "min_size": round(max(0.1, largest / 8), 3),
        "max_lines": _LINES,
        "wrap": "balance",
    }


def _shadow(side: float) -> dict[str, Any]:
    return {"color": "#000000cc", "x": 0.0, "y": round(side * 0.004, 3), "blur": round(min(100.0, side * 0.03), 3)}


def _tiled(
    mark: Mark, info: "AssetInfo | None", extent: tuple[float, float], canvas: tuple[int, int]
) -> dict[str, Any]:
    """Marks all over the canvas, in rows that rise."""
    wide, tall = extent
    width, height = canvas
    tiles = [
        _one(mark, info, (width / 2 + x - wide / 2, height / 2 + y - tall / 2, wide, tall), (0.5, 0.5))
        for x, y in _spread(wide, tall, width, height)
    ]
    return {
        "type": "group",
        "box": [0.0, 0.0, float(width), float(height)],
        "layers": tiles,
        "transform": {"rotation": _TURN, "opacity": mark.opacity},
    }


def _spread(wide: float, tall: float, width: int, height: int) -> Iterator[tuple[float, float]]:
    """Where the middles of all tiles that show lie, from the middle of the canvas, before they are turned around it.

    However long and thin the canvas is, they are few: further apart, then.
    """
    across, down = wide * _SIDEWAYS, max(tall * 2, wide * _ROWS)
    loose = max(1.0, math.sqrt((width + wide) * (height + wide) / (across * down * _MOST_TILES)))
    across, down = across * loose, down * loose
    reach = math.hypot(width, height) / 2
    cos, sin = math.cos(math.radians(_TURN)), math.sin(math.radians(_TURN))
    for row in range(-math.ceil(reach / down), math.ceil(reach / down) + 1):
        stagger = across / 2 if row % 2 else 0.0
        for column in range(-math.ceil(reach / across) - 1, math.ceil(reach / across) + 2):
            x, y = column * across + stagger, row * down
            seen_x, seen_y = abs(x * cos - y * sin), abs(x * sin + y * cos)
            if seen_x < (width + wide) / 2 and seen_y < (height + wide) / 2:
                yield x, y
