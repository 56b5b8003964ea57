"""When scenes and layers are on the timeline."""

from collections.abc import Iterator
from dataclasses import dataclass

from flatrender.composition.layers import GroupLayer, Layer
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.schemas import Composition, Scene

EPSILON = 1e-6
"""Seconds; far below a frame, above the noise of adding times."""


@dataclass(frozen=True, slots=True)
class PlacedScene:
    """A scene on the timeline; `overlap` is how long the transition into it lasts (0 for a cut and for the first)."""

    index: int
    scene: Scene
    start: float
    end: float
    overlap: float


def scenes(composition: Composition) -> list[PlacedScene]:
    """The scenes with their absolute times in seconds, in order. The first scene's transition is ignored."""
    placed: list[PlacedScene] = []
    end = 0.0
    for index, scene in enumerate(composition.scenes):
        overlap = float(getattr(scene.transition, "duration", 0.0)) if index else 0.0
        start = round(end - overlap, 6)
        end = round(start + scene.duration, 6)
        placed.append(PlacedScene(index, scene, start, end, overlap))
    return placed


def span(layer: LayerBase, start: float, end: float) -> tuple[float, float]:
    """Absolute start and end of a layer whose parent lasts from `start` to `end`; the layer never outlasts its
    parent.
    """
    begin = round(start + layer.start, 6)
    until = end if layer.duration is None else min(end, round(begin + layer.duration, 6))
    return begin, until


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with its absolute times in seconds and its JSON pointer; groups come before their children."""

    layer: Layer
    start: float
    end: float
    parent_start: float
    parent_end: float
    pointer: str
    depth: int


def _walk(layers: list[Layer], start: float, end: float, pointer: str, depth: int) -> Iterator[PlacedLayer]:
    for index, layer in enumerate(layers):
        begin, until = span(layer, start, end)
        here = f"{pointer}/{index}"
        yield PlacedLayer(layer, begin, until, start, end, here, depth)
        if isinstance(layer, GroupLayer):
            yield from _walk(layer.layers, begin, until, f"{here}/layers", depth + 1)


def layers(composition: Composition) -> Iterator[PlacedLayer]:
    """Every layer of the composition, in the order in which they are drawn."""
    for placed in scenes(composition):
        yield from _walk(placed.scene.layers, placed.start, placed.end, f"/scenes/{placed.index}/layers", 1)
    yield from _walk(composition.overlays, 0.0, composition.duration, "/overlays", 1)
