"""Given tracks and videos whose volume is a formula, when what is heard is listed, then each formula knows its own
layer, and the key of the sound follows all that it depends on.
"""

from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, SONG, VIDEO, document

from flatrender.composition import bind, chunks, heard
from flatrender.composition.expressions import Scope
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.composition.validate import validate

FADE = {"expr": "1 - progress"}
TALK = {"type": "video", "asset": VIDEO}


def made(*layers: Any, audio: Any = (), **fields: Any) -> Composition:
    doc = document(scenes=[{"duration": 6, "layers": list(layers)}], audio=list(audio), **fields)
    composition, faults = validate(doc, ASSETS)
    assert composition is not None, faults
    return composition


def scopes(composition: Composition) -> list[Scope | None]:
    return [sound.scope for sound in heard.sounds(composition)]


def test_a_volume_knows_the_life_place_and_surroundings_of_its_layer_or_track() -> None:
    tracks = [{"asset": SONG, "volume": 0.5}, {"asset": SONG, "start": 1, "duration": 2, "volume": FADE}]
    assert scopes(made(audio=tracks)) == [None, Scope(2.0, 1, 640, 360)]
    speaking = {**TALK, "start": 1, "volume": FADE}
    group = {
        "type": "group",
        "box": [0, 0, 200, 100],
        "start": 1,
        "layers": [{"type": "group", "layers": []}, speaking],
    }
    assert scopes(made(group)) == [Scope(4.0, 1, 200, 100)]
    card = {"duration": 3, "width": 80, "height": 50, "layers": [speaking]}
    (sound,) = heard.sounds(
        made({"type": "composition", "composition": "card", "duration": 2}, compositions={"card": card})
    )
    assert (sound.start, sound.until, sound.scope) == (1.0, 2.0, Scope(2.0, 0, 80, 50))


def test_what_is_silent_throughout_is_not_heard() -> None:
    silence: list[Any] = [0, {"keyframes": [{"time": 0, "value": 0}]}, {"expr": "0 * index"}, {"expr": "-2"}]
    assert heard.sounds(made(*[{**TALK, "volume": none} for none in silence])) == []
    # Whether a formula of the time is ever heard nobody knows without looking at each moment of it.
    assert len(heard.sounds(made({**TALK, "volume": {"expr": "if(time > 5.999, 1, 0)"}}))) == 1
    assert heard.sounds(made({"type": "group", "time": {"speed": 2}, "layers": [TALK]})) == []


def key(*layers: Any, **fields: Any) -> str | None:
    return chunks.audio_key(made(*layers, **fields), ASSETS)


def test_the_audio_key_covers_formulas_and_what_they_know() -> None:
    def track(**fields: Any) -> dict[str, Any]:
        return {"audio": [{"asset": SONG, **fields}]}

    wide = {"canvas": {"width": 800, "height": 360}}
    group = {"type": "group", "layers": [{**TALK, "volume": FADE}]}
    keys = [
        key(**track()),
        key(**track(volume=FADE)),
        key(**track(volume={"expr": "progress"})),
        key(**track(volume={"expr": "input.gain", "inputs": {"gain": 0.5}})),
        key(**track(volume={"expr": "input.gain", "inputs": {"gain": 0.6}})),
        key(**track(volume=FADE), **wide),
        key(group),
        key({**group, "box": [0, 0, 100, 100]}),
        key({"type": "solid", "color": "#fff"}, group),
        key({"type": "group", "layers": [{"type": "group", "layers": []}, *group["layers"]]}),
    ]
    assert None not in keys
    # Where the group lies among its siblings is nothing that the video in it knows.
    assert keys[8] == keys[6]
    assert len(set(keys)) == len(keys) - 1
    assert key(**track(), **wide) == keys[0]


def test_a_nested_composition_that_is_cut_short_is_heard_less() -> None:
    use, card = {"type": "composition", "composition": "card"}, {"duration": 4, "layers": [TALK]}
    assert key(use, compositions={"card": card}) != key({**use, "duration": 2}, compositions={"card": card})


def test_how_loud_a_video_is_changes_no_picture() -> None:
    def keys(volume: Any) -> list[str]:
        composition = made({**TALK, "volume": volume})
        return [spec.key for spec in chunks.plan(composition, profile(composition), ASSETS)]

    assert keys(1) == keys(FADE)


def test_an_input_of_a_template_may_be_in_a_volume() -> None:
    template = TemplateDefinition.model_validate({
        "code": "loud", "name": {"en": "Loud"}, "description": {"en": "Loud"}, "category": "test", "aspect": "16:9",
        "duration": 6, "inputs": [{"type": "number", "name": "gain", "label": {"en": "Gain"}, "default": 0.5, "min": 0,
                                   "max": 2}],
        "composition": document(audio=[{"asset": SONG, "volume": {"expr": "input.gain * (1 - progress)"}}]),
    })  # fmt: skip
    bound, faults = bind.bind(template, {"gain": 2})
    assert faults == []
    composition, faults = validate(bound, ASSETS)
    assert faults == []
    assert composition is not None
    volume = heard.sounds(composition)[0].volume
    assert not isinstance(volume, float)
    assert volume.at(0.0) == 2.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("volume", "word"),
    [({"expr": "tim"}, "no 'tim'"), ({"expr": "input.gain"}, "has no value"), ({"expr": "1 +"}, "cannot be read")],
)
def test_a_broken_formula_is_a_fault_at_the_volume(volume: Any, word: str) -> None:
    _, faults = validate(document(audio=[{"asset": SONG, "volume": volume}]), ASSETS)
    assert any(fault.pointer.startswith("/audio/0/volume") and word in fault.message for fault in faults), faults


def test_formulas_of_tracks_count_towards_the_most_of_a_document() -> None:
    moving = {"x": {"expr": "time"}, "y": {"expr": "time"}, "rotation": {"expr": "time"}, "scale": {"expr": "time"}}
    layers = [{"type": "solid", "color": "#fff", "transform": moving}] * 124
    for tracks, codes in ((4, []), (5, ["too_many_expressions"])):
        doc = document(scenes=[{"duration": 6, "layers": layers}], audio=[{"asset": SONG, "volume": FADE}] * tracks)
        assert [fault.code for fault in validate(doc, ASSETS)[1]] == codes
