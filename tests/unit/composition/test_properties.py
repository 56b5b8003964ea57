"""Given a composition that declares properties, when it is placed with values of its own, then each placing has its
own layers, a fault is shown where the value is written, and a value changes only the chunks that show it.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, VIDEO, document, text

from flatrender.composition import bind, chunks, timeline
from flatrender.composition.layers import ImageLayer, ShapeLayer
from flatrender.composition.layers_text import TextLayer
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.composition.validate import asset_ids, validate

OTHER = PHOTO[:-1] + "2"
FILES = {**ASSETS, OTHER: ASSETS[PHOTO].model_copy(update={"id": OTHER, "sha256": "d" * 64})}
PLATE = {"type": "shape", "id": "plate", "box": [0, 0, 300, 200], "geometry": {"type": "rectangle"}, "fill": "#222"}
CARD: dict[str, Any] = {
    "duration": 2, "width": 300, "height": 200,
    "properties": {
        "title": {"targets": ["headline/runs/0/text"], "default": "Untitled"},
        "accent": {"targets": ["plate/fill", "headline/style/stroke"]},
        "size": {"targets": ["headline/style/size"]},
        "photo": {"targets": ["picture/asset"]},
        "shift": {"targets": ["all/transform/x"], "default": 5},
    },
    "layers": [
        PLATE,
        {"type": "group", "id": "all", "layers": [
            {"type": "image", "id": "picture", "asset": PHOTO, "box": [0, 0, 100, 100]},
            text("From the layer", id="headline", style={"size": 30}),
        ]},
    ],
}  # fmt: skip
CARD["properties"]["accent"]["targets"].pop()


def use(start: float = 0, **properties: Any) -> dict[str, Any]:
    return {"type": "composition", "composition": "card", "start": start, "properties": properties}


def placed(*layers: Any, card: Any = CARD, **definitions: Any) -> dict[str, Any]:
    return document(
        scenes=[{"duration": 6, "layers": list(layers)}], compositions={"card": card, **definitions}, audio=[]
    )


def made(doc: dict[str, Any]) -> Composition:
    composition, faults = validate(doc, FILES)
    assert composition is not None, faults
    return composition


def faults(doc: dict[str, Any]) -> dict[str, str]:
    started = time.perf_counter()
    composition, found = validate(doc, FILES)
    assert time.perf_counter() - started < 1
    assert bool(found) is (composition is None)
    return {fault.pointer: fault.message for fault in found}


def said(composition: Composition) -> list[Any]:
    """What each title says, how large and from where, the colour of each plate, and the file of each picture."""
    found: list[Any] = []
    for each in timeline.layers(composition):
        match each.layer:
            case TextLayer() as title:
                found.append((title.runs[0].text, title.style.size))
            case ShapeLayer(fill=fill):
                found.append(fill)
            case ImageLayer(asset=asset):
                found.append(asset)
    return found


def test_each_placing_has_its_own_values_and_defaults_for_the_rest() -> None:
    keyframes = {"keyframes": [{"time": 0, "value": "theme:accent"}, {"time": 1, "value": "#fff"}]}
    composition = made(
        placed(use(), use(title="Ada", accent="theme:accent", size=44), use(photo={"asset": OTHER}, accent=keyframes))
    )
    first, second, third = said(composition)[:3], said(composition)[3:6], said(composition)[6:]
    assert first == ["#222", PHOTO, ("Untitled", 30)]
    assert second == ["theme:accent", PHOTO, ("Ada", 44)]
    assert third[0].keyframes[1].value == "#fff"
    assert third[1:] == [OTHER, ("Untitled", 30)]
    groups = [each.layer for each in timeline.layers(composition) if each.layer.id == "all"]
    assert [group.transform.x for group in groups] == [5, 5, 5]


def test_what_gets_no_value_is_shared() -> None:
    composition = made(placed(use(title="A"), use(title="B")))
    one, other = (layer.layers for layer in composition.scenes[0].layers)  # type: ignore[union-attr]
    assert one[0] is other[0]
    assert one[1].layers[0] is other[1].layers[0]
    assert one[1] is not other[1]


@pytest.mark.parametrize(
    ("given", "pointer", "words"),
    [
        ({"titel": "A"}, "titel", "did you mean 'title'? There are: accent, photo, shift, size, title."),
        ({"title": 5}, "title", "'text' must be a text."),
        ({"title": "x" * 3000}, "title", "at most 2000 characters"),
        ({"accent": "red"}, "accent", "must be a colour"),
        ({"accent": "theme:acent"}, "accent", "did you mean 'accent'?"),
        ({"accent": {"type": "linear", "stops": [{"offset": 0, "color": "#fff"}, {"offset": 3, "color": "#fff"}]}},
         "accent/stops/1/offset", "less than or equal to 1"),
        ({"size": 0}, "size", "greater than 0"),
        ({"shift": {"expr": "tim"}}, "shift", "no 'tim'"),
        ({"photo": OTHER}, "photo", '{"asset": "…"}'),
        ({"photo": {"asset": VIDEO}}, "photo/asset", "of kind 'video'"),
        ({"photo": {"asset": PHOTO[:-1] + "f"}}, "photo/asset", "There is no file"),
        ({"title": "\U000131d2"}, "title", "No font has"),
        ({"photo": None}, "photo", "must be a text"),
    ],
)  # fmt: skip
def test_a_fault_of_a_value_is_shown_where_it_is_written(given: Any, pointer: str, words: str) -> None:
    found = faults(placed(use(), use(**given)))
    assert list(found) == [f"/scenes/0/layers/1/properties/{pointer}"]
    assert words in next(iter(found.values()))


def test_a_fault_of_a_default_is_shown_at_the_default_and_once() -> None:
    card = {
        **CARD,
        "properties": {**CARD["properties"], "photo": {"targets": ["picture/asset"], "default": {"asset": VIDEO}}},
    }
    assert list(faults(placed(use(), use(title="B"), card=card))) == [
        "/compositions/card/properties/photo/default/asset"
    ]
    # Nobody sees a default that every use replaces.
    assert faults(placed(use(photo={"asset": PHOTO}), card=card)) == {}
    theme = {**CARD, "properties": {"title": {"targets": ["headline/style/font"], "default": "theme:bdy"}}}
    assert faults(placed(use(), card=theme)) == {
        "/compositions/card/properties/title/default": "The theme has no font role 'bdy'; did you mean 'body'?"
    }


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("headlin/runs/0/text", "id 'headlin'; did you mean 'headline'?"),
        ("headline/runs/3/text", "no '3' in 'runs', which has 1 entries"),
        ("headline/style/colour", "no field 'colour' in 'style'"),
        ("headline/stile", "no field 'stile' in the layer; did you mean 'style'?"),
        ("headline/plate/fill", "nothing in 'plate' that 'fill'"),
        ("headline/style/size/x", "nothing in 'style/size' that 'x'"),
        ("all/layers/0/box", "'layers' of a layer cannot be given"),
        ("plate/type", "'type' of a layer cannot be given"),
        ("plate/cues/0/text", "'cues' of a layer cannot be given"),
        ("plate", "not written as it must be"),
    ],
)  # fmt: skip
def test_a_target_that_leads_nowhere_is_a_fault_used_or_not(target: str, words: str) -> None:
    card = {**CARD, "properties": {"title": {"targets": ["plate/fill", target]}}}
    for doc in (placed(card=card), placed(use(), use(title="#fff"), card=card)):
        ((pointer, message),) = faults(doc).items()
        assert pointer == "/compositions/card/properties/title/targets/1"
        assert words in message


def test_a_target_needs_an_id_of_its_own() -> None:
    twins = {**CARD, "properties": {"fill": {"targets": ["plate/fill"]}}, "layers": [PLATE, PLATE]}
    assert "Several layers" in faults(placed(card=twins))["/compositions/card/properties/fill/targets/0"]


def test_what_a_target_may_give_another_has_to_be_there() -> None:
    both = {**CARD, "properties": {"stroke": {"targets": ["plate/fill", "plate/stroke"]},
                                   "rim": {"targets": ["plate/geometry/radius"]},
                                   "form": {"targets": ["plate/geometry"]}}}  # fmt: skip
    assert faults(placed(use(rim=4), card=both)) == {}
    assert faults(placed(use(rim=4, form={"type": "ellipse"}), card=both)).keys() == {
        "/scenes/0/layers/0/properties/rim"
    }
    crushed = faults(placed(use(form="none", rim=4), card=both))
    assert "any more" in crushed["/scenes/0/layers/0/properties/rim"]


BADGE = {
    "duration": 2,
    "properties": {"name": {"targets": ["inner/properties/title"]}, "look": {"targets": ["inner/properties/accent"]}},
    "layers": [{"type": "composition", "id": "inner", "composition": "card", "properties": {"title": "Inside"}}],
}


def test_values_are_handed_on_to_compositions_within() -> None:
    badge = {"type": "composition", "composition": "badge"}
    doc = placed(badge, {**badge, "properties": {"name": "Ada", "look": "#f00"}}, badge=BADGE)
    assert [value[0] for value in said(made(doc)) if isinstance(value, tuple)] == ["Inside", "Ada"]
    broken = placed({**badge, "properties": {"name": 7, "look": "theme:nix"}}, badge=BADGE)
    assert list(faults(broken)) == ["/scenes/0/layers/0/properties/look", "/scenes/0/layers/0/properties/name"]
    lost = {**BADGE, "properties": {"name": {"targets": ["inner/properties/titel"]}}}
    assert "did you mean 'title'?" in faults(placed(badge=lost))["/compositions/badge/properties/name/targets/0"]


def test_a_matte_and_a_group_may_be_targets() -> None:
    card = {
        "duration": 2,
        "properties": {"words": {"targets": ["shape/runs/0/text"]}, "fill": {"targets": ["shown/color"]}},
        "layers": [
            {"type": "solid", "id": "shown", "color": "#fff", "matte": {"layer": text("A", id="shape")}},
        ],
    }  # fmt: skip
    composition = made(placed(use(words="Through", fill="#0f0"), card=card))
    assert said(composition) == [("Through", 48)]
    assert composition.scenes[0].layers[0].layers[0].color == "#0f0"  # type: ignore[union-attr]


def keys(doc: dict[str, Any]) -> list[str]:
    composition = made(doc)
    return [chunk.key for chunk in chunks.plan(composition, profile(composition), FILES)]


def test_a_value_changes_only_the_chunks_that_show_it() -> None:
    before = keys(placed(use(0, title="A"), use(3, title="B")))
    after = keys(placed(use(0, title="A"), use(3, title="C")))
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert keys(placed(use(0, title="A"), use(3, title="B", photo={"asset": OTHER})))[1] != before[1]
    # How a property is called, and whether a value is given or the default, is nothing that anyone sees.
    renamed = {**CARD, "properties": {"name": CARD["properties"]["title"], "shift": CARD["properties"]["shift"]}}
    assert keys(placed(use(0, name="A"), use(3, name="B"), card=renamed)) == before
    assert keys(placed(use(title="Untitled"))) == keys(placed(use()))


def test_files_in_values_are_files_of_the_document() -> None:
    assert asset_ids(placed(use(photo={"asset": OTHER}))) == {PHOTO, OTHER}


def test_inputs_of_a_template_may_be_values() -> None:
    template = TemplateDefinition.model_validate({
        "code": "cards", "name": {"en": "Cards"}, "description": {"en": "Cards"}, "category": "test", "aspect": "16:9",
        "duration": 6,
        "inputs": [{"type": "text", "name": "who", "label": {"en": "Who"}, "default": "Ada"},
                   {"type": "image", "name": "face", "label": {"en": "Face"}}],
        "composition": placed(use(title={"$input": "who"}, photo={"asset": {"$input": "face"},
                                                                  "when": {"input": "face", "set": True}})),
    })  # fmt: skip
    assert bind.check(template) == []
    for inputs, expected in (({}, PHOTO), ({"face": OTHER}, OTHER)):
        bound, _ = bind.bind(template, inputs)
        assert said(made(bound or {})) == ["#222", expected, ("Ada", 30)]


def test_values_do_not_let_a_document_grow_without_end() -> None:
    def level(name: str) -> dict[str, Any]:
        inner = {"type": "composition", "id": "inner", "composition": name, "properties": {"title": "x", "no": 1}}
        return {"duration": 1, "properties": {"title": {"targets": ["inner/properties/title"]}},
                "layers": [inner, *[{**inner, "id": f"i{n}"} for n in range(9)]]}  # fmt: skip

    bomb = {f"c{n}": level(f"c{n + 1}") for n in range(20)} | {"c20": {"duration": 1, "layers": []}}
    found = faults(placed({"type": "composition", "composition": "c0", "properties": {"title": "y"}}, **bomb))
    assert "at most 500 layers" in found[""]
    ring = level("card")
    found = faults(placed(use(title="A"), card=ring))
    assert any("cannot hold itself" in message for message in found.values())


def test_the_example_of_the_guide_is_a_composition() -> None:
    guide = Path(__file__).parents[3] / "docs/guide/motion.md"
    blocks = [block.partition("```")[0] for block in guide.read_text("utf-8").split("```json\n")[1:]]
    (example,) = [block for block in blocks if '"properties"' in block]
    for name, asset in (("dogs.jpg", PHOTO), ("sunset.jpg", OTHER), ("stream.jpg", OTHER)):
        example = example.replace(name, asset)
    shown = said(made(json.loads(example)))
    assert shown[:3] == [PHOTO, "#f2b84b", ("Bo", 48)]
    assert shown[3:6] == [OTHER, "#4fd1a5", ("Kim", 48)]


def test_uses_do_not_multiply_what_there_is_to_check() -> None:
    """What is large is looked at once, however many uses share it or give it another style."""
    cues = [{"start": n * 0.01, "end": n * 0.01 + 0.009, "text": "word " * 15} for n in range(1000)]
    steps = [{"time": n, "value": "M0 0" + " L1 1" * 80} for n in range(200)]
    path = {"type": "path", "view_box": [0, 0, 1, 1], "data": {"keyframes": steps}}
    card = {
        "duration": 2,
        "properties": {"size": {"targets": ["said/style/size"]}, "side": {"targets": ["form/geometry/view_box/2"]}},
        "layers": [
            {"type": "captions", "id": "said", "cues": cues},
            {"type": "shape", "id": "form", "box": [0, 0, 9, 9], "geometry": path},
        ],
    }
    started = time.perf_counter()
    made(placed(*[use()] * 50, card=card))
    shared = time.perf_counter() - started
    started = time.perf_counter()
    made(placed(*[use(size=20, side=2)] * 50, card=card))
    assert time.perf_counter() - started < 2 * shared + 1
