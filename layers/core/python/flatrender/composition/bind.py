"""Fills a template: checks what the user gave, and puts it where the template asks for it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from flatrender.composition import expressions, limits
from flatrender.composition.schema_faults import closest, escape
from flatrender.composition.template import (
    ChoiceInput,
    ColorInput,
    Input,
    NumberInput,
    TemplateDefinition,
    TextInput,
    ToggleInput,
)
from flatrender.composition.values import COLOR
from flatrender.kernel.faults import Fault

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DROP: Final = object()
"""Stands for an object or field that is left out."""


def bind(template: TemplateDefinition, inputs: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The composition document of a template with these inputs, defaults filled in, or every fault of the inputs.

    Pointers of the faults start with `/inputs`. The document still has to be validated (its files may be missing).
    """
    declared = {spec.name: spec for spec in template.inputs}
    found = [
        Fault(
            pointer=f"/inputs/{escape(name)}",
            code="unknown_input",
            message=f"The template has no input {name!r}{closest(str(name), declared) or '.'}",
        )
        for name in list(inputs)[: limits.MAX_INPUTS * 2]
        if name not in declared
    ]
    values: dict[str, Any] = {}
    for name, spec in declared.items():
        given = inputs.get(name)
        value = _clean(spec, spec.default if given is None else given)
        problem = _problem(spec, value)
        if problem:
            found.append(Fault(pointer=f"/inputs/{escape(name)}", code=problem[0], message=problem[1]))
        values[name] = value
    if found:
        return None, found
    document = _fill(template.composition, values)
    return (document if isinstance(document, dict) else {}), []


def check(template: TemplateDefinition) -> list[Fault]:
    """What is wrong with a template in itself: names declared twice or not at all, choices without their default."""
    found = []
    names = [spec.name for spec in template.inputs]
    for index, spec in enumerate(template.inputs):
        if names.index(spec.name) != index:
            found.append(
                _fault(f"/inputs/{index}/name", "duplicate_input", f"The input {spec.name!r} is declared twice.")
            )
        problem = None if spec.default in (None, "") else _problem(spec, _clean(spec, spec.default))
        if problem:
            found.append(_fault(f"/inputs/{index}/default", *problem))
    malformed = [
        _fault(at, "template_form", message) for at, message in _malformed(template.composition, "/composition")
    ]
    if malformed:
        return [*found, *malformed]
    used = set()
    numbers = {spec.name for spec in template.inputs if isinstance(spec, (NumberInput, ToggleInput))}
    for pointer, name in _names(template.composition, "/composition"):
        used.add(name)
        if name not in names:
            found.append(
                _fault(
                    pointer, "unknown_input", f"The template declares no input {name!r}{closest(name, names) or '.'}"
                )
            )
        elif pointer.endswith("/expr") and name not in numbers:
            found.append(_fault(pointer, "input_type", f"The input {name!r} is neither a number nor a toggle."))
    for index, name in enumerate(names):
        if name not in used:
            found.append(
                _fault(f"/inputs/{index}", "unused_input", f"Nothing in the composition uses the input {name!r}.")
            )
    return found


def origin(template: TemplateDefinition, inputs: Mapping[str, Any], pointer: str) -> str:
    """Where in the template the value comes from that lies at `pointer` in the document that `bind` makes of it.

    What was left out shifts the places in a list; what an input filled in leads to the `$input` that did. Steps that
    do not exist are kept as they are.
    """
    values = {
        spec.name: spec.default if inputs.get(spec.name) is None else inputs[spec.name] for spec in template.inputs
    }
    node: Any = template.composition
    steps, at = pointer.split("/")[1:], "/composition"
    while True:
        if isinstance(node, dict) and "$input" in node:
            if "map" not in node:
                return at
            value = values.get(node["$input"])
            key = str(value).lower() if isinstance(value, bool) else value
            node, at = node["map"].get(key), f"{at}/map/{escape(str(key))}"
            continue
        if not steps:
            return at
        step, steps = steps[0], steps[1:]
        if isinstance(node, list) and step.isdigit():
            kept = [index for index, item in enumerate(node) if _fill(item, values) is not _DROP]
            index = kept[int(step)] if int(step) < len(kept) else int(step)
            node, at = node[index] if index < len(node) else None, f"{at}/{index}"
        else:
            node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
            at = f"{at}/{step}"


def _fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)


def _malformed(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """(pointer, what is wrong) of every place that `bind` could not make sense of."""
    if isinstance(node, dict):
        conditions = node.get("when", [])
        for condition in conditions if isinstance(conditions, list) else [conditions]:
            if not (isinstance(condition, dict) and isinstance(condition.get("input"), str)):
                yield f"{pointer}/when", "'when' is a condition with an 'input', or a list of such."
            elif not isinstance(condition.get("in", []), list):
                yield f"{pointer}/when", "'in' is a list of values."
        if "$input" in node and not isinstance(node["$input"], str):
            yield f"{pointer}/$input", "'$input' is the name of an input."
        if "$input" in node and not isinstance(node.get("map", {}), dict):
            yield f"{pointer}/map", "'map' is an object: what each value of the input stands for."
    items: Iterable[tuple[Any, Any]] = (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    )
    for key, value in items:
        yield from _malformed(value, f"{pointer}/{escape(key)}")


def _names(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """(pointer, input name) of every place that names an input."""
    if isinstance(node, dict):
        if isinstance(node.get("$input"), str):
            yield f"{pointer}/$input", node["$input"]
        when = node.get("when")
        for index, condition in enumerate(when if isinstance(when, list) else [when] if isinstance(when, dict) else []):
            at = f"{pointer}/when/{index}" if isinstance(when, list) else f"{pointer}/when"
            yield f"{at}/input", str(condition.get("input"))
        if isinstance(node.get("expr"), str):
            yield from ((f"{pointer}/expr", name) for name in expressions.inputs_of(node["expr"]))
    items: Iterable[tuple[Any, Any]] = (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    )
    for key, value in items:
        yield from _names(value, f"{pointer}/{escape(key)}")


def _clean(spec: Input, value: Any) -> Any:
    """Text without control characters, and in one line where only one is wanted."""
    if not isinstance(spec, TextInput) or not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return text if spec.multiline else " ".join(text.split("\n"))


def _problem(spec: Input, value: Any) -> tuple[str, str] | None:  # noqa: C901, PLR0911, PLR0912  one case per type of input
    label = spec.label.get("en") or next(iter(spec.label.values()))
    if value is None or (isinstance(value, str) and not value.strip()):
        return ("required", f"{label!r} is required.") if spec.required else None
    match spec:
        case TextInput():
            if not isinstance(value, str):
                return "string_type", f"{label!r} must be a text."
            if len(value) > spec.max_length:
                return (
                    "string_too_long",
                    f"{label!r} may have at most {spec.max_length} characters; it has {len(value)}.",
                )
        case ColorInput():
            if not (isinstance(value, str) and COLOR.fullmatch(value) and value.startswith("#")):
                return "color", f"{label!r} must be a colour: #rgb, #rrggbb or #rrggbbaa."
        case ToggleInput():
            if not isinstance(value, bool):
                return "bool_type", f"{label!r} must be true or false."
        case NumberInput():
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                return "float_type", f"{label!r} must be a number."
            if not spec.min <= value <= spec.max:
                return "number_range", f"{label!r} must lie between {spec.min:g} and {spec.max:g}."
        case ChoiceInput():
            known = [choice.value for choice in spec.choices]
            if value not in known:
                return "choice", f"{label!r} must be one of: {', '.join(known)}{closest(str(value), known) or '.'}"
        case _:
            if not (isinstance(value, str) and _UUID.fullmatch(value)):
                return "asset_id", f"{label!r} must be the id of an uploaded file."
    return None


def _holds(condition: Any, values: Mapping[str, Any]) -> bool:
    if isinstance(condition, list):
        return all(_holds(part, values) for part in condition)
    value = values.get(condition["input"])
    if "is" in condition:
        return bool(value == condition["is"])
    if "in" in condition:
        return bool(value in condition["in"])
    filled = value is not None and value is not False and not (isinstance(value, str) and not value.strip())
    return bool(filled == condition.get("set", True))


def _fill(node: Any, values: Mapping[str, Any]) -> Any:  # noqa: PLR0911  one case per kind of hole
    if isinstance(node, list):
        filled = [_fill(item, values) for item in node]
        return [item for item in filled if item is not _DROP]
    if not isinstance(node, dict):
        return node
    if "when" in node and not _holds(node["when"], values):
        return _DROP
    if "$input" in node:
        value = values.get(node["$input"])
        if "map" in node:
            return _fill(node["map"].get(str(value).lower() if isinstance(value, bool) else value, _DROP), values)
        return _DROP if value is None else value
    if isinstance(node.get("expr"), str):
        named = {name: values[name] for name in expressions.inputs_of(node["expr"]) if name in values}
        formula = {key: value for key, value in node.items() if key != "when"}
        return {**formula, "inputs": named} if named else formula
    filled_fields = {key: _fill(value, values) for key, value in node.items() if key != "when"}
    return {key: value for key, value in filled_fields.items() if value is not _DROP}
