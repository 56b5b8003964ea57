"""Compositions within the composition: named once, used by any number of layers, each time as a group of its own.

What the rest of the product sees is expanded: every layer of type `composition` has become a group, which shares the
layers of its definition. Nothing is copied, so that a small document stays small.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from flatrender.composition import limits
from flatrender.composition.layers import CompositionLayer, GroupLayer, Layer
from flatrender.composition.schema_faults import closest
from flatrender.composition.values import Name, Strict
from flatrender.kernel.faults import Fault

Size = Annotated[float, Field(ge=1, le=limits.MAX_CANVAS)]


class NestedComposition(Strict):
    """Layers on a canvas of `width` x `height` pixels, by default the document's own, for `duration` seconds."""

    duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)]
    width: Size | None = None
    height: Size | None = None
    layers: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)]


NestedCompositions = Annotated[dict[Name, NestedComposition], Field(max_length=limits.MAX_NESTED)]


class UsedComposition(GroupLayer):
    """A layer of type `composition`, expanded. `size` is that of the canvas its layers lie on, `period` the seconds
    that they last, `source` the JSON pointer of the definition.
    """

    size: tuple[float, float]
    period: float
    source: str


class Expanded(NamedTuple):
    """Lists of layers without a layer of type `composition` in them, and what was wrong with those there were."""

    lists: list[list[Layer]]
    faults: list[Fault]


def expanded(
    lists: list[tuple[str, list[Layer]]], definitions: Mapping[str, NestedComposition], canvas: tuple[float, float]
) -> Expanded:
    """Every list of layers expanded; each comes with its JSON pointer. `canvas` is the size of the document's own.

    A composition that does not exist, or that holds itself, is a fault and stands for nothing.
    """
    work = _Expansion(definitions, canvas)
    for name in definitions:
        work.definition(name)
    return Expanded([work.layers(pointer, layers) for pointer, layers in lists], work.faults)


class _Expansion:
    def __init__(self, definitions: Mapping[str, NestedComposition], canvas: tuple[float, float]) -> None:
        self._definitions, self._canvas = definitions, canvas
        self._done: dict[str, list[Layer]] = {}
        self._open: list[str] = []
        self.faults: list[Fault] = []

    def definition(self, name: str) -> list[Layer]:
        """The layers of a definition, expanded once however often it is used."""
        if name not in self._done:
            self._open.append(name)
            self._done[name] = self.layers(f"/compositions/{name}/layers", self._definitions[name].layers)
            self._open.pop()
        return self._done[name]

    def layers(self, pointer: str, layers: list[Layer]) -> list[Layer]:
        made = [self._layer(f"{pointer}/{index}", layer) for index, layer in enumerate(layers)]
        return made if any(new is not old for new, old in zip(made, layers, strict=True)) else layers

    def _layer(self, pointer: str, layer: Layer) -> Layer:
        changed: dict[str, Any] = {}
        if layer.matte is not None:
            inner = self._layer(f"{pointer}/matte/layer", layer.matte.layer)
            if inner is not layer.matte.layer:
                changed["matte"] = layer.matte.model_copy(update={"layer": inner})
        if isinstance(layer, GroupLayer):
            children = self.layers(f"{pointer}/layers", layer.layers)
            if children is not layer.layers:
                changed["layers"] = children
        elif isinstance(layer, CompositionLayer):
            return self._used(pointer, layer.model_copy(update=changed))
        return layer.model_copy(update=changed) if changed else layer

    def _used(self, pointer: str, layer: CompositionLayer) -> UsedComposition:
        name = layer.composition
        problem, layers = None, list[Layer]()
        if name not in self._definitions:
            problem = f"There is no composition {name!r}{closest(name, self._definitions) or '.'}"
        elif name in self._open:
            way = " → ".join([*self._open[self._open.index(name) :], name])
            problem = f"A composition cannot hold itself: {way}."
        else:
            layers = self.definition(name)
        if problem:
            self.faults.append(Fault(pointer=f"{pointer}/composition", code="composition", message=problem))
        found = self._definitions.get(name)
        width, height = (
            self._canvas if found is None else (found.width or self._canvas[0], found.height or self._canvas[1])
        )
        shared = {field: getattr(layer, field) for field in type(layer).model_fields if field not in _OWN}
        return UsedComposition.model_construct(
            _fields_set=(layer.model_fields_set - _OWN) | {"type", "clip", "layers", "size", "period", "source"},
            **shared,
            type="group",
            clip=True,
            layers=layers,
            size=(width, height),
            period=found.duration if found else limits.MAX_DURATION,
            source=f"/compositions/{name}",
        )


_OWN = frozenset({"type", "composition"})
