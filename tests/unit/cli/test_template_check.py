"""`flatrender template check`: what is wrong is found, all at once, at its place; what is right is left in peace."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support import photos
from typer.testing import CliRunner, Result

from flatrender_cli import main
from flatrender_cli.errors import CliError
from flatrender_cli.templates.checking import Finding, examine
from flatrender_cli.templates.samples import sentence

ROOT = Path(__file__).resolve().parents[3]
SEED = ROOT / "infra/seed"
BOTH = {"en": "Text", "fa": "Matn"}


def template(**changes: Any) -> dict[str, Any]:
    """A sound template: a title on a dark ground, a photo if there is one."""
    base: dict[str, Any] = {
        "format": "flatrender.template/1",
        "code": "sample",
        "name": BOTH,
        "description": BOTH,
        "category": "tests",
        "aspect": "16:9",
        "duration": 2,
        "inputs": [
            {"type": "text", "name": "title", "label": BOTH, "default": "Hello", "max_length": 80},
            {"type": "image", "name": "photo", "label": BOTH},
            {"type": "color", "name": "ground", "label": BOTH, "default": "#101820"},
            {
                "type": "choice",
                "name": "mood",
                "label": BOTH,
                "default": "calm",
                "choices": [{"value": "calm", "label": BOTH}, {"value": "lively", "label": BOTH}],
            },
        ],
        "composition": {
            "canvas": {"width": 320, "height": 180, "fps": 12, "background": {"$input": "ground"}},
            "scenes": [
                {
                    "duration": 2,
                    "layers": [
                        {"type": "image", "asset": {"$input": "photo"}, "when": {"input": "photo", "set": True}},
                        {
                            "type": "text",
                            "box": [20, 30, 280, 120],
                            "runs": [{"text": {"$input": "title"}}],
                            "style": {
                                "font": "Inter",
                                "size": 30,
                                "fill": {"$input": "mood", "map": {"calm": "#ffffff", "lively": "#ffd84d"}},
                            },
                            "min_size": 8,
                        },
                    ],
                }
            ],
        },
    }
    return {**base, **changes}


def layer(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["composition"]["scenes"][0]["layers"][1]
    return found


def found_in(folder: Path, document: object) -> list[Finding]:
    path = folder / "template.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return examine(path, folder)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main.app, ["template", "check", *map(str, arguments)])


def test_a_sound_template_is_left_in_peace(tmp_path: Path) -> None:
    assert found_in(tmp_path, template()) == []
    result = run(tmp_path / "template.json", "--strict")
    assert result.exit_code == 0
    assert result.stdout.startswith("ok")


@pytest.mark.parametrize("path", sorted((SEED / "templates").glob("*.json")), ids=lambda path: path.stem)
def test_the_built_in_templates_have_nothing_to_mend(path: Path) -> None:
    found = examine(path, SEED / "assets")
    assert [finding for finding in found if finding.level == "error"] == []
    assert [finding for finding in found if finding.code == "language"] == []


def test_all_faults_are_found_at_once_with_their_places(tmp_path: Path) -> None:
    document = template(aspect="1:1", duration=3, nonsense=1, code="Not A Code")
    document["inputs"].append({"type": "toggle", "name": "unused", "label": {"en": "Only English"}})
    layer(document)["style"]["font"] = "Comic Sans"
    layer(document)["colour"] = "red"
    found = found_in(tmp_path, document)
    assert {(finding.level, finding.pointer) for finding in found} == {
        ("error", "/nonsense"),
        ("error", "/code"),
        ("error", "/inputs/4"),
        ("error", "/composition/scenes/0/layers/1/colour"),
        ("warning", "/inputs/4/label"),
    }
    assert "'fa'" in next(finding.message for finding in found if finding.code == "language")
    del layer(document)["colour"]
    mended = {finding.pointer for finding in found_in(tmp_path, {**document, "code": "sample"})}
    assert "/composition/scenes/0/layers/1/style/font" in mended


def test_what_the_catalogue_would_say_wrongly_is_an_error(tmp_path: Path) -> None:
    found = found_in(tmp_path, template(aspect="1:1", duration=3))
    assert {(finding.code, finding.message) for finding in found} == {
        ("aspect", "It says 1:1; the canvas is 16:9."),
        ("duration", "It says 3 s; the composition lasts 2 s."),
    }


def test_a_fault_that_only_another_choice_shows_is_found_and_told_so(tmp_path: Path) -> None:
    document = template()
    layer(document)["style"]["fill"]["map"]["lively"] = "theme:nonesuch"
    (found,) = found_in(tmp_path, document)
    assert found.pointer == "/composition/scenes/0/layers/1/style/fill/map/lively"
    assert found.message.endswith("(with mood = lively).")


def test_a_photo_that_may_be_left_out_must_be_left_out(tmp_path: Path) -> None:
    document = template()
    del document["composition"]["scenes"][0]["layers"][0]["when"]
    found = found_in(tmp_path, document)
    assert all(finding.level == "error" for finding in found)
    assert {finding.pointer for finding in found} == {"/composition/scenes/0/layers/0/asset"}


def test_what_is_required_needs_a_default(tmp_path: Path) -> None:
    document = template()
    document["inputs"][1]["required"] = True
    found = found_in(tmp_path, document)
    assert {(finding.pointer, finding.code) for finding in found} == {("/inputs/1/default", "required")}


def test_texts_without_room_are_found(tmp_path: Path) -> None:
    document = template()
    layer(document)["box"] = [20, 30, 280, 20]
    layer(document)["min_size"] = 16
    (long,) = found_in(tmp_path, document)[:1]
    assert (long.level, long.pointer) == ("warning", "/composition/scenes/0/layers/1")
    assert "'title' (80 characters)" in long.message
    document["inputs"][0]["default"] = sentence(80)
    assert ("error", "text_cut") in {(one.level, one.code) for one in found_in(tmp_path, document)}


def test_texts_that_do_not_follow_their_direction_are_found(tmp_path: Path) -> None:
    document = template()
    layer(document).update({"align": "left", "direction": "ltr"})
    assert {finding.code for finding in found_in(tmp_path, document)} == {"rtl_align", "rtl_direction"}
    document["inputs"][0]["direction"] = "ltr"
    assert found_in(tmp_path, document) == []


def test_texts_that_cannot_be_read_are_found(tmp_path: Path) -> None:
    document = template()
    document["inputs"][2]["default"] = "#e8e8e8"
    (found,) = found_in(tmp_path, document)
    assert (found.level, found.code, found.pointer) == ("warning", "contrast", "/composition/scenes/0/layers/1")
    layer(document)["plate"] = {"fill": "#000000"}
    assert found_in(tmp_path, document) == []


def test_a_character_without_a_glyph_is_found(tmp_path: Path) -> None:
    document = template()
    document["inputs"][0]["default"] = "\U00013000"
    assert "/composition/scenes/0/layers/1/runs/0/text" in {
        finding.pointer for finding in found_in(tmp_path, document) if finding.level == "error"
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"format": "flatrender.composition/1"}', "[" * 5000])
def test_what_is_no_template_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "template.json").write_text(text, encoding="utf-8")
    (found,) = examine(tmp_path / "template.json", tmp_path)
    assert found.level == "error"


@pytest.mark.parametrize("hole", [json.loads('{"a":' * 900 + "1" + "}" * 900), [[]] * 60_001, {"x" * 300: 1}])
def test_a_hostile_composition_ends_in_few_clear_errors(tmp_path: Path, hole: object) -> None:
    document = template()
    document["composition"]["theme"] = {"colors": hole}
    began = time.monotonic()
    found = found_in(tmp_path, document)
    assert 1 <= len([finding for finding in found if finding.level == "error"]) <= 3
    assert time.monotonic() - began < 20


def test_a_damaged_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    document = template()
    document["composition"]["scenes"][0]["layers"].append({"type": "image", "asset": "broken.jpg"})
    found = found_in(tmp_path, document)
    assert {finding.level for finding in found} == {"error"}
    photos.photo(tmp_path / "broken.jpg", photos.GREEN, 160, 80)
    assert not [finding for finding in found_in(tmp_path, document) if finding.level == "error"]


def test_the_command_tells_by_its_exit_code(tmp_path: Path) -> None:
    for name, document in (("a.json", template()), ("b.json", template(aspect="1:1")), ("note.json", {"x": 1})):
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    shown = run(tmp_path, "--json")
    assert shown.exit_code == 1
    by_name = {Path(entry["file"]).name: entry["findings"] for entry in json.loads(shown.stdout)["templates"]}
    assert {name: sorted(one["code"] for one in found) for name, found in by_name.items()} == {
        "a.json": ["duplicate_code"],
        "b.json": ["aspect", "duplicate_code"],
    }
    result = run(tmp_path)
    assert isinstance(result.exception, CliError)
    assert "2 templates have" in result.exception.message
    layer_left = template()
    layer(layer_left)["align"] = "left"
    (tmp_path / "b.json").unlink()
    (tmp_path / "a.json").write_text(json.dumps(layer_left), encoding="utf-8")
    assert run(tmp_path).exit_code == 0
    assert isinstance(run(tmp_path, "--strict").exception, CliError)
    (tmp_path / "a.json").unlink()
    assert isinstance(run(tmp_path).exception, CliError)


def test_a_path_that_leads_nowhere_is_no_template_to_mend(tmp_path: Path) -> None:
    for arguments in ((tmp_path / "nothere",), (tmp_path / "nothere.json", "--json")):
        result = run(*arguments)
        assert isinstance(result.exception, CliError)
        assert result.exception.message == f"{arguments[0]} is not there."
        assert "findings" not in result.output
