"""Whether a composition has a background that something may shine through."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from flatrender.composition.schemas import Composition

_DEPTH = 8
"""Theme colours that name theme colours; validation has refused circles."""


def transparent(composition: Composition) -> bool:
    """True when the background of any scene is not opaque all of the time."""
    canvas, theme = composition.canvas, composition.theme.colors
    backgrounds = {id(b): b for b in (scene.background or canvas.background for scene in composition.scenes)}
    return any(_clear(color, theme) for paint in backgrounds.values() for color in _colors(paint))


def _colors(paint: Any) -> Iterator[str]:
    value = paint.model_dump() if isinstance(paint, BaseModel) else paint
    if isinstance(value, str):
        if value.startswith(("#", "theme:", "transparent")):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _colors(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _colors(inner)


def _clear(color: str, theme: dict[str, str]) -> bool:
    for _ in range(_DEPTH):
        if not color.startswith("theme:"):
            break
        color = theme.get(color.removeprefix("theme:"), "#000")
    return color == "transparent" or (len(color) == 9 and color[7:].lower() != "ff")
