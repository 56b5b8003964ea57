"""`flatrender preview`: the right moment, the right size, and what is said when there is none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.support import photos
from tests.support.people import film
from typer.testing import CliRunner, Result

from flatrender_cli import main
from flatrender_cli.errors import CliError

ROOT = Path(__file__).resolve().parents[3]
QUOTE = ROOT / "infra/seed/templates/quote.json"
ASSETS = ROOT / "infra/seed/assets"


def preview(*arguments: object) -> Result:
    return CliRunner().invoke(main.app, ["preview", *map(str, arguments)])


def pixels(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Height x width x 3, RGB."""
    image = skia.Image.open(str(path))
    assert image is not None
    return image.toarray(colorType=skia.kRGBA_8888_ColorType)[:, :, :3]


def two_scenes(path: Path) -> Path:
    document = film(1, width=160, height=90, fps=12)
    document["overlays"], document["audio"] = [], []
    document["scenes"] = [
        {"duration": 1, "layers": [{"type": "solid", "color": color}]} for color in ("#ff0000", "#0000ff")
    ]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_moment_is_drawn_with_the_colours_of_that_moment(tmp_path: Path) -> None:
    file = two_scenes(tmp_path / "film.json")
    for at, colour in ((0.5, (255, 0, 0)), (1.5, (0, 0, 255)), (2, (0, 0, 255))):
        result = preview(file, "--at", at, "-o", tmp_path / "still.png", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["at"] == [at]
        drawn = pixels(tmp_path / "still.png")
        assert drawn.shape == (90, 160, 3)
        assert tuple(drawn[45, 80]) == colour


def test_a_sheet_shows_moments_in_reading_order(tmp_path: Path) -> None:
    file, out = two_scenes(tmp_path / "film.json"), tmp_path / "deep/sheet.png"
    result = preview(file, "--sheet", 4, "--width", 640, "-o", out)
    assert result.exit_code == 0, result.output
    assert "at 0.25, 0.75, 1.25, 1.75 s of 2 s" in result.stdout
    drawn = pixels(out)
    assert drawn.shape[1] == 640
    columns = [16 + 202 // 2 - 1 + index * (192 + 16) for index in range(3)]
    assert [tuple(drawn[60, x]) for x in columns] == [(255, 0, 0), (255, 0, 0), (0, 0, 255)]
    assert tuple(drawn[60 + 108 + 34, columns[0]]) == (0, 0, 255), "the fourth begins the second row"


def test_inputs_on_the_command_line_have_the_types_that_the_template_declares(tmp_path: Path) -> None:
    photos.photo(tmp_path / "mine.jpg", photos.MAGENTA, 400, 320)
    for entry in ASSETS.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    out = tmp_path / "q.png"
    arguments = (QUOTE, "--at", 0.5, "--width", 200, "--assets", tmp_path, "-o", out)
    plain = preview(*arguments, "--input", "use_photo=false", "--input", "background=#00ff00")
    assert plain.exit_code == 0, plain.output
    red, green, blue = pixels(out)[5, 5]
    assert (red, blue) == (0, 0), "the ground is seen, darkened"
    assert green > 100
    mine = preview(*arguments, "--input", "photo=mine.jpg", "--input", "background=#000000")
    assert mine.exit_code == 0, mine.output
    red, green, blue = (int(value) for value in pixels(out)[5, 5])
    assert red > 2 * green, "the photo is seen, darkened"
    wrong = preview(*arguments, "--input", "use_photo=maybe")
    assert isinstance(wrong.exception, CliError)
    assert "a toggle is true or false" in wrong.exception.message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "2.5"), "lasts from 0 to 2 s"),
        (("--at", "-1"), "lasts from 0 to 2 s"),
        (("--at", "nan"), "lasts from 0 to 2 s"),
        (("--at", "0.5", "--sheet", "4"), "--sheet chooses its moments itself"),
        (("-o", "still.bmp"), "does not say what to make"),
        (("--input", "title"), "write name=value"),
        (("--input", "title=x"), "only a template takes"),
    ],
)
def test_what_cannot_be_drawn_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    file = two_scenes(tmp_path / "film.json")
    result = preview(file, *arguments)
    assert isinstance(result.exception, CliError)
    assert said in result.exception.message
    assert list(tmp_path.iterdir()) == [file]


def test_faults_of_a_template_point_into_its_file(tmp_path: Path) -> None:
    template = json.loads(QUOTE.read_text("utf-8"))
    layers = template["composition"]["scenes"][0]["layers"]
    layers.insert(0, {"type": "solid", "color": "#000000", "when": {"input": "use_photo", "is": False}})
    layers.append({"type": "text", "box": [0, 0, 10, 10], "runs": [{"text": "x"}], "style": {"font": "theme:nonesuch"}})
    (tmp_path / "quote.json").write_text(json.dumps(template), encoding="utf-8")
    result = preview(tmp_path / "quote.json", "--assets", ASSETS)
    assert isinstance(result.exception, CliError)
    (line,) = result.exception.details
    assert line.startswith(f"/composition/scenes/0/layers/{len(layers) - 1}/style/font: ")
    result = preview(QUOTE, "--assets", ASSETS, "--input", "photo=nonesuch.jpg", "--input", "accent=red")
    assert isinstance(result.exception, CliError)
    assert [line.partition(":")[0] for line in result.exception.details] == ["/inputs/photo", "/inputs/accent"]
