"""Whether a document can be rendered: every fault at once, each with a JSON pointer and a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from flatrender.composition import limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.fonts import FontTable, shipped
from flatrender.composition.schema_faults import faults as schema_faults
from flatrender.composition.schemas import Composition
from flatrender.composition.semantics import check
from flatrender.kernel.faults import Fault

_STAND_INS: dict[str, Any] = {
    "layers": {"type": "group", "layers": []},
    "overlays": {"type": "group", "layers": []},
    "scenes": {"duration": limits.MAX_DURATION / limits.MAX_SCENES},
    "canvas": {"width": 1920, "height": 1080},
    "theme": {},
    "audio": None,
}
"""What takes the place of a broken part, so that the rest can still be looked at."""


def validate(
    document: Any, assets: Mapping[str, AssetInfo], fonts: FontTable | None = None
) -> tuple[Composition | None, list[Fault]]:
    """The composition, or every fault of the document (then the composition is None).

    `assets` are the files that the caller may use, by id; `fonts` the shipped fonts unless given.
    """
    too_big = _size_fault(document)
    if too_big:
        return None, [too_big]
    fonts = fonts or shipped()
    try:
        composition = Composition.model_validate(document)
    except ValidationError as error:
        found = schema_faults(error, document, Composition)
        if len(found) < limits.MAX_FAULTS:
            found += _rest(document, found, assets, fonts)
        return None, _capped(found)
    found = check(composition, document, assets, fonts)
    return (None, _capped(found)) if found else (composition, [])


def _capped(found: list[Fault]) -> list[Fault]:
    if len(found) <= limits.MAX_FAULTS:
        return found
    rest = len(found) - limits.MAX_FAULTS + 1
    return [
        *found[: limits.MAX_FAULTS - 1],
        Fault(pointer="", code="more_faults", message=f"There are {rest} more faults."),
    ]


def _size_fault(document: Any) -> Fault | None:
    """Counts values and depth without recursion, before anything else looks at the document."""
    if not isinstance(document, dict):
        return Fault(pointer="", code="model_type", message="A composition is a JSON object.")
    count, depth = 0, 0
    level: list[Any] = [document]
    while level:
        depth += 1
        count += len(level)
        if depth > limits.MAX_DOCUMENT_DEPTH:
            return Fault(
                pointer="",
                code="too_deep",
                message=f"The document is nested deeper than {limits.MAX_DOCUMENT_DEPTH} levels.",
            )
        if count > limits.MAX_DOCUMENT_NODES:
            return Fault(
                pointer="", code="too_large", message=f"The document has more than {limits.MAX_DOCUMENT_NODES} values."
            )
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if any(len(key) > limits.MAX_KEY for key in value):
                    return Fault(
                        pointer="",
                        code="too_large",
                        message=f"The name of a field may have at most {limits.MAX_KEY} characters.",
                    )
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = inner
    return None


def _rest(document: Any, found: list[Fault], assets: Mapping[str, AssetInfo], fonts: FontTable) -> list[Fault]:
    """What is wrong with the parts of a document that are well-formed themselves, the broken ones replaced by
    stand-ins.
    """
    patched = document
    replaced: list[str] = []
    for fault in found:
        pointer = fault.pointer
        steps = pointer.split("/")[1:]
        cut = next(
            (i for i in range(len(steps) - 1, -1, -1) if steps[i].isdigit() and i and steps[i - 1] in _STAND_INS),
            0 if steps and steps[0] in ("canvas", "theme") else None,
        )
        if cut is None:
            if len(steps) == 1 and fault.code == "unknown_field":
                patched = {key: value for key, value in patched.items() if key != steps[0]}
            continue
        name = steps[cut - 1] if steps[cut].isdigit() else steps[cut]
        patched = _replace(patched, steps[: cut + 1], _STAND_INS[name])
        replaced.append("/" + "/".join(steps[: cut + 1]))
    if isinstance(patched, dict) and isinstance(patched.get("audio"), list):
        patched = {**patched, "audio": [track for track in patched["audio"] if track is not None]}
    try:
        composition = Composition.model_validate(patched)
    except ValidationError:
        return []
    faults = check(composition, patched, assets, fonts)
    hidden = ("theme_color", "theme_font", "font_missing") if "/theme" in replaced else ()
    audio_moved = any(pointer.startswith("/audio") for pointer in replaced)
    return [
        fault
        for fault in faults
        if fault.code not in hidden
        and not any(fault.pointer == pointer or fault.pointer.startswith(pointer + "/") for pointer in replaced)
        and not (
            fault.code in ("transition_overlap", "time_outside", "duration") and any("scenes" in p for p in replaced)
        )
        and not (audio_moved and fault.pointer.startswith("/audio"))
    ]


def _replace(node: Any, steps: list[str], value: Any) -> Any:
    """A copy of `node` with what is at `steps` replaced; nodes that are not there are left alone."""
    if not steps:
        return value
    head, rest = steps[0], steps[1:]
    if isinstance(node, dict) and head in node:
        return {**node, head: _replace(node[head], rest, value)}
    if isinstance(node, list) and head.isdigit() and int(head) < len(node):
        index = int(head)
        return [*node[:index], _replace(node[index], rest, value), *node[index + 1 :]]
    return node


def asset_ids(document: Any) -> set[str]:
    """The file ids that a document names, well-formed or not: every text under a key `asset`."""
    return set(_asset_values(document))


def _asset_values(document: Any) -> Iterator[str]:
    level = [document]
    seen = 0
    while level and seen <= limits.MAX_DOCUMENT_NODES:
        node = level.pop()
        seen += 1
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "asset" and isinstance(value, str):
                    yield value
                else:
                    level.append(value)
        elif isinstance(node, list):
            level += node
