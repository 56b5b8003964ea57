"""POST /v1/projects/{id}/validate: everything that is wrong, at once, where the user can mend it."""

from collections.abc import Callable
from typing import Any

import pytest

from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.studio import service
from flatrender.studio.errors import ProjectInvalid

type Studio = Any
type Make = Callable[..., dict[str, Any]]


@pytest.fixture
def faults(studio: Studio) -> Callable[[dict[str, Any]], dict[str, str]]:
    """`faults(project) -> {pointer: code}`"""

    def validate(project: dict[str, Any]) -> dict[str, str]:
        answer = studio("POST", f"/{project['id']}/validate")
        assert answer.status == 200, answer
        assert answer.json["valid"] is (not answer.json["faults"])
        assert (answer.json["duration"] is None) is bool(answer.json["faults"])
        assert all(fault["message"].endswith((".", "?")) for fault in answer.json["faults"])
        return {fault["pointer"]: fault["code"] for fault in answer.json["faults"]}

    return validate


def test_a_valid_composition(studio: Studio, make: Make, photo: Callable[..., str]) -> None:
    picture = photo(width=640, height=480)
    project = make(
        composition={
            "canvas": {"width": 320, "height": 180},
            "scenes": [{"duration": 2.5, "layers": [{"type": "image", "asset": picture}]}],
        }
    )
    assert studio("POST", f"/{project['id']}/validate").json == {
        "valid": True,
        "faults": [],
        "duration": 2.5,
        "assets": [{"id": picture, "available": True, "kind": "image", "width": 640, "height": 480, "duration": None}],
    }


def test_every_fault_of_a_composition(make: Make, faults: Callable[..., dict[str, str]]) -> None:
    missing = new_id()
    project = make(
        composition={
            "canvas": {"width": 321, "height": 180},
            "scenes": [
                {"duration": 1.0, "layers": [{"type": "image", "asset": missing}, {"type": "imag"}]},
                {"duration": "long", "colour": "red"},
            ],
        }
    )
    assert faults(project) == {
        "/composition/canvas": "canvas_size",
        "/composition/scenes/0/layers/0/asset": "asset_missing",
        "/composition/scenes/0/layers/1": "union_tag_invalid",
        "/composition/scenes/1/duration": "float_type",
        "/composition/scenes/1/colour": "unknown_field",
    }


def test_every_fault_of_inputs_is_shown_at_the_input(
    make: Make, template: Callable[..., str], faults: Callable[..., dict[str, str]]
) -> None:
    project = make(
        template_id=template(),
        inputs={"title": "x" * 21, "photo": new_id(), "color": "red", "titel": "typo"},
    )
    assert faults(project) == {
        "/inputs/title": "string_too_long",
        "/inputs/photo": "asset_missing",
        "/inputs/color": "color",
        "/inputs/titel": "unknown_input",
    }


def test_what_only_shows_when_drawn_is_blamed_on_the_input(
    studio: Studio, make: Make, template: Callable[..., str], photo: Callable[..., str], faults: Callable[..., Any]
) -> None:
    film = photo(kind="video", duration=3.0)
    project = make(template_id=template(), inputs={"title": "  \u16a0 rune ", "photo": film})
    assert faults(project) == {"/inputs/title": "glyph_missing", "/inputs/photo": "asset_kind"}


def test_a_required_input_and_the_rest(make: Make, template: Callable[..., str], faults: Callable[..., Any]) -> None:
    project = make(template_id=template(), inputs={"title": "\u16a0"})
    assert faults(project) == {"/inputs/photo": "required", "/inputs/title": "glyph_missing"}


def test_files_of_one_s_own_and_of_the_system_may_be_used(
    make: Make, template: Callable[..., str], photo: Callable[..., str], faults: Callable[..., Any]
) -> None:
    template_id = template()
    for usable in (photo(), photo(tenant_id=SYSTEM_TENANT_ID, user_id=SYSTEM_TENANT_ID)):
        assert faults(make(template_id=template_id, inputs={"photo": usable})) == {}


def test_nobody_else_s_files_may_be_used(
    studio: Studio, make: Make, template: Callable[..., str], photo: Callable[..., str], faults: Callable[..., Any]
) -> None:
    template_id = template()
    for theirs in (photo(tenant_id=new_id()), photo(user_id=new_id()), photo(status="rejected")):
        project = make(template_id=template_id, inputs={"photo": theirs})
        assert faults(project) == {"/inputs/photo": "asset_missing"}
        [named] = studio("POST", f"/{project['id']}/validate").json["assets"]
        assert (named["id"], named["available"], named["kind"]) == (theirs, False, None)


def test_a_file_that_is_still_examined_is_waited_for(
    studio: Studio, make: Make, template: Callable[..., str], photo: Callable[..., str], faults: Callable[..., Any]
) -> None:
    project = make(template_id=template(), inputs={"photo": photo(status="pending", sha256=None)})
    assert faults(project) == {"/inputs/photo": "asset_not_ready"}
    [named] = studio("POST", f"/{project['id']}/validate").json["assets"]
    assert named["available"] is False


def test_a_project_stays_valid_when_its_template_changes(
    studio: Studio, make: Make, template: Callable[..., str], photo: Callable[..., str], faults: Callable[..., Any]
) -> None:
    project = make(template_id=template(), inputs={"photo": photo()})
    template(inputs=[], composition={"canvas": {"width": 640, "height": 360}, "scenes": []})
    assert faults(project) == {}


def test_a_hostile_composition_ends_in_a_fault(make: Make, faults: Callable[..., dict[str, str]]) -> None:
    names = [{"type": "image", "asset": new_id()} for _ in range(2000)]
    crowded = make(composition={"canvas": {"width": 64, "height": 64}, "scenes": [{"duration": 1, "layers": names}]})
    assert "/composition/scenes/0/layers" in faults(crowded)
    assert faults(make(composition={"asset": {"asset": ["x"] * 50_000}})) != {}
    assert faults(make(composition={}))["/composition/canvas"] == "required"


def test_what_is_rendered_is_what_was_validated(
    studio: Studio, make: Make, template: Callable[..., str], photo: Callable[..., str]
) -> None:
    picture = photo()
    project = make(template_id=template(), inputs={"photo": picture, "title": "Shown"})
    document, assets = service.composition_of(studio.caller, project["id"])
    assert document["scenes"][0]["layers"][0] == {"type": "image", "asset": picture}
    assert document["scenes"][0]["layers"][1]["runs"] == [{"text": "Shown"}]
    assert set(assets) == {picture}
    invalid = make(template_id=template(), inputs={"photo": new_id()})
    with pytest.raises(ProjectInvalid) as refused:
        service.composition_of(studio.caller, invalid["id"])
    assert [fault["pointer"] for fault in refused.value.details["faults"]] == ["/inputs/photo"]
