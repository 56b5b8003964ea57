"""Documents rendered offline: media by name, templates with inputs, and every fault with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support import photos
from tests.support.people import film
from tests.support.video import inspect

from flatrender.composition.profiles import profile
from flatrender_cli import documents
from flatrender_cli.errors import CliError
from flatrender_cli.offline import render

ROOT = Path(__file__).resolve().parents[3]


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def with_picture(name: str) -> dict[str, Any]:
    document = film(0.5, width=160, height=90, fps=12)
    document["scenes"][0]["layers"].insert(0, {"type": "image", "asset": name})
    return document


def test_media_are_found_by_file_name_and_by_id(tmp_path: Path) -> None:
    file_id = "5b0d7c52-6f0e-4c0a-9d51-0c7a3f1e8a01"
    photos.photo(tmp_path / "photo.jpg", photos.GREEN, 64, 40)
    photos.photo(tmp_path / f"{file_id}.jpg", photos.MAGENTA, 64, 40)
    for name in ("photo.jpg", file_id):
        composition, media = documents.load(written(tmp_path / "film.json", with_picture(name)), tmp_path, {})
        (used,) = media.infos
        assert composition.scenes[0].layers[0].model_dump()["asset"] == used
        assert media.infos[used].width == 64


@pytest.mark.parametrize("name", ["missing.jpg", "../../etc/passwd", "5b0d7c52-6f0e-4c0a-9d51-0c7a3f1e8a99"])
def test_media_that_are_not_there_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CliError) as refusal:
        documents.load(written(tmp_path / "film.json", with_picture(name)), tmp_path, {})
    assert name in refusal.value.message or "/scenes/0/layers/0/asset" in str(refusal.value.details)


def test_media_of_a_template_are_looked_for_here_and_not_uploaded(tmp_path: Path) -> None:
    template = json.loads((ROOT / "infra/seed/templates/quote.json").read_text(encoding="utf-8"))
    (photo,) = [spec["default"] for spec in template["inputs"] if spec["name"] == "photo"]
    with pytest.raises(CliError) as refusal:
        documents.load(written(tmp_path / "quote.json", template), tmp_path, {})
    told = f": There is no media file {photo} in {tmp_path}; --assets names the folder to look in."
    assert {line[line.index(": ") :] for line in refusal.value.details if photo in line} == {told}
    assert not any("upload" in line for line in refusal.value.details)


def test_media_that_a_placing_of_a_composition_names_are_looked_for_too(tmp_path: Path) -> None:
    missing = "5b0d7c52-6f0e-4c0a-9d51-0c7a3f1e8a99"
    photos.photo(tmp_path / "photo.jpg", photos.GREEN, 64, 40)
    document = with_picture("photo.jpg")
    picture = {**document["scenes"][0]["layers"].pop(0), "id": "picture"}
    properties = {"photo": {"targets": ["picture/asset"]}}
    document["compositions"] = {"card": {"duration": 1, "layers": [picture], "properties": properties}}
    placed = {"type": "composition", "composition": "card", "properties": {"photo": {"asset": missing}}}
    document["scenes"][0]["layers"].append(placed)
    with pytest.raises(CliError) as refusal:
        documents.load(written(tmp_path / "film.json", document), tmp_path, {})
    (line,) = refusal.value.details
    assert line.endswith(f"There is no media file {missing} in {tmp_path}; --assets names the folder to look in.")


def test_what_is_no_json_is_told_where_it_breaks(tmp_path: Path) -> None:
    path = tmp_path / "film.json"
    path.write_text('{\n  "a": }', encoding="utf-8")
    with pytest.raises(CliError, match="line 2, column 8"):
        documents.read(path)
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(CliError, match="too deeply"):
        documents.read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CliError, match="UTF-8"):
        documents.read(path)


def test_a_document_nested_without_end_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "film.json"
    path.write_text('{"a":' * 3000 + "1" + "}" * 3000, encoding="utf-8")
    with pytest.raises(CliError, match="wrong with"):
        documents.load(path, tmp_path, {})


def test_every_fault_is_listed_with_its_pointer(tmp_path: Path) -> None:
    document = with_picture("photo.jpg")
    photos.photo(tmp_path / "photo.jpg", photos.GREEN, 64, 40)
    document["canvas"]["width"] = 161
    document["scenes"][0]["layers"][1]["colour"] = "red"
    with pytest.raises(CliError) as refusal:
        documents.load(written(tmp_path / "film.json", document), tmp_path, {})
    pointers = [line.partition(": ")[0] for line in refusal.value.details]
    assert set(pointers) == {"/canvas", "/scenes/0/layers/1/colour"}


def test_a_template_takes_inputs_and_a_composition_does_not(tmp_path: Path) -> None:
    quote, assets = ROOT / "infra/seed/templates/quote.json", ROOT / "infra/seed/assets"
    composition, _ = documents.load(quote, assets, {})
    assert composition.canvas.width == composition.canvas.height
    with pytest.raises(CliError) as refusal:
        documents.load(quote, assets, {"nonsense": 1})
    assert any("nonsense" in line for line in refusal.value.details)
    film_path = written(tmp_path / "film.json", film(0.5))
    with pytest.raises(CliError, match="only a template"):
        documents.load(film_path, tmp_path, {"title": "x"})


@pytest.mark.parametrize(
    "hole",
    [
        {"$input": "nonesuch"},
        {"$input": 5},
        {"$input": "accent", "map": []},
        {"when": "accent"},
        {"when": [5]},
        {"when": {"input": "accent", "in": 5}},
        {"when": {"input": "nonesuch", "is": 1}},
    ],
)
def test_a_template_that_makes_no_sense_is_told_where(tmp_path: Path, hole: dict[str, Any]) -> None:
    template = json.loads((ROOT / "infra/seed/templates/quote.json").read_text(encoding="utf-8"))
    template["composition"]["canvas"]["background"] = hole
    with pytest.raises(CliError) as refusal:
        documents.load(written(tmp_path / "quote.json", template), ROOT / "infra/seed/assets", {})
    assert any(line.startswith("/composition/canvas/background") for line in refusal.value.details)


def test_the_examples_of_the_guide_can_be_rendered(tmp_path: Path) -> None:
    blocks = (ROOT / "docs/guide/compositions.md").read_text(encoding="utf-8").split("```json\n")[1:]
    examples = [json.loads(block.partition("```")[0]) for block in blocks]
    assets = ROOT / "infra/seed/assets"
    (whole,) = [example for example in examples if "scenes" in example]
    composition, media = documents.load(written(tmp_path / "spring.json", whole), assets, {})
    assert (composition.duration, len(media.infos)) == (7.2, 3)
    (inputs,) = [example for example in examples if "quote" in example]
    documents.load(ROOT / "infra/seed/templates/quote.json", assets, inputs)


def test_the_example_of_motion_can_be_rendered(tmp_path: Path) -> None:
    page = (ROOT / "docs/guide/motion.md").read_text(encoding="utf-8")
    whole = json.loads(page.split("```json\n")[1].partition("```")[0])
    composition, media = documents.load(written(tmp_path / "motion.json", whole), ROOT / "infra/seed/assets", {})
    assert (composition.duration, len(media.infos)) == (5.8, 3)


def test_a_film_is_rendered_in_processes_and_is_whole(tmp_path: Path) -> None:
    document = film(3, width=160, height=90, fps=12)
    composition, media = documents.load(written(tmp_path / "film.json", document), tmp_path, {})
    told: list[tuple[str, int, int]] = []
    out = tmp_path / "out/film.mp4"
    rendered = render(composition, media, profile(composition), out, lambda *said: told.append(said), processes=2)
    assert rendered.frames == inspect(out).frames == 36
    assert [stage for stage, _, _ in told][-2:] == ["assemble", "verify"]
    done = [frames for _, frames, _ in told]
    assert done == sorted(done)
    assert list(out.parent.iterdir()) == [out], "no intermediate file is left"


def test_a_place_that_cannot_be_written_is_told_before_anything_is_drawn(tmp_path: Path) -> None:
    composition, media = documents.load(written(tmp_path / "film.json", film(1)), tmp_path, {})
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path, tmp_path / "file/film.mp4"):
        with pytest.raises(CliError) as refusal:
            render(composition, media, profile(composition), out, lambda *_: pytest.fail("something was drawn"))
        assert str(out) in refusal.value.message
        assert "-o" in (refusal.value.hint or "")


@pytest.mark.parametrize("listing", ["{}}", '["a"]', '[{"id": "x"}]', "5"])
def test_a_damaged_list_of_media_is_named(tmp_path: Path, listing: str) -> None:
    (tmp_path / "assets.json").write_text(listing, encoding="utf-8")
    document = with_picture("5b0d7c52-6f0e-4c0a-9d51-0c7a3f1e8a01")
    with pytest.raises(CliError, match=r"assets\.json"):
        documents.load(written(tmp_path / "film.json", document), tmp_path, {})
