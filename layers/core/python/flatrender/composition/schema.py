"""The JSON Schema of the composition format; `python -m flatrender.composition.schema` prints it."""

import json
import sys
from typing import Any

from flatrender.composition.schemas import Composition
from flatrender.composition.version import FORMAT


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a composition document."""
    schema = _readable(Composition.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **schema}


def _readable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with generic models under their titles (`ColorKeyframes`) instead of their whole annotations."""
    names = {name: model["title"] for name, model in schema["$defs"].items() if "Annotated" in name}
    shown = json.dumps(schema)
    for name, title in names.items():
        shown = shown.replace(f'"{name}"', f'"{title}"').replace(f'"#/$defs/{name}"', f'"#/$defs/{title}"')
    renamed: dict[str, Any] = json.loads(shown)
    return renamed


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
