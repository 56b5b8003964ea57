"""pydantic's findings as faults a person can act on."""

from collections.abc import Mapping, Sequence
from typing import Any

from flatrender.kernel.faults import Fault

_MESSAGES = {
    "missing": "'{name}' is required.",
    "extra_forbidden": "'{name}' is not a known field.",
    "json_invalid": "The body is not valid JSON: {error}.",
    "string_too_short": "'{name}' must have at least {min_length} characters.",
    "string_too_long": "'{name}' must have at most {max_length} characters.",
    "string_pattern_mismatch": "'{name}' does not have the right form.",
    "greater_than_equal": "'{name}' must be at least {ge}.",
    "less_than_equal": "'{name}' must be at most {le}.",
    "literal_error": "'{name}' must be {expected}.",
    "enum": "'{name}' must be {expected}.",
}


def faults_of(findings: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """One fault per finding; the pointer starts with where the value came from (`/body/title`, `/query/page`)."""
    return [_fault(finding) for finding in findings]


def _fault(finding: Mapping[str, Any]) -> Fault:
    kind = str(finding["type"])
    location = ["body"] if kind == "json_invalid" else [str(part) for part in finding["loc"]]
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in location)
    template = _MESSAGES.get(kind)
    context = {"name": location[-1] if location else "body", **finding.get("ctx", {})}
    message = template.format(**context) if template else f"'{context['name']}': {finding['msg']}."
    return Fault(pointer=pointer, code=kind, message=message)
