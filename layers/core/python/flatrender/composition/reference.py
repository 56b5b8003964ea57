"""The format reference as Markdown, made from the models: a table for each object, a row for each field.

`python -m flatrender.composition.schema` writes it beside the JSON Schema.
"""

import ast
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from flatrender.composition.layers_base import LayerBase
from flatrender.composition.reference_notes import NOTES
from flatrender.composition.template import InputBase, TemplateDefinition
from flatrender.composition.values import Keyframe, Strict

type Node = Mapping[str, Any]

_INTRO: Final = """# The format, field by field

Generated from the code by `python -m flatrender.composition.schema`, as is the
[JSON Schema](composition.schema.json). How the parts go together is told in
[compositions](../guide/compositions.md), how to make a template of them in [templates](../guide/templates.md).

Fields in **bold** must be given; no others than those listed may be. A field marked *animated* takes a constant,
[keyframes](#keyframes) or an [expression](#expression) (colours and paths: no expression). Lengths are pixels of the
canvas, times seconds. Colours are `#rgb`, `#rrggbb`, `#rrggbbaa` or `theme:<role>`; a *paint* is a colour or a
gradient. Files are named by id; `flatrender` on the command line also takes a file's name.
"""
_UNIONS: Final = {"Layer": "layers", "Input": "inputs"}
"""Unions that have a part of their own, by the ending of their members."""
_TRANSITIONS: Final = {"Cut", "CrossFade", "Wipe"}
_PAINT: Final = {"LinearGradient", "RadialGradient"}
_GENERIC: Final = re.compile(r"^(.+)(Keyframes|Keyframe|Expression)$")
_LONG: Final = 8
"""More types than these are told by name."""


def text(composition: Node) -> str:
    """The whole page, given the JSON Schema of a composition."""
    template = TemplateDefinition.model_json_schema(mode="validation")
    objects = {**composition["$defs"], "Composition": composition}
    inputs = {**template["$defs"], "TemplateDefinition": template}
    shapes = [name for name in objects if not _GENERIC.match(name)]
    layers = [name for name in shapes if name.endswith("Layer")]
    transitions = _members(objects["Scene"]["properties"]["transition"])
    document = ["Composition", "Canvas", "Theme", "FontRole", "Scene", "Timeline", "NestedComposition"]
    sound = ["AudioTrack", "Duck", "Loudness"]
    timing = ["CubicBezier", "Spring"]
    used = {*document, *layers, *transitions, *sound, *timing}
    parts = [_INTRO, "## The document", *_tables(document, objects)]
    parts += ["## Layers", "Every layer has these fields:", _table(objects[layers[0]], _class(layers[0]), shared=True)]
    parts += _tables(layers, objects, hidden=LayerBase)
    parts += ["## What layers are made of", *_tables((name for name in shapes if name not in used), objects)]
    parts += ["## Transitions", *_tables(transitions, objects)]
    parts += ["## Sound", *_tables(sound, objects)]
    parts += ["## Movement", *_movement(objects), *_tables(timing, objects)]
    fields = [name for name in inputs if name.endswith("Input")]
    parts += ["## Templates", *_tables(["TemplateDefinition"], inputs)]
    parts += ["## Inputs", "Every input has these fields:", _table(inputs[fields[0]], InputBase, shared=True)]
    parts += _tables(sorted(fields), inputs, hidden=InputBase)
    parts += _tables(["Choice"], inputs)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _members(node: Node) -> list[str]:
    return [ref["$ref"].rpartition("/")[2] for ref in node.get("oneOf", ())]


def _tables(names: Iterable[str], objects: Node, hidden: type[Strict] | None = None) -> Iterator[str]:
    for name in names:
        node = objects[name]
        yield f"### {name}"
        if "description" in node:
            yield _prose(node["description"])
        table = _table(node, _class(name), hidden=hidden)
        yield table or "No fields of its own."


def _movement(objects: Node) -> Iterator[str]:
    for kind in ("Keyframes", "Keyframe", "Expression"):
        node = objects[f"Fraction{kind}"]
        cls = next(cls for cls in _classes() if cls.__name__ == kind)
        yield f"### {kind}"
        if cls.__doc__:
            yield _prose(inspect.cleandoc(cls.__doc__))
        changed = {**node, "properties": {key: dict(field) for key, field in node["properties"].items()}}
        if kind == "Keyframes":
            changed["properties"]["keyframes"]["items"] = {"$ref": "#/$defs/Keyframe"}
        if kind == "Keyframe":
            changed["properties"]["value"] = {"type": "what the field takes"}
        yield _table(changed, cls)


def _table(node: Node, cls: type[Strict], *, hidden: type[Strict] | None = None, shared: bool = False) -> str:
    """Without the fields of `hidden`; with `shared`, those of the common base alone."""
    base = (InputBase if issubclass(cls, InputBase) else LayerBase) if shared else None
    rows = []
    for name, field in node["properties"].items():
        if (hidden and name in hidden.model_fields) or (base and name not in base.model_fields):
            continue
        title = f"**`{name}`**" if name in node.get("required", ()) else f"`{name}`"
        kind, span = _kind(field)
        default = _default(field, name in node.get("required", ()), cls, name)
        rows.append(f"| {title} | {kind} | {default} | {span} | {_note(cls, name)} |")
    return "\n".join(["| field | type | default | range | |", "|---|---|---|---|---|", *rows]) if rows else ""


def _kind(node: Node) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912  one case per kind of node
    """(type, range) of a field."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})", ""
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        return _either([option for option in options if option.get("type") != "null"], node)
    if "const" in node:
        return f"`{node['const']}`", ""
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"]), ""
    match node.get("type"):
        case "array":
            inner, span = _kind(node["items"])
            low, high = node.get("minItems", 0), node.get("maxItems")
            if low == high:
                return f"{low} x {inner}", span
            if high:
                span = f"{low} to {high}" if low else f"at most {high}"
            return f"list of {inner}", span
        case "object":
            values = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)
            most = f"at most {node['maxProperties']}" if "maxProperties" in node else ""
            return (f"names, each with {_kind(values)[0]}" if isinstance(values, dict) and values else "object"), most
        case "string" if node.get("title") == "Color":
            return "colour", ""
        case "string" if "[0-9a-f]{8}" in node.get("pattern", ""):
            return "file", ""
        case "string":
            return "text", _characters(node)
        case "integer":
            return "whole number", _span(node)
        case "number":
            return "number", _span(node)
        case "boolean":
            return "true, false", ""
    return str(node.get("type", "anything")), ""


def _either(options: list[Node], node: Node) -> tuple[str, str]:
    names = {option["$ref"].rpartition("/")[2] for option in options if "$ref" in option}
    for ending, anchor in _UNIONS.items():
        if len(names) >= _LONG and all(name.endswith(ending) for name in names):
            return f"[{anchor.removesuffix('s')}](#{anchor})", ""
    if names >= _TRANSITIONS:
        return "[transition](#transitions)", ""
    plain = [option for option in options if not _GENERIC.match(option.get("$ref", ""))]
    animated = ", *animated*" if len(plain) < len(options) else ""
    if names >= _PAINT:
        plain = [{"type": "*paint*"}]
    if any("spring" in option.get("enum", ()) for option in plain):
        return "[easing](../guide/compositions.md#movement)", ""
    shown = [_kind(option) for option in plain]
    if isinstance(node.get("default"), str) and not shown:
        return "text", ""
    if any("*paint*" in kind for kind, _ in shown):
        return "*paint*" + animated, ""
    span = next((span for _, span in shown if span), "")
    return " or ".join(dict.fromkeys(kind for kind, _ in shown)) + animated, span


def _span(node: Node) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above = node.get("exclusiveMinimum")
    below = node.get("exclusiveMaximum")
    lower = f"{low:g}" if low is not None else f"above {above:g}" if above is not None else ""
    upper = f"{high:g}" if high is not None else f"below {below:g}" if below is not None else ""
    return " to ".join(part for part in (lower, upper) if part)


def _characters(node: Node) -> str:
    if "pattern" in node:
        return f"`{node['pattern'].replace('|', chr(92) + '|')}`"
    low, high = node.get("minLength", 0), node.get("maxLength")
    if high is None:
        return ""
    return f"{low} to {high} characters" if low else f"at most {high} characters"


def _default(node: Node, required: bool, cls: type[Strict], name: str) -> str:
    if required or "const" in node:
        return ""
    if "default" in node:
        value = node["default"]
    else:
        field = cls.model_fields.get(name)
        made = field.get_default(call_default_factory=True) if field else None
        value = made.model_dump(exclude_defaults=True) if isinstance(made, Strict) else made
    if value is None:
        return ""
    if value in ({}, [], ""):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)}`"


def _plain(value: Any) -> Any:
    """Numbers without a point where they need none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _note(cls: type[Strict], field: str) -> str:
    owners = [owner for owner in cls.__mro__ if owner.__name__ not in {"object", "BaseModel", "Strict"}]
    for owner in owners:
        found = _docstrings(owner).get(field)
        if found:
            return _prose(found).replace("\n", " ")
    names = [owner.__name__ for owner in owners]
    return next((NOTES[key] for key in (*(f"{name}.{field}" for name in names), field) if key in NOTES), "")


@cache
def _docstrings(cls: type) -> dict[str, str]:
    """The docstrings under the fields of a class."""
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):
        return {}
    body = node.body if isinstance(node, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(note.value.value)
        for field, note in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
        and isinstance(note.value.value, str)
    }


def _classes() -> Iterator[type[Strict]]:
    waiting: list[type[Strict]] = [Strict]
    while waiting:
        cls = waiting.pop()
        yield cls
        waiting += cls.__subclasses__()


def _class(name: str) -> type[Strict]:
    return next((cls for cls in _classes() if cls.__name__ == name), Keyframe)


def _prose(docstring: str) -> str:
    """Lines of a paragraph joined, so that they flow."""
    paragraphs = docstring.strip().split("\n\n")
    return "\n\n".join(" ".join(line.strip() for line in part.splitlines()) for part in paragraphs).replace("|", "\\|")
