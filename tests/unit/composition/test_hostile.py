"""Given a document made to break, when it is validated, then it ends in a clear fault, soon."""

import time
from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, document, text

from flatrender.composition import limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.schema_faults import closest
from flatrender.composition.validate import validate
from flatrender.kernel.faults import Fault

NAN, INFINITE = float("nan"), float("inf")


def scene(*layers: Any, **fields: Any) -> dict[str, Any]:
    return {**document(audio=[]), "scenes": [{"duration": 4, "layers": list(layers)}], **fields}


def nested(depth: int) -> Any:
    layer: Any = text("deep")
    for _ in range(depth):
        layer = {"type": "group", "layers": [layer]}
    return layer


def shape(data: str, view_box: Any = (0, 0, 1, 1)) -> dict[str, Any]:
    geometry = {"type": "path", "data": data, "view_box": list(view_box)}
    return {"type": "shape", "box": [0, 0, 9, 9], "geometry": geometry}


def keyframes(count: int, start: float = 0.0) -> dict[str, Any]:
    return {"keyframes": [{"time": start + index / 100, "value": 1} for index in range(count)]}


def examine(doc: Any, assets: Any = ASSETS) -> list[Fault]:
    started = time.process_time()
    composition, found = validate(doc, assets)
    assert time.process_time() - started < 1.0
    assert composition is None
    assert 1 <= len(found) <= limits.MAX_FAULTS
    for fault in found:
        assert len(fault.message) < 400
        assert len(fault.pointer) < 1000
        assert fault.message.endswith(".")
    return found


@pytest.mark.parametrize(
    ("doc", "pointer", "code"),
    [
        pytest.param(scene(*[text("x")] * 10_000), "", "too_large", id="ten thousand layers"),
        pytest.param(scene(*[{"type": "solid", "color": "#fff"}] * 501), "/scenes/0/layers", "too_long", id="501"),
        pytest.param(document(scenes=[{"duration": 1}] * 10_000), "/scenes", "too_long", id="scenes"),
        pytest.param(document(scenes=[{"duration": 1e9}]), "/scenes/0/duration", "less_than_equal", id="1e9 s"),
        pytest.param(scene(text("x", start=1e308)), "/scenes/0/layers/0/start", "less_than_equal", id="1e308 s"),
        pytest.param(scene(text("x", start=10**400)), "/scenes/0/layers/0/start", "float_type", id="10**400"),
        pytest.param(scene(nested(500)), "", "too_deep", id="depth 500"),
        pytest.param(scene(nested(20_000)), "", "too_deep", id="depth 20000"),
        pytest.param(document(scenes=[{"duration": NAN}]), "/scenes/0/duration", "finite_number", id="NaN"),
        pytest.param(
            scene(text("x", transform={"x": INFINITE})), "/scenes/0/layers/0/transform/x", "finite_number", id="inf"
        ),
        pytest.param(
            scene(text("x", transform={"x": keyframes(1, NAN)})),
            "/scenes/0/layers/0/transform/x/keyframes/0/time",
            "finite_number",
            id="NaN in a keyframe",
        ),
        pytest.param(
            scene(text("x", transform={"x": keyframes(10_000)})),
            "/scenes/0/layers/0/transform/x/keyframes",
            "too_long",
            id="ten thousand keyframes",
        ),
        pytest.param(document(audio=[{"asset": SONG}] * 10_000), "/audio", "too_long", id="sounds"),
        pytest.param(scene(**{f"k{n}": 1 for n in range(50_000)}), "/k0", "unknown_field", id="unknown fields"),
        pytest.param(scene(**{"k" * 1_000_000: 1}), "", "too_large", id="a long name"),
        pytest.param(
            scene({"type": "y" * 1_000_000}), "/scenes/0/layers/0", "union_tag_invalid", id="a long unknown type"
        ),
        pytest.param(
            scene({"type": "solid", "color": "#" + "f" * 1_000_000}),
            "/scenes/0/layers/0/color",
            "string_too_long",
            id="a long colour",
        ),
        pytest.param(
            scene({"type": "image", "asset": "f" * 1_000_000}),
            "/scenes/0/layers/0/asset",
            "string_pattern_mismatch",
            id="a long id",
        ),
        pytest.param(
            scene(theme={"colors": {f"c{n}": "#fff" for n in range(10_000)}}), "/theme/colors", "too_long", id="colours"
        ),
        pytest.param(
            scene(theme={"colors": {f"c{n}": f"theme:c{(n + 1) % 32}" for n in range(32)}}),
            "/theme/colors/c0",
            "theme_color",
            id="a ring of colours",
        ),
        pytest.param(scene(shape("M 0 0 L 1e999 5")), "/scenes/0/layers/0/geometry/data", "path_data", id="1e999"),
        pytest.param(scene(shape("M" + "1" * 19_000)), "/scenes/0/layers/0/geometry/data", "path_data", id="digits"),
        pytest.param(scene(shape("M0 0" + "-" * 19_000)), "/scenes/0/layers/0/geometry/data", "path_data", id="signs"),
        pytest.param(
            scene(shape("M 0 0 L 1 1", (0, 0, 1e-320, 1))),
            "/scenes/0/layers/0/geometry/view_box",
            "empty_box",
            id="a view box without width",
        ),
        pytest.param(
            scene({**text("x"), "box": [0, 0, 1e-320, 5]}), "/scenes/0/layers/0/box", "empty_box", id="a thin box"
        ),
        pytest.param(scene(text("\ud800")), "/scenes/0/layers/0/runs/0/text", "string_unicode", id="half a character"),
        pytest.param("x" * 10_000_000, "", "model_type", id="a text"),
    ],
)
def test_what_is_made_to_break_is_one_clear_fault(doc: Any, pointer: str, code: str) -> None:
    first = examine(doc)[0]
    assert first.code == code
    assert first.pointer == pointer or first.pointer == pointer.rsplit("/0/time", 1)[0]


@pytest.mark.parametrize("size", [(100_000, 100_000), (100_000, 501)])
def test_a_picture_that_would_fill_the_memory_is_a_fault(size: tuple[int, int]) -> None:
    flood = {PHOTO: AssetInfo(id=PHOTO, sha256="a" * 64, kind="image", width=size[0], height=size[1])}
    (fault,) = examine(scene({"type": "image", "asset": PHOTO}), flood)
    assert (fault.pointer, fault.code) == ("/scenes/0/layers/0/asset", "asset_too_large")
    assert f"{size[0]} x {size[1]}" in fault.message


@pytest.mark.parametrize(
    ("doc", "pointer", "code", "told"),
    [
        (
            scene({**text("x"), "runs": [{"text": "x" * 1500}, {"text": "y" * 1500}]}),
            "/scenes/0/layers/0/runs",
            "text_too_long",
            "at most 2000",
        ),
        (
            scene(theme={"fonts": {"body": {"family": "Vazir"}}}),
            "/theme/fonts/body/family",
            "font_missing",
            "did you mean 'Vazirmatn'?",
        ),
        (
            scene(theme={"colors": {"c6": "#fff", **{f"c{n}": f"theme:c{n + 1}" for n in range(6)}}}),
            "/theme/colors/c0",
            "theme_color",
            "more than five times",
        ),
        (
            {**scene(), "audio": [{"asset": SONG, "duration": 1, "fade_in": 0.7, "fade_out": 0.7}]},
            "/audio/0/fade_out",
            "time_outside",
            "longer than the track",
        ),
        ({**scene(), "audio": [{"asset": SONG, "trim_start": 60}]}, "/audio/0/trim_start", "time_outside", "12 s"),
        (scene({**text("x"), "box": [0, 0, NAN, 5]}), "/scenes/0/layers/0/box/2", "finite_number", "'box[2]'"),
        (
            scene({"type": "counter", "box": [0, 0, 9, 9], "to_value": 1, "suffix": "\u16a0"}),
            "/scenes/0/layers/0/suffix",
            "glyph_missing",
            "RUNIC LETTER FEHU FEOH FE F, U+16A0",
        ),
        (
            scene({**text("x", style={"font": "Intre"}), "runs": [{"text": "a"}, {"text": "b"}]}),
            "/scenes/0/layers/0/style/font",
            "font_missing",
            "did you mean 'Inter'?",
        ),
        (
            scene(theme={"colors": dict.fromkeys((f"c{n}" for n in range(33)), "#fff")}),
            "/theme/colors",
            "too_long",
            "has 33 entries; it takes at most 32",
        ),
    ],
)
def test_a_fault_says_where_and_what(doc: Any, pointer: str, code: str, told: str) -> None:
    (fault,) = examine(doc)
    assert (fault.pointer, fault.code) == (pointer, code)
    assert told in fault.message


def test_a_hint_for_a_long_word_costs_nothing() -> None:
    started = time.process_time()
    assert closest("a" * 10_000_000, ["layers"] * 50) == ""
    assert time.process_time() - started < 0.5
