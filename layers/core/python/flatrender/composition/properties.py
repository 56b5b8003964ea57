"""Properties of nested compositions: named values that each use may give anew, and where in the layers they go."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from flatrender.composition import limits
from flatrender.composition.layers import CompositionLayer, GroupLayer, Layer
from flatrender.composition.schema_faults import closest, escape
from flatrender.composition.schema_faults import faults as schema_faults
from flatrender.composition.values import Name, Strict
from flatrender.kernel.faults import Fault

_FIXED: Final = frozenset({"type", "id", "layers", "matte", "composition", "cues"})
"""What makes a layer the one that it is, and what is too much to check for each use."""

type Given = Mapping[str, str]
"""The JSON pointers of values of layers that come from elsewhere, and the pointers of where they are written."""

Target = Annotated[str, StringConstraints(pattern=r"^[^/]+(/[^/]+)+$", max_length=limits.MAX_TARGET)]


class Property(Strict):
    """A value that goes to all `targets`; each use of the composition may give another in its own `properties`.

    A target is the `id` of a layer and the way to one of its fields: `headline/runs/0/text`, `plate/fill`,
    `badge/properties/name`. Without `default` each of them has what its layer says.
    """

    targets: Annotated[list[Target], Field(min_length=1, max_length=limits.MAX_TARGETS)]
    default: Any = None

    @property
    def has_default(self) -> bool:
        """Whether one is given; `null` is one as well."""
        return "default" in self.model_fields_set


Properties = Annotated[dict[Name, Property], Field(max_length=limits.MAX_PROPERTIES)]


class Value(NamedTuple):
    """What a property is given, and the JSON pointer of where."""

    value: Any
    pointer: str


class Reference(NamedTuple):
    """A name of the theme that is given to a field of a layer: where it is written, and the name of that field."""

    pointer: str
    field: str
    name: str


class Filled(NamedTuple):
    """Layers with values put into them, and where those that were put there are written."""

    layers: list[Layer]
    given: dict[str, str]
    references: list[Reference]
    faults: list[Fault]


def written(pointer: str, given: Given) -> str:
    """Where what lies at `pointer` is written."""
    head, rest = pointer, ""
    while given and head:
        if head in given:
            return given[head] + rest
        head, _, step = head.rpartition("/")
        rest = f"/{step}{rest}"
    return pointer


class _Place(NamedTuple):
    """A field of a layer: the layer's id and pointer, the way to the field, and the pointer of who names it."""

    layer: str
    steps: tuple[str, ...]
    named: str


class Declared:
    """The properties of one composition, with their targets found. `faults` are those of its declarations."""

    def __init__(self, name: str, properties: Mapping[str, Property], layers: Sequence[Layer], known: "Known") -> None:
        self._name, self._properties, self._layers = name, properties, layers
        self._root = f"/compositions/{escape(name)}"
        self.faults: list[Fault] = []
        by_id: dict[str, list[tuple[str, Layer]]] = {}
        for pointer, layer in _walk(layers, f"{self._root}/layers") if properties else ():
            if layer.id is not None:
                by_id.setdefault(layer.id, []).append((pointer, layer))
        self._places = {
            key: [
                place
                for index, target in enumerate(spec.targets)
                if (place := self._place(target, f"{self._at(key)}/targets/{index}", by_id, known)) is not None
            ]
            for key, spec in sorted(properties.items())
        }

    @cached_property
    def count(self) -> int:
        """How many layers the composition has, those in groups and mattes counted."""
        return sum(1 for _ in _walk(self._layers, ""))

    def _at(self, key: str) -> str:
        return f"{self._root}/properties/{escape(key)}"

    def _place(
        self, target: str, named: str, by_id: Mapping[str, list[tuple[str, Layer]]], known: "Known"
    ) -> _Place | None:
        layer_id, *steps = (step.replace("~1", "/").replace("~0", "~") for step in target.split("/"))
        found = by_id.get(layer_id, [])
        if len(found) == 1:
            problem = _problem(found[0][1], steps, known)
        elif found:
            problem = f"Several layers of the composition have the id {layer_id!r}; a target needs one of its own."
        else:
            problem = f"No layer of the composition has the id {layer_id!r}{closest(layer_id, by_id) or '.'}"
        if problem is not None:
            self.faults.append(Fault(pointer=named, code="property_target", message=problem))
            return None
        return _Place(found[0][0], tuple(steps), named)

    def filled(self, values: Mapping[str, Value]) -> Filled:
        """The layers with these values, and with defaults for the rest."""
        faults, wanted = list[Fault](), dict[str, Value]()
        for key, value in values.items():
            if key in self._properties:
                wanted[key] = value
                continue
            names = ", ".join(sorted(self._properties))
            hint = closest(key, self._properties) or "."
            told = f"The composition {self._name!r} has no property {key!r}{hint}"
            message = f"{told} There are: {names}." if names else f"{told} It declares none."
            faults.append(Fault(pointer=value.pointer, code="property", message=message))
        for key, spec in sorted(self._properties.items()):
            if spec.has_default and key not in wanted:
                wanted[key] = Value(spec.default, f"{self._at(key)}/default")
        by_layer: dict[str, list[tuple[_Place, Value]]] = {}
        for key, value in wanted.items():
            for place in self._places[key]:
                by_layer.setdefault(place.layer, []).append((place, value))
        work = _Filling(by_layer)
        layers = work.layers(self._layers, f"{self._root}/layers")
        return Filled(layers, work.given, work.references, [*faults, *work.faults])


type Known = Mapping[str, Mapping[str, Property]]
"""The properties of all compositions, by their names."""


def _walk(layers: Sequence[Layer], pointer: str) -> Iterator[tuple[str, Layer]]:
    """All layers of a composition with their pointers, those in groups and mattes too."""
    for index, layer in enumerate(layers):
        yield from _within(layer, f"{pointer}/{index}")


def _within(layer: Layer, pointer: str) -> Iterator[tuple[str, Layer]]:
    yield pointer, layer
    if layer.matte is not None:
        yield from _within(layer.matte.layer, f"{pointer}/matte/layer")
    if isinstance(layer, GroupLayer):
        yield from _walk(layer.layers, f"{pointer}/layers")


def _problem(layer: Layer, steps: Sequence[str], known: Known) -> str | None:
    """Why a way leads to no field of a layer."""
    if steps[0] in _FIXED:
        return f"The {steps[0]!r} of a layer cannot be given from outside."
    node: Any = layer
    for depth, step in enumerate(steps):
        node, problem = _next(node, step, _told(steps[:depth]), depth == len(steps) - 1)
        if problem is not None:
            return problem
    if isinstance(layer, CompositionLayer) and steps[0] == "properties" and layer.composition in known:
        own, name = known[layer.composition], steps[1] if len(steps) > 1 else ""
        if name not in own:
            return f"The composition {layer.composition!r} has no property {name!r}{closest(name, own) or '.'}"
    return None


def _next(node: Any, step: str, where: str, last: bool) -> tuple[Any, str | None]:
    """What lies at a step within `node`, or why nothing does."""
    if isinstance(node, BaseModel):
        fields = type(node).model_fields
        problem = None if step in fields else f"There is no field {step!r} in {where}{closest(step, fields) or '.'}"
        return getattr(node, step, None), problem
    if isinstance(node, list):
        if step.isdecimal() and int(step) < len(node):
            return node[int(step)], None
        return None, f"There is no {step!r} in {where}, which has {len(node)} entries, counted from 0."
    if isinstance(node, dict):
        # A layer's own properties, slots or colours: what it does not give yet may be given.
        return node.get(step), None if last or step in node else f"There is nothing at {step!r} in {where}."
    return None, f"There is nothing in {where} that {step!r} could be part of."


def _told(steps: Sequence[str]) -> str:
    return repr("/".join(steps)) if steps else "the layer"


class _Filling:
    """Puts values into layers; those that get none stay the same objects."""

    def __init__(self, wanted: Mapping[str, list[tuple[_Place, Value]]]) -> None:
        self._wanted = wanted
        self.given: dict[str, str] = {}
        self.references: list[Reference] = []
        self.faults: list[Fault] = []

    def layers(self, layers: Sequence[Layer], pointer: str) -> list[Layer]:
        return [self._layer(layer, f"{pointer}/{index}") for index, layer in enumerate(layers)]

    def _layer(self, layer: Layer, pointer: str) -> Layer:
        changed: dict[str, Any] = {}
        if layer.matte is not None:
            inner = self._layer(layer.matte.layer, f"{pointer}/matte/layer")
            if inner is not layer.matte.layer:
                changed["matte"] = layer.matte.model_copy(update={"layer": inner})
        if isinstance(layer, GroupLayer):
            children = self.layers(layer.layers, f"{pointer}/layers")
            if any(new is not old for new, old in zip(children, layer.layers, strict=True)):
                changed["layers"] = children
        own = layer.model_copy(update=changed) if changed else layer
        return self._remade(own, pointer, self._wanted[pointer]) if pointer in self._wanted else own

    def _remade(self, layer: Layer, pointer: str, wanted: Sequence[tuple[_Place, Value]]) -> Layer:
        # Only the fields that get something are taken apart and checked anew: a layer may be large.
        fields: dict[str, Any] = {name: getattr(layer, name) for name in type(layer).model_fields}
        plain = layer.model_dump(include={place.steps[0] for place, _ in wanted})
        # What gives a whole comes before what gives a part of it.
        for place, value in sorted(wanted, key=lambda one: len(one[0].steps)):
            content, at = self._content(place, value)
            if not _put(plain, place.steps, content):
                told = f"There is no {_told(place.steps)} any more in what another property has put there."
                self.faults.append(Fault(pointer=at, code="property_value", message=told))
                return layer
            self.given["/".join((pointer, *map(escape, place.steps)))] = at
            if isinstance(content, str) and content.startswith("theme:"):
                self.references.append(Reference(at, place.steps[-1], content))
        try:
            made: Layer = type(layer).model_validate(fields | plain)
        except ValidationError as error:
            self._report(error, plain, type(layer), pointer, wanted[0][1])
            return layer
        # As it was, not only equal: what was checked once is not checked for each use.
        return made.model_copy(update={name: fields[name] for name in fields.keys() - plain.keys()})

    def _content(self, place: _Place, value: Value) -> tuple[Any, str]:
        """What is put there, and where that is written."""
        if place.steps[-1] != "asset" or value.value is None:
            return value.value, value.pointer
        if isinstance(value.value, dict) and set(value.value) == {"asset"}:
            return value.value["asset"], f"{value.pointer}/asset"
        told = 'A file is given as {"asset": "…"}.'
        self.faults.append(Fault(pointer=value.pointer, code="property_value", message=told))
        return None, value.pointer

    def _report(
        self, error: ValidationError, plain: dict[str, Any], model: type[BaseModel], pointer: str, first: Value
    ) -> None:
        known = {fault.pointer for fault in self.faults}
        for fault in schema_faults(error, plain, model, pointer):
            at = written(fault.pointer, self.given)
            at = first.pointer if at == fault.pointer else at
            if at not in known:
                self.faults.append(fault.model_copy(update={"pointer": at}))


def _put(plain: dict[str, Any], steps: Sequence[str], value: Any) -> bool:
    """Whether there was a place for it; none is left where another value has replaced what held it."""
    node: Any = plain
    try:
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if isinstance(node, list):
            node[int(steps[-1])] = value
        else:
            node[steps[-1]] = value
    except (LookupError, TypeError, ValueError):
        return False
    return True
