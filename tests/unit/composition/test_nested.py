"""Given compositions within the composition, when a document is checked, then each is found, counted, and finite."""

import time
from itertools import pairwise
from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, VIDEO, document, text

from flatrender.composition import chunks
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate

USE = {"type": "composition", "composition": "card"}


def with_nested(*layers: Any, **definitions: Any) -> dict[str, Any]:
    return document(scenes=[{"duration": 6, "layers": list(layers)}], compositions=definitions, audio=[])


def faults(doc: dict[str, Any]) -> list[tuple[str, str]]:
    started = time.perf_counter()
    composition, found = validate(doc, ASSETS)
    assert time.perf_counter() - started < 1
    assert bool(found) is (composition is None)
    return [(fault.pointer, fault.code) for fault in found]


def test_a_fault_in_a_definition_is_named_there_and_once() -> None:
    card = {"duration": 2, "layers": [{"type": "image", "asset": VIDEO}, text("Hi", start=3)]}
    assert faults(with_nested(USE, {**USE, "start": 1}, card=card)) == [
        ("/compositions/card/layers/0/asset", "asset_kind"),
        ("/compositions/card/layers/1/start", "time_outside"),
    ]


def test_what_does_not_exist_or_holds_itself_is_a_fault() -> None:
    assert faults(with_nested(USE)) == [("/scenes/0/layers/0/composition", "composition")]
    ring = {
        "card": {"duration": 1, "layers": [{"type": "group", "layers": [{"type": "composition", "composition": "b"}]}]},
        "b": {"duration": 1, "layers": [{"type": "solid", "color": "#fff", "matte": {"layer": USE}}]},
    }
    _, found = validate(with_nested(**ring), ASSETS)
    assert [fault.message for fault in found] == ["A composition cannot hold itself: card → b → card."]


def test_a_document_that_grows_without_end_is_one_fault() -> None:
    names = [f"c{n}" for n in range(20)]
    bomb = {
        name: {"duration": 1, "layers": [{"type": "composition", "composition": after}] * 10}
        for name, after in pairwise(names)
    }
    bomb["c19"] = {"duration": 1, "layers": [{"type": "solid", "color": "#fff"}]}
    found = faults(with_nested({"type": "composition", "composition": "c0"}, **bomb))
    assert ("", "too_many_layers") in found
    chain = {name: {**bomb[name], "layers": bomb[name]["layers"][:1]} for name in names}
    found = faults(with_nested({"type": "composition", "composition": "c0"}, **chain))
    assert {code for _, code in found} == {"too_deep"}


@pytest.mark.parametrize(
    ("time_map", "word"),
    [
        ({"remap": 1, "speed": 2}, "remap"),
        ({"count": 2}, "count"),
        ({"speed": 0}, "speed"),
        ({"period": 0}, "period"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(time_map: Any, word: str) -> None:
    _, found = validate(with_nested({"type": "group", "layers": [], "time": time_map}), ASSETS)
    assert any(word in fault.message for fault in found)


def test_a_document_has_scenes_or_a_timeline() -> None:
    for doc in (document(scenes=[]), document(timeline={"duration": 3})):
        assert faults(doc) == [("", "scenes")]
    late = document(timeline={"duration": 3, "layers": [text("Late", start=4)]}, audio=[])
    del late["scenes"]
    assert faults(late) == [("/timeline/layers/0/start", "time_outside")]


def test_too_many_expressions_are_one_fault() -> None:
    moving = {"x": {"expr": "time"}, "y": {"expr": "time"}, "rotation": {"expr": "time"}}
    layers = [{"type": "solid", "color": "#fff", "transform": moving}] * 200
    assert faults(with_nested(*layers)) == [("", "too_many_expressions")]


def keys(doc: dict[str, Any]) -> list[str]:
    composition = Composition.model_validate(doc)
    return [chunk.key for chunk in chunks.plan(composition, profile(composition), ASSETS)]


def test_a_key_covers_what_is_nested_and_how_its_time_runs() -> None:
    card = {"duration": 2, "layers": [{"type": "image", "asset": PHOTO}]}
    before = keys(with_nested(USE, card=card))
    assert keys(with_nested({**USE, "composition": "renamed"}, renamed=card)) == before
    assert keys(with_nested(USE, card={**card, "width": 100})) != before
    assert keys(with_nested({**USE, "time": {"loop": "cycle"}}, card=card)) != before
    changed = keys(with_nested(USE, card={**card, "layers": [text("Hi")]}))
    # It lasts 2 s, so that only the first of three chunks shows it.
    assert changed[0] != before[0]
    assert changed[1:] == before[1:]
    looped = {**USE, "time": {"loop": "cycle"}}
    late = {**card, "layers": [*card["layers"], text("Hi", start=1.9)]}
    pairs = zip(keys(with_nested(looped, card=late)), keys(with_nested(looped, card=card)), strict=True)
    assert all(a != b for a, b in pairs)


def test_a_key_covers_the_matte_and_the_picture_of_a_transition() -> None:
    def matte(layer: Any) -> dict[str, Any]:
        return with_nested({"type": "solid", "color": "#fff", "matte": {"layer": layer}})

    assert keys(matte({"type": "image", "asset": PHOTO})) != keys(matte(text("Hi")))
    other = {**ASSETS, PHOTO: ASSETS[PHOTO].model_copy(update={"sha256": "d" * 64})}
    wipe = {"type": "luma-matte", "asset": PHOTO}
    doc = document(scenes=[{"duration": 3}, {"duration": 3, "transition": wipe}], audio=[])
    composition = Composition.model_validate(doc)
    one, two = ([c.key for c in chunks.plan(composition, profile(composition), which)] for which in (ASSETS, other))
    assert one != two
    doc["scenes"][1]["transition"]["asset"] = VIDEO
    assert faults(doc) == [("/scenes/1/transition/asset", "asset_kind")]


def test_videos_in_a_time_of_their_own_are_silent() -> None:
    playing = {"type": "video", "asset": VIDEO}
    plain = Composition.model_validate(with_nested({"type": "group", "layers": [playing]}))
    turned = Composition.model_validate(with_nested({"type": "group", "time": {"speed": 2}, "layers": [playing]}))
    assert chunks.audio_key(plain, ASSETS) is not None
    assert chunks.audio_key(turned, ASSETS) is None
    matte = {"type": "solid", "color": "#fff", "matte": {"layer": playing}}
    assert chunks.audio_key(Composition.model_validate(with_nested(matte)), ASSETS) is None
