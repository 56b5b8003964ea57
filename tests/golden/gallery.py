"""What the golden pictures are pictures of: compositions by name, and how a frame of one is drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.engine.draw import FrameSource
from flatrender.engine.surface import Canvas, Surface

WIDTH: Final = 192
HEIGHT: Final = 108
FPS: Final = 20
INK, PAPER, ORANGE, BLUE, MINT, PINK = "#10141c", "#f4efe6", "#ff8a3c", "#2f7de1", "#4fd1a5", "#e8508c"

type Picture = npt.NDArray[np.uint8]
"""Height x width x (red, green, blue)."""
type Layer = dict[str, Any]


@dataclass(frozen=True)
class Golden:
    """A composition, and the second at which it is looked at."""

    name: str
    document: dict[str, Any]
    composition: Composition
    at: float

    def draw(self, assets: Mapping[str, Path], surface: Surface = Canvas) -> Picture:
        source = FrameSource(self.composition, assets, profile(self.composition), surface=surface)
        source.draw(round(self.at * FPS))
        return np.ascontiguousarray(source.buffer[:, :, 2::-1])


GALLERY: Final[dict[str, Golden]] = {}


def hang(name: str, *layers: Layer, at: float = 1.0, background: Any = INK, **fields: Any) -> None:
    """Add a picture: one scene of two seconds, or the `scenes` given."""
    if name in GALLERY:
        raise ValueError(f"there are two golden pictures {name}")
    base = {
        "canvas": {"width": WIDTH, "height": HEIGHT, "fps": FPS, "background": background},
        "scenes": [{"duration": 2.0, "layers": list(layers)}],
    }
    document = {**base, **fields}
    GALLERY[name] = Golden(name, document, Composition.model_validate(document), at)


def tiles(columns: int, rows: int, gap: float = 4) -> list[list[float]]:
    """Boxes side by side, row by row."""
    wide, tall = (WIDTH - gap) / columns, (HEIGHT - gap) / rows
    return [
        [gap + wide * column, gap + tall * row, wide - gap, tall - gap]
        for row in range(rows)
        for column in range(columns)
    ]


def tiled(variants: list[Any], columns: int, make: Callable[[Any, list[float]], Layer]) -> list[Layer]:
    """A layer per variant, each in a tile of its own."""
    boxes = tiles(columns, -(-len(variants) // columns))
    return [make(variant, box) for variant, box in zip(variants, boxes, strict=False)]


def words(text: str, box: list[float] | None = None, size: float = 24, **fields: Any) -> Layer:
    style = {"font": "Inter", "size": size, "weight": 600, **fields.pop("style", {})}
    place = box or [10, 10, WIDTH - 20, HEIGHT - 20]
    return {"type": "text", "box": place, "runs": [{"text": text}], "style": style, "min_size": 4, **fields}


def block(box: list[float], fill: Any = ORANGE, **fields: Any) -> Layer:
    return {"type": "shape", "box": box, "geometry": {"type": "rectangle"}, "fill": fill, **fields}


def disc(box: list[float], fill: Any = ORANGE, **fields: Any) -> Layer:
    return {"type": "shape", "box": box, "geometry": {"type": "ellipse"}, "fill": fill, **fields}


def stops(*colors: str) -> list[dict[str, Any]]:
    return [{"offset": index / (len(colors) - 1), "color": color} for index, color in enumerate(colors)]


def linear(*colors: str, angle: float = 0) -> dict[str, Any]:
    return {"type": "linear", "angle": angle, "stops": stops(*colors)}


def keys(*values: Any, easing: Any = "linear", **fields: Any) -> dict[str, Any]:
    """One keyframe a second."""
    frames = [{"time": float(time), "value": value, "easing": easing} for time, value in enumerate(values)]
    return {"keyframes": frames, **fields}
