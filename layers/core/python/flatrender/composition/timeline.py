"""When scenes and layers are on the timeline."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flatrender.composition.layers import GroupLayer, Layer
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.layers_waveform import WaveformLayer
from flatrender.composition.nested import UsedComposition
from flatrender.composition.properties import Given
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


def inner(group: GroupLayer, begin: float, until: float) -> tuple[float, float]:
    """From when to when there are layers in a group that lasts from `begin` to `until`.

    Absolute seconds as those are, or seconds of the group's own time where it has a `time`.
    """
    period = group.period if isinstance(group, UsedComposition) else None
    if group.time is not None:
        return 0.0, round(group.time.own(max(0.0, until - begin), period), 6)
    return begin, until if period is None else round(begin + period, 6)


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with its absolute times in seconds and its JSON pointer; groups come before their children, and every
    layer before its matte. In a group with a time of its own `start` and `end` count in that. `given` says which values
    of nested compositions are written elsewhere.
    """

    layer: Layer
    start: float
    end: float
    parent_start: float
    parent_end: float
    pointer: str
    depth: int
    given: Given = field(default_factory=dict)


def _walk(
    layers: list[Layer], within: tuple[float, float], pointer: str, depth: int, given: Given
) -> Iterator[PlacedLayer]:
    for index, layer in enumerate(layers):
        yield from _placed(layer, within, f"{pointer}/{index}", depth, given)


def _placed(layer: Layer, within: tuple[float, float], pointer: str, depth: int, given: Given) -> Iterator[PlacedLayer]:
    begin, until = span(layer, *within)
    yield PlacedLayer(layer, begin, until, *within, pointer, depth, given)
    if layer.matte is not None:
        yield from _placed(layer.matte.layer, (begin, until), f"{pointer}/matte/layer", depth + 1, given)
    if isinstance(layer, GroupLayer):
        source, inside = (layer.source, layer.given) if isinstance(layer, UsedComposition) else (pointer, given)
        yield from _walk(layer.layers, inner(layer, begin, until), f"{source}/layers", depth + 1, inside)


def layers(composition: Composition) -> Iterator[PlacedLayer]:
    """Every layer of the composition, in the order in which they are drawn."""
    for placed in scenes(composition):
        pointer = f"{composition.scene_pointer(placed.index)}/layers"
        yield from _walk(placed.scene.layers, (placed.start, placed.end), pointer, 1, {})
    yield from _walk(composition.overlays, (0.0, composition.duration), "/overlays", 1, {})


def sounds_shown(composition: Composition) -> set[str]:
    """The files whose sound is drawn: what frames need of audio."""
    found = set()
    for placed in layers(composition):
        layer = placed.layer
        if isinstance(layer, WaveformLayer):
            found.add(layer.asset or composition.audio[layer.track or 0].asset)
    return found
