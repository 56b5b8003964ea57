"""Given a template, when inputs are bound, then they stand where the template asks, or every fault is named."""

from typing import Any

import pytest
from tests.unit.composition.documents import PHOTO

from flatrender.composition.bind import bind, check, origin
from flatrender.composition.schemas import TemplateDefinition

LABEL = {"en": "A label"}


def template(**fields: Any) -> TemplateDefinition:
    base: dict[str, Any] = {
        "code": "sample",
        "name": LABEL,
        "description": LABEL,
        "category": "test",
        "aspect": "16:9",
        "duration": 4.0,
        "inputs": [
            {"type": "text", "name": "title", "label": LABEL, "default": "Hi", "max_length": 10, "required": True},
            {"type": "image", "name": "photo", "label": LABEL},
            {"type": "color", "name": "accent", "label": LABEL, "default": "#ff0000"},
            {
                "type": "choice",
                "name": "mood",
                "label": LABEL,
                "default": "calm",
                "choices": [{"value": "calm", "label": LABEL}, {"value": "wild", "label": LABEL}],
            },
            {"type": "toggle", "name": "bar", "label": LABEL, "default": True},
        ],
        "composition": {
            "runs": [{"text": {"$input": "title"}}, {"text": "!"}],
            "color": {"$input": "accent"},
            "transition": {"$input": "mood", "map": {"calm": {"type": "cut"}, "wild": {"type": "zoom"}}},
            "layers": [
                {"asset": {"$input": "photo"}, "when": {"input": "photo", "set": True}},
                {"bar": 1, "when": {"input": "bar", "is": True}},
                {"wild": 1, "when": [{"input": "mood", "in": ["wild"]}, {"input": "bar", "is": True}]},
            ],
            "duration": {"$input": "bar", "map": {"true": 5, "false": 3}},
        },
    }
    return TemplateDefinition.model_validate({**base, **fields})


def test_defaults_fill_what_is_not_given() -> None:
    document, faults = bind(template(), {})
    assert faults == []
    assert document == {
        "runs": [{"text": "Hi"}, {"text": "!"}],
        "color": "#ff0000",
        "transition": {"type": "cut"},
        "layers": [{"bar": 1}],
        "duration": 5,
    }


def test_given_inputs_stand_where_they_belong() -> None:
    document, faults = bind(template(), {"title": "سلام", "photo": PHOTO, "mood": "wild", "bar": False})
    assert faults == []
    assert document is not None
    assert document["runs"][0] == {"text": "سلام"}
    assert document["layers"] == [{"asset": PHOTO}]
    assert document["transition"] == {"type": "zoom"}
    assert document["duration"] == 3


def test_all_faults_of_the_inputs_come_at_once() -> None:
    given = {
        "title": "far too long a title",
        "photo": "../etc",
        "accent": "red",
        "mood": "clam",
        "bar": "yes",
        "titel": 1,
    }
    document, faults = bind(template(), given)
    assert document is None
    assert {fault.pointer: fault.code for fault in faults} == {
        "/inputs/title": "string_too_long",
        "/inputs/photo": "asset_id",
        "/inputs/accent": "color",
        "/inputs/mood": "choice",
        "/inputs/bar": "bool_type",
        "/inputs/titel": "unknown_input",
    }
    told = {fault.pointer: fault.message for fault in faults}
    assert "did you mean 'title'?" in told["/inputs/titel"]
    assert "did you mean 'calm'?" in told["/inputs/mood"]


@pytest.mark.parametrize("empty", ["", "   ", "\n"])
def test_a_required_input_may_not_be_emptied(empty: str) -> None:
    assert [fault.code for fault in bind(template(), {"title": empty})[1]] == ["required"]


def test_text_for_one_line_loses_its_line_breaks_and_control_characters() -> None:
    document, _ = bind(template(), {"title": "a\r\nb\x00\x1b"})
    assert document is not None
    assert document["runs"][0]["text"] == "a b"


def test_a_placeholder_in_a_value_is_not_looked_at_again() -> None:
    document, _ = bind(
        template(
            inputs=[{"type": "text", "name": "title", "label": LABEL, "max_length": 40}],
            composition={"text": {"$input": "title"}},
        ),
        {"title": '{"$input": "x"}'},
    )
    assert document == {"text": '{"$input": "x"}'}


def test_a_template_that_names_what_it_does_not_declare_is_found() -> None:
    broken = template(composition={"a": {"$input": "titel"}, "b": {"c": 1, "when": {"input": "nothing", "set": True}}})
    found = {fault.pointer: fault.code for fault in check(broken)}
    assert found["/composition/a/$input"] == "unknown_input"
    assert found["/composition/b/when/input"] == "unknown_input"
    assert found["/inputs/0"] == "unused_input"
    assert check(template()) == []


NUMBER = {"type": "number", "name": "gain", "label": LABEL, "default": 2, "min": 0, "max": 5, "step": 0.5}


def test_expressions_get_the_inputs_that_they_name() -> None:
    inputs = [NUMBER, {"type": "toggle", "name": "bar", "label": LABEL, "default": True}]
    composition = {"x": {"expr": "if(input.bar, input.gain * 2, 0)"}, "y": {"expr": "time"}}
    made = template(inputs=inputs, composition=composition)
    assert check(made) == []
    document, faults = bind(made, {"gain": 3.5})
    assert faults == []
    assert document == {
        "x": {"expr": "if(input.bar, input.gain * 2, 0)", "inputs": {"bar": True, "gain": 3.5}},
        "y": {"expr": "time"},
    }


def test_an_expression_may_depend_on_an_input() -> None:
    inputs = [NUMBER, {"type": "toggle", "name": "on", "label": LABEL}]
    when = {"input": "on", "is": True}
    composition = {"x": {"expr": "time * 10", "when": when}, "y": {"expr": "input.gain", "when": [when]}, "z": 1}
    made = template(inputs=inputs, composition=composition)
    assert check(made) == []
    assert bind(made, {"on": True}) == (
        {"x": {"expr": "time * 10"}, "y": {"expr": "input.gain", "inputs": {"gain": 2}}, "z": 1},
        [],
    )
    assert bind(made, {"on": False}) == ({"z": 1}, [])


@pytest.mark.parametrize(("given", "code"), [("3", "float_type"), (True, "float_type"), (5.1, "number_range")])
def test_a_number_out_of_its_range_is_refused(given: Any, code: str) -> None:
    made = template(inputs=[NUMBER], composition={"x": {"expr": "input.gain"}})
    _, faults = bind(made, {"gain": given})
    assert [(fault.pointer, fault.code) for fault in faults] == [("/inputs/gain", code)]


def test_an_expression_may_only_name_numbers_and_toggles_that_are_declared() -> None:
    inputs = [{"type": "text", "name": "title", "label": LABEL}]
    faults = check(template(inputs=inputs, composition={"x": {"expr": "input.title + input.gone"}}))
    assert {(fault.pointer, fault.code) for fault in faults} == {
        ("/composition/x/expr", "input_type"),
        ("/composition/x/expr", "unknown_input"),
    }


def test_a_place_in_the_bound_document_leads_back_to_the_template() -> None:
    template = TemplateDefinition.model_validate(
        {
            "code": "back",
            "name": {"en": "Back"},
            "description": {"en": ""},
            "category": "tests",
            "aspect": "16:9",
            "duration": 1,
            "inputs": [
                {"type": "toggle", "name": "dark", "label": {"en": "Dark"}},
                {"type": "text", "name": "title", "label": {"en": "Title"}, "default": "Hello"},
            ],
            "composition": {
                "overlays": [
                    {"when": {"input": "dark", "is": True}, "type": "solid"},
                    {"type": "text", "runs": [{"text": {"$input": "title"}}]},
                    {"$input": "dark", "map": {"true": {"a/b": [1]}, "false": {"a/b": [2]}}},
                ]
            },
        }
    )
    assert origin(template, {}, "/overlays/0/runs/0/text") == "/composition/overlays/1/runs/0/text"
    assert origin(template, {"dark": True}, "/overlays/0/type") == "/composition/overlays/0/type"
    assert origin(template, {"dark": True}, "/overlays/2/a~1b/0") == "/composition/overlays/2/map/true/a~1b/0"
    assert origin(template, {}, "/overlays/1/a~1b/0") == "/composition/overlays/2/map/false/a~1b/0"
    assert origin(template, {}, "/overlays/7/none") == "/composition/overlays/7/none"
    assert origin(template, {}, "") == "/composition"
