"""Turns what pydantic says about a document into faults that a person can act on."""

import difflib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from flatrender.composition import limits
from flatrender.kernel.faults import Fault

_TYPES: Final = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}

_SHOWN: Final = 80
"""Characters of what was given that a sentence repeats."""


def escape(part: str | int) -> str:
    """One step of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def closest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word[:_SHOWN], list(known), n=1, cutoff=0.65)
    return f"; did you mean {near[0]!r}?" if near else ""


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


@cache
def _fields(root: type[BaseModel]) -> dict[str, list[type[BaseModel]]]:
    """Field name → the models that may stand in it, over all models reachable from `root`."""
    found: dict[str, list[type[BaseModel]]] = {"": [root]}
    seen: set[type[BaseModel]] = set()
    waiting = [root]
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            inner = [*_models(field.annotation)]
            for part in field.metadata:
                inner += _models(part)
            found.setdefault(field.alias or name, []).extend(inner)
            waiting += inner
    return found


def _siblings(root: type[BaseModel], node: dict[str, Any], path: Sequence[str | int]) -> list[str]:
    """The field names that may stand beside each other at `path`."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    models = _fields(root).get(key, [])
    kind = node.get("type")
    if isinstance(kind, str):
        typed = [m for m in models if "type" in m.model_fields and kind in get_args(m.model_fields["type"].annotation)]
        models = typed or models
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _resolve(document: Any, location: Sequence[str | int]) -> tuple[list[str | int], Any, Any]:
    """The real path of an error's location (pydantic puts tags of unions into it), the value there, and what holds
    it.
    """
    path: list[str | int] = []
    node: Any = document
    holder: Any = None
    fresh = True
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, str) and part.startswith("="):
            continue
        if isinstance(node, dict):
            if fresh and node.get("type") == part and not (last and part in node and not isinstance(node[part], dict)):
                fresh = False
                continue
            holder, node, fresh = node, node.get(str(part)), True
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            holder, node, fresh = node, node[part], True
        elif part == "[key]" or isinstance(node, (str, int, float, bool)) or (node is None and not last):
            continue
        path.append(part)
    return path, node, holder


def _name(path: list[str | int]) -> str:
    """What a sentence calls the value at `path`."""
    if len(path) > 1 and isinstance(path[-1], int):
        return f"{path[-2]}[{path[-1]}]"
    return str(path[-1]) if path else "document"


def _sentence(  # noqa: PLR0911  one case per kind of error
    error: Any, root: type[BaseModel], path: list[str | int], value: Any, holder: Any
) -> str:
    kind, context = error["type"], error.get("ctx", {})
    name = _name(path)
    match kind:
        case "extra_forbidden":
            known = _siblings(root, holder, path[:-1]) if isinstance(holder, dict) else []
            return f"There is no field {name!r} here{closest(name, known) or '.'}"
        case "missing":
            return f"The field {name!r} is required."
        case "union_tag_invalid":
            tags = [tag.strip().strip("'") for tag in str(context.get("expected_tags", "")).split(",")]
            given = str(value.get("type") if isinstance(value, dict) else value)[:_SHOWN]
            return f"There is no type {given!r} here{closest(given, tags) or '.'} There are: {', '.join(tags)}."
        case "union_tag_not_found":
            return "An object with a 'type' is needed here."
        case "literal_error":
            expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            hint = closest(str(value), expected.split(", ")) if isinstance(value, str) else ""
            return f"{name!r} must be one of: {expected}{hint or '.'}"
        case "too_long" | "too_short":
            bound = context.get("max_length", context.get("min_length"))
            side = "most" if kind == "too_long" else "least"
            count = len(value) if isinstance(value, (dict, list)) else context.get("actual_length")
            return f"{name!r} has {count} entries; it takes at {side} {bound}."
        case "string_too_long":
            return f"{name!r} may have at most {context['max_length']} characters."
        case "string_pattern_mismatch":
            return f"{name!r} is not written as it must be ({context['pattern']})."
        case _ if kind in _TYPES:
            return f"{name!r} {_TYPES[kind]}."
    message = str(error["msg"]).replace("Input should be", "must be", 1).rstrip(".")
    return f"{name!r}: {message}." if message[0].isupper() else f"{name!r} {message}."


def faults(error: ValidationError, document: Any, root: type[BaseModel], prefix: str = "") -> list[Fault]:
    """All faults of a failed validation of `document` against `root`; pointers start with `prefix`.

    Beyond `limits.MAX_FAULTS`, which nobody will read, they are counted and not described.
    """
    found: dict[tuple[str, str], Fault] = {}
    for part in error.errors(include_url=False):
        path, value, holder = _resolve(document, part["loc"])
        pointer = prefix + "".join("/" + escape(step) for step in path)
        code = {"extra_forbidden": "unknown_field", "missing": "required"}.get(part["type"], part["type"])
        if (pointer, code) in found:
            continue
        told = _sentence(part, root, path, value, holder) if len(found) < limits.MAX_FAULTS else "One more fault."
        found[pointer, code] = Fault(pointer=pointer, code=code, message=told)
    return list(found.values())
