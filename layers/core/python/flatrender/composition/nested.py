"""Compositions within the composition: named once, used by any number of layers, each time as a group of its own.

What the rest of the product sees is expanded: every layer of type `composition` has become a group, which shares the
layers of its definition. Only layers that a use gives values of its own are made anew, so that a small document stays
small.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from flatrender.composition import limits
from flatrender.composition.layers import CompositionLayer, GroupLayer, Layer
from flatrender.composition.properties import Declared, Given, Properties, Reference, Value, written
from flatrender.composition.schema_faults import closest, escape
from flatrender.composition.values import Name, Strict
from flatrender.kernel.faults import Fault

Size = Annotated[float, Field(ge=1, le=limits.MAX_CANVAS)]


class NestedComposition(Strict):
    """Layers on a canvas of `width` x `height` pixels, by default the document's own, for `duration` seconds.

    `properties` are what each use of it may give another value.
    """

    duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)]
    width: Size | None = None
    height: Size | None = None
    properties: Properties = Field(default_factory=dict)
    layers: Annotated[list[Layer], Field(max_length=limits.MAX_LAYERS)]


NestedCompositions = Annotated[dict[Name, NestedComposition], Field(max_length=limits.MAX_NESTED)]


class UsedComposition(GroupLayer):
    """A layer of type `composition`, expanded. `size` is that of the canvas its layers lie on, `period` the seconds
    that they last, `source` the JSON pointer of the definition. `given` says which of its values are written elsewhere.
    """

    size: tuple[float, float]
    period: float
    source: str
    given: dict[str, str] = Field(exclude=True)


class Expanded(NamedTuple):
    """Lists of layers without a layer of type `composition` in them, what was wrong with those there were, and the
    names of the theme that they give to properties.
    """

    lists: list[list[Layer]]
    faults: list[Fault]
    references: list[Reference]


def expanded(
    lists: list[tuple[str, list[Layer]]], definitions: Mapping[str, NestedComposition], canvas: tuple[float, float]
) -> Expanded:
    """Every list of layers expanded; each comes with its JSON pointer. `canvas` is the size of the document's own.

    A composition that does not exist, or that holds itself, is a fault and stands for nothing.
    """
    work = _Expansion(definitions, canvas)
    for name in definitions:
        work.definition(name)
    made = [work.layers(pointer, layers, {}) for pointer, layers in lists]
    return Expanded(made, work.faults, sorted(work.references))


class _Part(NamedTuple):
    layers: list[Layer]
    given: dict[str, str]


class _Expansion:
    def __init__(self, definitions: Mapping[str, NestedComposition], canvas: tuple[float, float]) -> None:
        self._definitions, self._canvas = definitions, canvas
        known = {name: definition.properties for name, definition in definitions.items()}
        self._declared = {
            name: Declared(name, definition.properties, definition.layers, known)
            for name, definition in definitions.items()
        }
        self._done: dict[str, _Part] = {}
        self._open: list[str] = []
        self._seen = 0.0
        self.faults: list[Fault] = [fault for declared in self._declared.values() for fault in declared.faults]
        self.references: list[Reference] = []

    def definition(self, name: str) -> _Part:
        """A definition with its defaults, expanded once however often it is used."""
        if name not in self._done:
            self._done[name] = self._filled(name, {})
        return self._done[name]

    def _filled(self, name: str, values: Mapping[str, Value]) -> _Part:
        """A definition with values for its properties."""
        declared = self._declared[name]
        self._seen += 1 + declared.count if values else 0
        if self._seen > _MOST:
            if self._seen < math.inf:
                self.faults.append(TOO_MANY)
            self._seen = math.inf
            return _Part([], {})
        filled = declared.filled(values)
        self.faults += filled.faults
        self.references += filled.references
        self._open.append(name)
        layers = self.layers(f"/compositions/{escape(name)}/layers", filled.layers, filled.given)
        self._open.pop()
        return _Part(layers, filled.given)

    def layers(self, pointer: str, layers: list[Layer], given: Given) -> list[Layer]:
        """`given` says what of them is written elsewhere."""
        made = [self._layer(f"{pointer}/{index}", layer, given) for index, layer in enumerate(layers)]
        return made if any(new is not old for new, old in zip(made, layers, strict=True)) else layers

    def _layer(self, pointer: str, layer: Layer, given: Given) -> Layer:
        changed: dict[str, Any] = {}
        if layer.matte is not None:
            inner = self._layer(f"{pointer}/matte/layer", layer.matte.layer, given)
            if inner is not layer.matte.layer:
                changed["matte"] = layer.matte.model_copy(update={"layer": inner})
        if isinstance(layer, GroupLayer):
            children = self.layers(f"{pointer}/layers", layer.layers, given)
            if children is not layer.layers:
                changed["layers"] = children
        elif isinstance(layer, CompositionLayer):
            return self._used(pointer, layer.model_copy(update=changed), given)
        return layer.model_copy(update=changed) if changed else layer

    def _used(self, pointer: str, layer: CompositionLayer, given: Given) -> UsedComposition:
        name = layer.composition
        problem, part = None, _Part([], {})
        if name not in self._definitions:
            problem = f"There is no composition {name!r}{closest(name, self._definitions) or '.'}"
        elif name in self._open:
            way = " → ".join([*self._open[self._open.index(name) :], name])
            problem = f"A composition cannot hold itself: {way}."
        elif layer.properties:
            values = {
                key: Value(value, written(f"{pointer}/properties/{escape(key)}", given))
                for key, value in sorted(layer.properties.items())
            }
            part = self._filled(name, values)
        else:
            part = self.definition(name)
        if problem:
            self.faults.append(Fault(pointer=f"{pointer}/composition", code="composition", message=problem))
        found = self._definitions.get(name)
        width, height = (
            self._canvas if found is None else (found.width or self._canvas[0], found.height or self._canvas[1])
        )
        shared = {field: getattr(layer, field) for field in type(layer).model_fields if field not in _OWN}
        return UsedComposition.model_construct(
            _fields_set=(layer.model_fields_set - _OWN)
            | {"type", "clip", "layers", "size", "period", "source", "given"},
            **shared,
            type="group",
            clip=True,
            layers=part.layers,
            size=(width, height),
            period=found.duration if found else limits.MAX_DURATION,
            source=f"/compositions/{name}",
            given=part.given,
        )


_MOST = 2 * limits.MAX_LAYERS
"""Layers of all uses that give values: more cannot be seen, were each composition used at least once."""
TOO_MANY = Fault(
    pointer="",
    code="too_many_layers",
    message=f"A composition may have at most {limits.MAX_LAYERS} layers in all, those of nested compositions counted "
    "each time that they are used.",
)
_OWN = frozenset({"type", "composition", "properties"})
