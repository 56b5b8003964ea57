"""`flatrender template new`: what it writes works, in every aspect, whatever is filled in."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flatrender.composition.template import InputBase, TemplateDefinition
from flatrender_cli import documents, main
from flatrender_cli.errors import CliError
from flatrender_cli.stills import still
from flatrender_cli.templates.checking import examine
from flatrender_cli.templates.starter import template

ROOT = Path(__file__).resolve().parents[3]


def new(*arguments: object) -> Result:
    return CliRunner().invoke(main.app, ["template", "new", *map(str, arguments)])


@pytest.mark.parametrize(("aspect", "size"), [("16:9", (1920, 1080)), ("9:16", (1080, 1920)), ("1:1", (1080, 1080))])
def test_a_new_template_has_nothing_to_mend_and_is_drawn(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    result = new("my-promo", "--aspect", aspect, "--folder", tmp_path)
    assert result.exit_code == 0, result.output
    file = tmp_path / "my-promo/my-promo.json"
    assert str(file) in result.stdout
    assert examine(file, file.parent) == []
    composition, media = documents.load(file, file.parent, {"title": "Mine"})
    assert (composition.canvas.width, composition.canvas.height) == size
    assert still(composition, media, 3, 200, "png") != still(composition, media, 0, 200, "png")
    readme = (file.parent / "README.md").read_text("utf-8")
    assert "flatrender template preview my-promo.json" in readme
    assert {path.name for path in file.parent.iterdir()} == {"my-promo.json", "README.md"}


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    assert new("mine", "--folder", tmp_path).exit_code == 0
    file = tmp_path / "mine/mine.json"
    file.write_text(json.dumps({"mine": True}), encoding="utf-8")
    again = new("mine", "--folder", tmp_path)
    assert isinstance(again.exception, CliError)
    assert json.loads(file.read_text("utf-8")) == {"mine": True}


@pytest.mark.parametrize(
    "arguments", [("My Promo",), ("../out",), ("x",), ("-mine",), ("mine", "--aspect", "4:3"), ("a" * 60,)]
)
def test_names_and_aspects_that_cannot_be_are_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = new(*arguments, "--folder", tmp_path)
    assert result.exit_code != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x", "9lives", "a" * 49])
def test_a_name_that_is_refused_does_not_fulfil_what_is_told(tmp_path: Path, name: str) -> None:
    result = new(name, "--folder", tmp_path)
    assert isinstance(result.exception, CliError)
    assert result.exception.hint == "2 to 48 small letters, digits and hyphens, beginning with a letter: my-promo."
    assert not re.fullmatch(str(TemplateDefinition.model_fields["code"].metadata[0].pattern), name)


def test_the_guide_shows_what_there_is() -> None:
    guide = ROOT / "docs/guide/templates.md"
    text = guide.read_text("utf-8")
    (shown,) = [json.loads(block.partition("```")[0]) for block in text.split("```json\n")[1:]]
    (declared,) = [spec for spec in template("spring-walk", "16:9")["inputs"] if spec["name"] == shown["name"]]
    assert declared == shown
    linked = re.findall(r"\]\(([^)#]+)", text)
    assert len(linked) >= 10
    assert [name for name in linked if not (guide.parent / name).is_file()] == []
    assert {spec.__name__.removesuffix("Input").lower() for spec in InputBase.__subclasses__()} <= set(
        re.findall(r"`(\w+)`", text)
    )
