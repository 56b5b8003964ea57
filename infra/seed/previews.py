"""Draws the preview image of every built-in template from its defaults, with the product's own engine.

Run it with `layers/core/python` on PYTHONPATH after a template or the engine has changed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flatrender.composition.assets import AssetInfo
from flatrender.composition.bind import bind, check
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.composition.validate import validate
from flatrender.engine.still import render_still

SEED = Path(__file__).resolve().parent
MOMENTS = {"promo": 2.4, "story": 2.6, "quote": 4.5, "nowruz-greeting": 3.6}
"""Seconds at which each template shows itself best."""
SIDE = 1280
"""Pixels of the longer side of a preview."""


def templates() -> dict[str, TemplateDefinition]:
    """The built-in templates by code."""
    found = [
        TemplateDefinition.model_validate(json.loads(path.read_text("utf-8")))
        for path in (SEED / "templates").glob("*.json")
    ]
    return {template.code: template for template in sorted(found, key=lambda template: template.code)}


def files() -> dict[str, Path]:
    """The default assets by id."""
    listed = json.loads((SEED / "assets" / "assets.json").read_text("utf-8"))
    return {entry["id"]: SEED / "assets" / entry["file"] for entry in listed}


def infos() -> dict[str, AssetInfo]:
    """The default assets as validation wants them."""
    listed = json.loads((SEED / "assets" / "assets.json").read_text("utf-8"))
    return {entry["id"]: AssetInfo(id=entry["id"], sha256=entry["id"], kind=entry["kind"]) for entry in listed}


def compose(template: TemplateDefinition, inputs: Mapping[str, Any]) -> Composition:
    """The composition of a template with these inputs; ValueError with all faults when there is any."""
    document, faults = bind(template, inputs)
    faults = [*check(template), *faults]
    composition = None
    if not faults:
        composition, faults = validate(document, infos())
    if composition is None:
        raise ValueError("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
    return composition


def main() -> None:
    for code, template in templates().items():
        composition = compose(template, {})
        canvas = composition.canvas
        width = SIDE if canvas.width >= canvas.height else round(SIDE * canvas.width / canvas.height)
        picture = render_still(composition, files(), MOMENTS[code], width, quality=85)
        (SEED / "templates" / f"{code}.jpg").write_bytes(picture)
        print(f"{code}: {len(picture) // 1024} KiB, {composition.duration:g} s")


if __name__ == "__main__":
    main()
