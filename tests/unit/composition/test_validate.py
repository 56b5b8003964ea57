"""Given a faulty document, when it is validated, then every fault is named with its place and what to do."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, VIDEO, document, text

from flatrender.composition import limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.validate import asset_ids, validate


def faults(doc: Any) -> dict[str, str]:
    composition, found = validate(doc, ASSETS)
    assert (composition is None) == bool(found)
    return {fault.pointer: fault.code for fault in found}


def messages(doc: Any) -> str:
    return "\n".join(fault.message for fault in validate(doc, ASSETS)[1])


def scene(*layers: Any) -> dict[str, Any]:
    return document(scenes=[{"duration": 4, "layers": list(layers)}])


def test_a_good_document_has_no_faults() -> None:
    composition, found = validate(document(), ASSETS)
    assert found == []
    assert composition is not None
    assert composition.duration == 10.0


def test_every_fault_is_reported_at_once() -> None:
    doc = document(wat=1)
    doc["canvas"]["fps"] = 500
    doc["scenes"][0]["layers"][1]["runs"][0]["wieght"] = 3
    doc["scenes"][1]["layers"].append({"type": "txt"})
    doc["scenes"][1]["layers"].append({"type": "image", "asset": PHOTO[:-1] + "9"})
    doc["scenes"][1]["layers"][1]["style"] = {"font": "Outfitt"}
    found = faults(doc)
    assert found == {
        "/wat": "unknown_field",
        "/canvas/fps": "less_than_equal",
        "/scenes/0/layers/1/runs/0/wieght": "unknown_field",
        "/scenes/1/layers/2": "union_tag_invalid",
        "/scenes/1/layers/3/asset": "asset_missing",
        "/scenes/1/layers/1/style/font": "font_missing",
    }
    told = messages(doc)
    assert "did you mean 'weight'?" in told
    assert "did you mean 'text'?" in told
    assert "did you mean 'Outfit'?" in told


@pytest.mark.parametrize(
    ("layer", "pointer", "code"),
    [
        (text("x", start=9), "start", "time_outside"),
        (text("x", start=3, duration=2), "duration", "time_outside"),
        (text("x", style={"fill": "red"}), "style/fill", "color"),
        (text("x", style={"fill": "theme:none"}), "style/fill", "theme_color"),
        (text("x", style={"font": "theme:boddy"}), "style/font", "theme_font"),
        (text("\u16a0"), "runs/0/text", "glyph_missing"),
        (text("x", transform={"opacity": 2}), "transform/opacity", "less_than_equal"),
        (text("x", transform={"x": {"keyframes": []}}), "transform/x/keyframes", "too_short"),
        (text("x", start="0"), "start", "float_type"),
        ({"type": "image", "asset": SONG}, "asset", "asset_kind"),
        ({"type": "video", "asset": VIDEO, "trim_start": 5}, "trim_start", "time_outside"),
        ({"type": "video", "asset": VIDEO, "trim_start": 2, "trim_end": 1}, "trim_end", "time_outside"),
        ({"type": "image", "asset": PHOTO, "box": [0, 0, 0, 10]}, "box", "empty_box"),
        ({"type": "solid"}, "color", "required"),
        (text("x", mask={"box": [0, 0, 0, 5]}), "mask/box", "empty_box"),
        (text("x", mask={"geometry": {"type": "star"}}), "mask/geometry", "union_tag_invalid"),
        (text("x", mask={"feather": 500}), "mask/feather", "less_than_equal"),
        (
            text("x", mask={"geometry": {"type": "path", "data": "L 1", "view_box": [0, 0, 1, 1]}}),
            "mask/geometry/data",
            "path_data",
        ),
        (text("x", effects={"glow": {"radius": 0}}), "effects/glow/radius", "greater_than"),
        (text("x", effects={"sepia": {}}), "effects/sepia", "unknown_field"),
        (text("x", effects={"vignette": {"color": "theme:none"}}), "effects/vignette/color", "theme_color"),
        (text("x", effects={"adjust": {"hue": 200}}), "effects/adjust/hue", "less_than_equal"),
    ],
)
def test_a_faulty_layer_is_named_where_it_is_wrong(layer: Any, pointer: str, code: str) -> None:
    assert faults(scene(text("fine"), layer)) == {f"/scenes/0/layers/1/{pointer}": code}


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "path", "data": "L 1 1", "view_box": [0, 0, 1, 1]},
        {"type": "path", "data": "M 1", "view_box": [0, 0, 1, 1]},
        {"type": "path", "data": "M 0 0 L 1 1 nonsense", "view_box": [0, 0, 1, 1]},
    ],
)
def test_broken_path_data_is_a_fault(geometry: Any) -> None:
    found = faults(scene({"type": "shape", "box": [0, 0, 9, 9], "geometry": geometry}))
    assert found == {"/scenes/0/layers/0/geometry/data": "path_data"}


def test_a_file_that_is_not_ready_says_so() -> None:
    waiting = {**ASSETS, PHOTO: AssetInfo(id=PHOTO, sha256="", kind="image", ready=False)}
    assert [fault.code for fault in validate(document(), waiting)[1]] == ["asset_not_ready"]


def test_transitions_must_fit_into_their_scenes() -> None:
    short = {"type": "slide", "duration": 0.8}
    doc = document(scenes=[{"duration": 2}, {"duration": 1, "transition": short}, {"duration": 2, "transition": short}])
    assert set(faults(doc).values()) == {"transition_overlap"}


def test_colours_of_the_theme_may_not_chase_each_other() -> None:
    found = faults(document(theme={"colors": {"a": "theme:b", "b": "theme:a"}}))
    assert set(found.values()) == {"theme_color"}


def test_keyframes_must_be_in_order() -> None:
    frames = [{"time": 1, "value": 0}, {"time": 0.5, "value": 1}]
    assert faults(scene(text("x", transform={"x": {"keyframes": frames}}))) == {
        "/scenes/0/layers/0/transform/x": "keyframe_order"
    }


def test_audio_may_come_from_a_video_with_sound() -> None:
    assert faults(document(audio=[{"asset": VIDEO}])) == {}
    assert faults(document(audio=[{"asset": PHOTO, "start": 10}])) == {
        "/audio/0/asset": "asset_kind",
        "/audio/0/start": "time_outside",
    }


def nested(depth: int) -> Any:
    layer: Any = text("deep")
    for _ in range(depth):
        layer = {"type": "group", "layers": [layer]}
    return layer


@pytest.mark.parametrize(
    ("doc", "code"),
    [
        (scene(nested(limits.MAX_NESTING)), "too_deep"),
        (scene(nested(60)), "too_deep"),
        (scene(*[{"type": "group", "layers": [text("x")] * 200}] * 200), "too_large"),
        (scene(*[{"type": "group", "layers": [text("x")] * 60}] * 9), "too_many_layers"),
        (scene(text("x" * (limits.MAX_TEXT + 1))), "string_too_long"),
        (document(scenes=[{"duration": 1}] * (limits.MAX_SCENES + 1)), "too_long"),
        (document(scenes=[{"duration": 3000}, {"duration": 3000}], audio=[]), "duration"),
        (document(canvas={"width": 4096, "height": 4096}), "canvas_size"),
        ([], "model_type"),
        (document(scenes=None), "list_type"),
    ],
)
def test_a_hostile_document_ends_quickly_in_a_clear_fault(doc: Any, code: str) -> None:
    started = time.process_time()
    assert code in faults(doc).values()
    assert time.process_time() - started < 1.0


def test_the_number_of_faults_is_limited() -> None:
    _, found = validate(scene(*[{"type": "solid", "color": "red", "x": 1}] * 200), ASSETS)
    assert len(found) == limits.MAX_FAULTS
    assert found[-1].code == "more_faults"


def test_asset_ids_are_found_anywhere() -> None:
    assert asset_ids(document()) == {PHOTO, SONG}
    assert asset_ids({"layers": [{"asset": "x", "deeper": [{"asset": "y"}]}]}) == {"x", "y"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(path=st.integers(0, 10_000), value=VALUES)
def test_whatever_is_put_where_validation_answers_with_faults_and_never_raises(path: int, value: Any) -> None:
    doc = document()
    places: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            places.append((node, key))
            if isinstance(inner, (dict, list)):
                collect(inner)

    collect(doc)
    node, key = places[path % len(places)]
    node[key] = value
    composition, found = validate(doc, ASSETS)
    assert (composition is None) == bool(found)
    for fault in found:
        assert fault.pointer == "" or fault.pointer.startswith("/")
        assert fault.message.endswith((".", "?"))
        json.dumps(fault.model_dump())
