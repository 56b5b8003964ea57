"""Given SVG and Lottie layers, when a document is validated and cut into chunks, then their files and slots count."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, document

from flatrender.composition import chunks, limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.bind import bind, check
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.template import TemplateDefinition
from flatrender.composition.validate import asset_ids, validate

LOGO = "00000000-0000-4000-8000-0000000000d1"
MOVIE = "00000000-0000-4000-8000-0000000000d2"
MISSING = "00000000-0000-4000-8000-0000000000d9"
SLOTS = {"title": "text", "brand": "color", "photo": "image", "place": "other"}
FILES = {
    **ASSETS,
    LOGO: AssetInfo(id=LOGO, sha256="d" * 64, kind="svg", width=100, height=50),
    MOVIE: AssetInfo(id=MOVIE, sha256="e" * 64, kind="lottie", width=100, height=50, duration=3.0, slots=SLOTS),
}
FILLED = {
    "title": {"type": "text", "text": "Hello سلام"},
    "brand": {"type": "color", "color": "theme:accent"},
    "photo": {"type": "image", "asset": PHOTO},
}


def holding(*layers: Any, **fields: Any) -> dict[str, Any]:
    return document(scenes=[{"duration": 4, "layers": list(layers)}], **fields)


def svg(**fields: Any) -> dict[str, Any]:
    return {"type": "svg", "asset": LOGO, **fields}


def lottie(**fields: Any) -> dict[str, Any]:
    return {"type": "lottie", "asset": MOVIE, **fields}


def faults(*layers: Any) -> dict[str, str]:
    return {fault.pointer: fault.code for fault in validate(holding(*layers), FILES)[1]}


def test_good_layers_have_no_faults() -> None:
    colors = {"#ff0000": "theme:accent", "#00FF00": "#12345678"}
    tint = {"keyframes": [{"time": 0, "value": "theme:accent"}, {"time": 1, "value": "#000000"}]}
    layers = [
        svg(colors=colors, tint=tint, fit="stretch", focus=[0, 1], box=[0, 0, 9, 9]),
        lottie(slots=FILLED, font="theme:body", speed=2, loop=True, trim_start=1, trim_end=2.5, fit="cover"),
    ]
    composition, found = validate(holding(*layers), FILES)
    assert found == []
    assert composition is not None
    assert asset_ids(holding(*layers)) == {LOGO, MOVIE, PHOTO, SONG}


AT = "/scenes/0/layers/0"


@pytest.mark.parametrize(
    ("layer", "pointer", "code"),
    [
        (svg(asset=PHOTO), f"{AT}/asset", "asset_kind"),
        (svg(asset=MISSING), f"{AT}/asset", "asset_missing"),
        ({"type": "image", "asset": LOGO}, f"{AT}/asset", "asset_kind"),
        ({"type": "video", "asset": MOVIE}, f"{AT}/asset", "asset_kind"),
        (svg(box=[0, 0, 0, 5]), f"{AT}/box", "empty_box"),
        (svg(colors={"#ff0000": "theme:accent2"}), f"{AT}/colors/#ff0000", "theme_color"),
        (svg(tint="theme:no"), f"{AT}/tint", "theme_color"),
        (svg(colors={"red": "#000000"}), f"{AT}/colors/red", "string_pattern_mismatch"),
        (svg(colours={}), f"{AT}/colours", "unknown_field"),
        (lottie(asset=LOGO), f"{AT}/asset", "asset_kind"),
        (lottie(trim_start=3), f"{AT}/trim_start", "time_outside"),
        (lottie(trim_start=2, trim_end=1), f"{AT}/trim_end", "time_outside"),
        (lottie(speed=0), f"{AT}/speed", "greater_than_equal"),
        (lottie(font="Intre"), f"{AT}/font", "font_missing"),
        (lottie(font="theme:heading"), f"{AT}/font", "theme_font"),
        (lottie(slots={"titel": FILLED["title"]}), f"{AT}/slots/titel", "slot"),
        (lottie(slots={"title": FILLED["brand"]}), f"{AT}/slots/title", "slot"),
        (lottie(slots={"place": FILLED["title"]}), f"{AT}/slots/place", "slot"),
        (lottie(slots={"title": {"type": "text", "text": "\U000f0000"}}), f"{AT}/slots/title/text", "glyph_missing"),
        (lottie(slots={"brand": {"type": "color", "color": "theme:no"}}), f"{AT}/slots/brand/color", "theme_color"),
        (lottie(slots={"photo": {"type": "image", "asset": SONG}}), f"{AT}/slots/photo/asset", "asset_kind"),
        (lottie(slots={"photo": {"type": "image", "asset": MISSING}}), f"{AT}/slots/photo/asset", "asset_missing"),
        (lottie(slots={"title": {"type": "texts"}}), f"{AT}/slots/title", "union_tag_invalid"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(layer: Any, pointer: str, code: str) -> None:
    assert faults(layer) == {pointer: code}


def test_slots_are_suggested_and_their_kind_is_told() -> None:
    slots = {"titel": FILLED["title"], "brand": FILLED["title"], "place": FILLED["title"]}
    told = [fault.message for fault in validate(holding(lottie(slots=slots)), FILES)[1]]
    assert told == [
        "The Lottie has no slot 'titel'; did you mean 'title'?",
        "The slot 'brand' of the Lottie takes a value of type 'color', not one of type 'text'.",
        "The slot 'place' of the Lottie cannot be replaced.",
    ]


def test_slots_of_a_file_about_which_nothing_is_known_are_left_to_the_engine() -> None:
    files = {**FILES, MOVIE: FILES[MOVIE].model_copy(update={"slots": None})}
    assert validate(holding(lottie(slots={"any": FILLED["title"]})), files)[1] == []


def test_lottie_layers_are_counted() -> None:
    assert faults(*[lottie() for _ in range(limits.MAX_LOTTIES)]) == {}
    assert faults(*[lottie() for _ in range(limits.MAX_LOTTIES + 1)]) == {"": "too_many_layers"}


def keys(layer: Any, files: Any = FILES, **fields: Any) -> list[str]:
    composition = Composition.model_validate(holding(layer, **fields))
    return [spec.key for spec in chunks.plan(composition, profile(composition), files)]


BASE = lottie(slots=FILLED)


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "speed": 2},
        {**BASE, "font": "Vazirmatn"},
        {**BASE, "slots": {**FILLED, "title": {"type": "text", "text": "Bye"}}},
        {**BASE, "slots": {**FILLED, "brand": {"type": "color", "color": "#000000"}}},
        {**BASE, "slots": {**FILLED, "photo": {"type": "image", "asset": PHOTO, "fit": "contain"}}},
        {**BASE, "slots": {}},
    ],
)
def test_a_key_changes_with_what_a_lottie_shows(other: Any) -> None:
    assert set(keys(BASE)).isdisjoint(keys(other))


def test_a_key_changes_with_files_and_colours_and_not_with_their_names() -> None:
    theirs = "00000000-0000-4000-8000-0000000000a2"
    renamed = copy.deepcopy(BASE)
    renamed["slots"]["photo"]["asset"] = theirs
    assert keys(renamed, {**FILES, theirs: FILES[PHOTO]}) == keys(BASE)
    for asset in (MOVIE, PHOTO):
        changed = {**FILES, asset: FILES[asset].model_copy(update={"sha256": "f" * 64})}
        assert set(keys(BASE, changed)).isdisjoint(keys(BASE))
    red = {"colors": {"accent": "#ff0000"}}
    assert set(keys(BASE, theme=red)).isdisjoint(keys(BASE))
    drawing = svg(colors={"#00ff00": "theme:accent"})
    assert set(keys(drawing, theme=red)).isdisjoint(keys(drawing))
    assert keys(svg(), theme=red) == keys(svg())
    other = {**FILES, LOGO: FILES[LOGO].model_copy(update={"sha256": "f" * 64})}
    assert set(keys(svg(), other)).isdisjoint(keys(svg()))


TEMPLATE = {
    "code": "reveal",
    "name": {"en": "Reveal"},
    "description": {"en": "A logo."},
    "category": "logos",
    "aspect": "16:9",
    "duration": 4,
    "inputs": [
        {"type": "svg", "name": "logo", "label": {"en": "Logo"}, "required": True},
        {"type": "lottie", "name": "movie", "label": {"en": "Animation"}, "default": MOVIE},
        {"type": "text", "name": "title", "label": {"en": "Title"}, "default": "Hi"},
        {"type": "color", "name": "brand", "label": {"en": "Colour"}, "default": "#ff0000"},
    ],
    "composition": holding(
        {"type": "svg", "asset": {"$input": "logo"}, "colors": {"#000000": {"$input": "brand"}}},
        {
            "type": "lottie",
            "asset": {"$input": "movie"},
            "slots": {"title": {"type": "text", "text": {"$input": "title"}}},
        },
    ),
}


def test_inputs_fill_drawings_and_slots() -> None:
    template = TemplateDefinition.model_validate(TEMPLATE)
    assert check(template) == []
    filled, found = bind(template, {"logo": LOGO, "title": "سلام", "brand": "#00ff00"})
    assert found == []
    assert filled is not None
    drawing, movie = filled["scenes"][0]["layers"]
    assert (drawing["asset"], drawing["colors"]) == (LOGO, {"#000000": "#00ff00"})
    assert (movie["asset"], movie["slots"]["title"]["text"]) == (MOVIE, "سلام")
    assert validate(filled, FILES)[1] == []
    missing, found = bind(template, {})
    assert missing is None
    assert [(fault.pointer, fault.code) for fault in found] == [("/inputs/logo", "required")]
    assert [fault.code for fault in bind(template, {"logo": "logo.svg"})[1]] == ["asset_id"]


def test_the_example_of_the_guide_is_valid() -> None:
    guide = (Path(__file__).parents[3] / "docs/guide/compositions.md").read_text(encoding="utf-8")
    block = guide.partition("## Drawings and animations")[2].partition("```json\n")[2].partition("```")[0]
    for name, asset in (("logo.svg", LOGO), ("reveal.json", MOVIE), ("stream.jpg", PHOTO)):
        assert name in block
        block = block.replace(name, asset)
    assert validate(holding(*json.loads(block)), FILES)[1] == []
