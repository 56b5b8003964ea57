"""The routes of the committed OpenAPI document: tests that must hold on every endpoint are made from it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/reference/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """One method of one path. `ids` are the path's parameters, `body_fields` the names in its JSON body."""

    method: str
    path: str
    public: bool
    ids: tuple[str, ...]
    body_fields: tuple[str, ...]
    needs_key: bool
    takes_body: bool

    @property
    def body_ids(self) -> tuple[str, ...]:
        """The body's fields that name a thing."""
        return tuple(name for name in self.body_fields if name.endswith("_id"))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def filled(self, ids: dict[str, str]) -> str:
        return re.sub(r"{(\w+)}", lambda match: ids[match[1]], self.path)


def routes() -> list[Route]:
    return list(_routes(json.loads(DOCUMENT.read_text(encoding="utf-8"))))


def _routes(document: dict[str, Any]) -> Iterator[Route]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = operation.get("parameters", [])
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield Route(
                method=method.upper(),
                path=path,
                public=operation.get("security") == [],
                ids=tuple(re.findall(r"{(\w+)}", path)),
                body_fields=tuple(_properties(schema, document)),
                needs_key=any(parameter["name"] == "Idempotency-Key" for parameter in parameters),
                takes_body=schema is not None,
            )


def _properties(schema: dict[str, Any] | None, document: dict[str, Any]) -> list[str]:
    if schema is None:
        return []
    if "$ref" in schema:
        return _properties(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    names = list(schema.get("properties", {}))
    for kind in ("anyOf", "oneOf", "allOf"):
        for member in schema.get(kind, ()):
            names += _properties(member, document)
    return names
