"""The JSON Schema of the composition format, and the reference made of it.

`python -m flatrender.composition.schema` writes both into docs/reference of the repository.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from flatrender.composition.schemas import Composition
from flatrender.composition.values import ASSET_ID
from flatrender.composition.version import FORMAT

REFERENCE: Final = Path("docs") / "reference"


_FILE_NAME: Final = r"\.[A-Za-z0-9]+$"
"""What a file's name ends in. The command line takes names where the service takes ids."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a composition document, in which files are named by id or, as offline, by name."""
    schema = _with_file_names(_readable(Composition.model_json_schema(mode="validation")))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **schema}


def _with_file_names(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_with_file_names(node) for node in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _with_file_names(node) for key, node in schema.items()}
    if made.get("pattern") == ASSET_ID:
        made["pattern"] = f"{ASSET_ID}|{_FILE_NAME}"
    return made


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


def files() -> dict[str, str]:
    """What is generated: names in docs/reference, and their texts."""
    from flatrender.composition import reference

    return {"composition.schema.json": text(), "composition.md": reference.text(json_schema())}


def main() -> int:
    """Writes the files; says on standard error what it wrote, so that its output may be sent anywhere."""
    folder = next((parent / REFERENCE for parent in Path(__file__).parents if (parent / REFERENCE).is_dir()), None)
    if folder is None:
        print("There is no docs/reference above this module; it is written in the repository.", file=sys.stderr)
        return 1
    for name, content in files().items():
        (folder / name).write_text(content, encoding="utf-8")
        print(folder / name, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
