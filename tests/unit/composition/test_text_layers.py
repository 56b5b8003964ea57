"""Given a text layer, when it is checked or keyed, then all that changes its pixels is known."""

from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, document, text

from flatrender.composition.chunks import plan
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate

GRADIENT = {"type": "linear", "stops": [{"offset": 0, "color": "#ff0000"}, {"offset": 1, "color": "#0000ff"}]}


def scene(layer: dict[str, Any]) -> dict[str, Any]:
    return document(scenes=[{"duration": 2, "layers": [layer]}], audio=[])


def faults(layer: dict[str, Any]) -> dict[str, str]:
    return {fault.pointer: fault.code for fault in validate(scene(layer), ASSETS)[1]}


@pytest.mark.parametrize(
    "fields",
    [
        {"animation": {"by": "character", "preset": "typewriter", "stagger": 0.05}},
        {"animation": {"by": "character", "preset": "tracking"}, "exit_animation": {"by": "line", "preset": "blur"}},
        {"fit": "grow", "max_size": 200},
        {"style": {"language": "zh-Hans-CN"}},
        {"runs": [{"text": "a", "fill": GRADIENT}, {"text": "b", "fill": "#ff0000"}]},
        {"runs": [{"text": "a", "fill": {"keyframes": [{"time": 0, "value": "#fff"}]}}]},
    ],
)
def test_what_a_text_may_say(fields: dict[str, Any]) -> None:
    assert faults(text("words", **fields)) == {}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"animation": {"by": "letter"}}, "animation/by", "literal_error"),
        ({"exit_animation": {"preset": "explode"}}, "exit_animation/preset", "literal_error"),
        ({"exit_animation": {"stagger": -1}}, "exit_animation/stagger", "greater_than_equal"),
        ({"fit": "stretch"}, "fit", "literal_error"),
        ({"max_size": 0}, "max_size", "greater_than"),
        ({"style": {"language": "Japanese!"}}, "style/language", "string_pattern_mismatch"),
        ({"runs": [{"text": "a", "fill": {**GRADIENT, "stops": []}}]}, "runs/0/fill/stops", "too_short"),
        ({"runs": [{"text": "a", "fill": "theme:none"}]}, "runs/0/fill", "theme_color"),
    ],
)
def test_what_it_may_not_say(fields: dict[str, Any], pointer: str, code: str) -> None:
    assert faults(text("words", **fields)) == {f"/scenes/0/layers/0/{pointer}": code}


@pytest.mark.parametrize(
    "fields",
    [
        {"animation": {"by": "character"}},
        {"exit_animation": {}},
        {"fit": "grow"},
        {"style": {"language": "ja"}},
        {"runs": [{"text": "words", "fill": GRADIENT}]},
    ],
)
def test_whatever_changes_its_pixels_changes_its_chunk(fields: dict[str, Any]) -> None:
    made = [Composition.model_validate(scene(layer)) for layer in (text("words"), text("words", **fields))]
    before, after = ([chunk.key for chunk in plan(each, profile(each), ASSETS)] for each in made)
    assert before != after
