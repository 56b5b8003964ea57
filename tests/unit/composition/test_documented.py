"""What the guides show is what the published schema and the models take."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.unit.composition.documents import ASSETS, document

from flatrender.composition import chunks, schema
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs/guide"
PUBLISHED = json.loads((ROOT / "docs/reference/composition.schema.json").read_text("utf-8"))
LAYER = PUBLISHED["$defs"]["Scene"]["properties"]["layers"]["items"]


def examples() -> list[tuple[str, Any]]:
    """Every JSON block of the guides to the format, with its place."""
    found = []
    for path in (GUIDE / "compositions.md", GUIDE / "motion.md"):
        text = path.read_text("utf-8")
        blocks = re.finditer(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found += [
            (f"{path.name}:{text.count(chr(10), 0, block.start()) + 1}", json.loads(block[1])) for block in blocks
        ]
    return found


EXAMPLES = examples()


@cache
def validator(name: str) -> Draft202012Validator:
    """Of the whole format, of a layer, or of an object of the format that lacks what it must have."""
    if name == "Composition":
        return Draft202012Validator(PUBLISHED)
    part = LAYER if name == "Layer" else {"$ref": f"#/$defs/{name}"}
    if name == "part":
        part = {key: PUBLISHED[key] for key in ("properties", "additionalProperties")}
    return Draft202012Validator({"$defs": PUBLISHED["$defs"], **part})


def kinds(example: Any) -> list[tuple[str, Any]]:
    """What an example is: [(a schema's name, what it must fit)]."""
    if isinstance(example, list):
        return [("Layer", layer) for layer in example]
    if "canvas" in example:
        return [("Composition", example)]
    if "type" in example:
        return [("Layer", example)]
    if example.keys() <= PUBLISHED["$defs"]["Transform"]["properties"].keys():
        return [("Transform", example)]
    return [("part", example)]


def inputs_of_the_quote(example: Any) -> bool:
    """Whether it is what fills the template that the guide fills."""
    if not isinstance(example, dict):
        return False
    quote = json.loads((ROOT / "infra/seed/templates/quote.json").read_text("utf-8"))
    return example.keys() <= {spec["name"] for spec in quote["inputs"]}


SHOWN = [(place, example) for place, example in EXAMPLES if not inputs_of_the_quote(example)]


@pytest.mark.parametrize("example", [example for _, example in SHOWN], ids=[place for place, _ in SHOWN])
def test_every_example_fits_the_schema_that_editors_are_offered(example: Any) -> None:
    for name, part in kinds(example):
        assert [error.message for error in validator(name).iter_errors(part)] == []


def test_all_kinds_of_examples_are_there_and_one_alone_is_of_inputs() -> None:
    assert {name for _, example in SHOWN for name, _ in kinds(example)} == {"Composition", "Layer", "Transform", "part"}
    assert len(EXAMPLES) - len(SHOWN) == 1


@pytest.mark.parametrize("asset", ["mountains", "", "0b6f2a5e", 7])
def test_the_schema_still_refuses_what_names_no_file(asset: object) -> None:
    layer = {"type": "image", "asset": asset}
    assert list(validator("Layer").iter_errors(layer))


def test_an_editors_schema_is_taken_and_changes_nothing() -> None:
    plain, named = document(), {"$schema": "../composition.schema.json", **document()}
    composition, faults = validate(named, ASSETS)
    assert faults == []
    assert composition is not None
    before = Composition.model_validate(plain)
    settings = profile(before)
    assert chunks.plan(composition, settings, ASSETS) == chunks.plan(before, settings, ASSETS)
    assert chunks.audio_key(composition, ASSETS, settings) == chunks.audio_key(before, ASSETS, settings)
    assert composition.model_dump_json() == before.model_dump_json(), "what is handed to workers and stored"
    assert Composition.model_validate_json(composition.model_dump_json()).scenes == before.scenes
    assert list(Draft202012Validator(schema.json_schema()).iter_errors(named)) == []


def test_a_schema_is_a_text_at_the_top_and_nowhere_else() -> None:
    named = {"$schema": 7, **document()}
    named["canvas"] = {**named["canvas"], "$schema": "x"}
    _, faults = validate(named, ASSETS)
    assert [(fault.pointer, fault.message) for fault in faults] == [
        ("/$schema", "'$schema' must be a text."),
        ("/canvas/$schema", "There is no field '$schema' here."),
    ]
    _, faults = validate({"$shema": "x", **document()}, ASSETS)
    assert [fault.message for fault in faults] == ["There is no field '$shema' here; did you mean '$schema'?"]
