"""Documents as they are stored: JSON text that will come back as it went in, within limits."""

import json
from typing import Any, Final

from flatrender.kernel.faults import Fault
from flatrender.studio.errors import ProjectTooLarge, ProjectUnstorable

MAX_BYTES: Final = 300_000
"""A document as JSON in UTF-8; DynamoDB's items end at 400 KB."""
MAX_DEPTH: Final = 64
"""Arrays and objects within each other: far more than any composition may have, far less than hurts a parser."""


def pack(document: dict[str, Any], field: str) -> str:
    """The document as compact JSON.

    Raises ProjectTooLarge; ProjectUnstorable, with pointers below `/body/<field>`.
    """
    if _depth(document) > MAX_DEPTH:
        raise ProjectUnstorable(
            faults=[_fault(field, "too_deep", f"'{field}' is nested deeper than {MAX_DEPTH} levels.")]
        )
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except UnicodeEncodeError as error:
        message = f"'{field}' holds text with half a surrogate pair; such text cannot be stored or drawn."
        raise ProjectUnstorable(faults=[_fault(field, "broken_text", message)]) from error
    except ValueError as error:
        message = f"'{field}' holds NaN or Infinity, which JSON does not have."
        raise ProjectUnstorable(faults=[_fault(field, "not_finite", message)]) from error
    if size > MAX_BYTES:
        message = (
            f"'{field}' has {size} bytes as JSON; a project may have {MAX_BYTES}. Put pictures and sounds into files."
        )
        raise ProjectTooLarge(message, limit=MAX_BYTES, size=size)
    return text


def unpack(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def merged(target: Any, patch: Any) -> Any:
    """`patch` applied to `target` as RFC 7396 says: null removes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _fault(field: str, code: str, message: str) -> Fault:
    return Fault(pointer=f"/body/{field}", code=code, message=message)


def _depth(document: Any) -> int:
    """Levels of nesting, found without recursion and without looking further than `MAX_DEPTH`."""
    depth, level = 0, [document]
    while level and depth <= MAX_DEPTH:
        children: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                children.extend(value.values())
            elif isinstance(value, list):
                children.extend(value)
        level = [child for child in children if isinstance(child, dict | list)]
        depth += 1
    return depth
