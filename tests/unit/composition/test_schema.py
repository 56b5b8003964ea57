"""The committed schema, the shipped fonts and the built-in templates agree with the code."""
# ruff: noqa: RUF001  letters of other scripts look like Latin ones

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from infra.seed import previews

from flatrender.composition import schema
from flatrender.composition.fonts import FALLBACK, shipped
from flatrender.composition.paths import parse
from flatrender.engine.fonts_manifest import build

ROOT = Path(__file__).resolve().parents[3]
FONTS = ROOT / "layers" / "fonts"


@pytest.mark.parametrize("name", ["composition.schema.json", "composition.md"])
def test_the_committed_reference_is_the_one_of_the_code(name: str) -> None:
    committed = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert committed == schema.files()[name], (
        "run `PYTHONPATH=layers/core/python python -m flatrender.composition.schema`"
    )


def test_the_reference_has_every_object_and_says_what_every_field_is_for() -> None:
    page, made = schema.files()["composition.md"], schema.json_schema()
    generic = ("Keyframes", "Keyframe", "Expression")
    for name, model in made["$defs"].items():
        if not name.endswith(generic):
            assert f"\n### {name}\n" in page, name
            own = page.partition(f"\n### {name}\n")[2].partition("\n##")[0]
            shared = page.partition("\n## Layers\n")[2].partition("\n##")[0] if name.endswith("Layer") else ""
            assert all(f"`{field}`" in own + shared for field in model["properties"]), name
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| field")]
    assert [row for row in rows if row.endswith("|  |")] == [], (
        "write a docstring under the field, or a line in flatrender/composition/reference_notes.py"
    )
    anchors = {line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("#")}
    linked = set(re.findall(r"\]\(#([a-z-]+)\)", page))
    assert linked <= anchors


SCRIPTS = (
    "شِعر، می\u200cخواهم ۱۴۰۳",
    "اللُّغَةُ العَرَبِيَّة ٤٥",
    "שָׁלוֹם עולם",
    "क्षत्रिय सत्यमेव जयते ॥ १२३",
    "ที่นี่น้ำใจ ๑๒๓ ฿",
    "日本語のテキスト、「令和」ー々",
    "中文简体，繁體字“引号”",
    "한국어 텍스트",
    "👨\u200d👩\u200d👧\u200d👦 🇮🇷 👍🏽 ❤\ufe0f 1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
)


def test_the_font_table_is_the_one_of_the_fonts() -> None:
    manifest, table = build(FONTS)
    assert json.loads((FONTS / "fonts.json").read_text("utf-8")) == manifest
    own = ROOT / "layers" / "core" / "python" / "flatrender" / "composition" / "fonts.json"
    assert json.loads(own.read_text("utf-8")) == table


def test_every_font_has_its_licence_and_all_are_small() -> None:
    manifest = json.loads((FONTS / "fonts.json").read_text("utf-8"))
    for font in manifest["fonts"]:
        assert "SIL OPEN FONT LICENSE" in (FONTS / font["licence"]).read_text("utf-8").upper()
        assert hashlib.sha256((FONTS / font["file"]).read_bytes()).hexdigest() == font["sha256"]
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < 22_000_000


def test_the_fallbacks_cover_every_script_that_is_promised() -> None:
    fonts = shipped()
    assert set(FALLBACK) <= fonts.families.keys()
    assert fonts.missing("Hello, Straße! ۱۲۳ سلام می\u200cروم «گچپژ» 😀\n", "Outfit") == []
    for words in SCRIPTS:
        assert fonts.missing(words, "Outfit") == [], words
    assert fonts.missing("ab\U00013000", "Outfit") == ["\U00013000"]


def test_the_package_is_light() -> None:
    script = (
        "import sys; from flatrender.composition import bind, chunks, validate;"
        "print([m for m in ('skia', 'av', 'numpy', 'boto3', 'fastapi') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "layers" / "core" / "python",
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("code", sorted(previews.MOMENTS))
def test_built_in_templates_are_complete(code: str) -> None:
    template = previews.templates()[code]
    composition = previews.compose(template, {})
    assert composition.duration == template.duration
    width, height = (int(side) for side in template.aspect.split(":"))
    assert composition.canvas.width * height == composition.canvas.height * width
    assert all({"en", "fa"} <= spec.label.keys() for spec in template.inputs)
    picture = ROOT / "infra" / "seed" / "templates" / f"{code}.jpg"
    assert 10_000 < picture.stat().st_size < 400_000


def test_default_assets_are_listed_and_small() -> None:
    listed = previews.files()
    folder = ROOT / "infra" / "seed" / "assets"
    on_disk = {path.name for path in folder.iterdir()} - {"assets.json", "LICENSES.md"}
    assert {path.name for path in listed.values()} == on_disk
    licences = (folder / "LICENSES.md").read_text("utf-8")
    assert all(path.name in licences and path.stat().st_size <= 500_000 for path in listed.values())


def test_path_data_becomes_absolute_segments() -> None:
    assert parse("m1 2 3 4h1v-1z") == [
        ("M", (1, 2)), ("L", (4, 6)), ("L", (5, 6)), ("L", (5, 5)), ("Z", ()),
    ]  # fmt: skip
    assert parse("M0,0 Q1,1 2,0 T4,0")[-1] == ("Q", (3, -1, 4, 0))
    assert parse("M0 0C1 1 2 1 3 0S5-1 6 0")[-1] == ("C", (4, -1, 5, -1, 6, 0))
    assert parse("M0 0a1 1 0 0 1 2 2")[-1] == ("A", (1, 1, 0, 0, 1, 2, 2))
