"""Given sound in a document, heard or drawn, when it is checked and cut into chunks, then faults and keys follow it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, VIDEO, document

from flatrender.composition import chunks, timeline
from flatrender.composition.assets import AssetInfo
from flatrender.composition.audio import TARGETS
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate


def faults(**fields: Any) -> list[tuple[str, str]]:
    _, found = validate(document(**fields), ASSETS)
    return [(fault.pointer, fault.message) for fault in found]


def test_tracks_have_roles_and_go_down_under_speech() -> None:
    music = {"asset": SONG, "role": "music", "duck": {"amount_db": 9, "attack": 0.1, "release": 1, "threshold": -50}}
    assert faults(audio=[music, {"asset": VIDEO, "role": "speech"}]) == []
    talk = {"type": "video", "asset": VIDEO, "audio_role": "speech"}
    assert faults(scenes=[{"duration": 4, "layers": [talk]}], audio=[]) == []


@pytest.mark.parametrize(
    ("track", "pointer"),
    [
        ({"role": "noise"}, "/audio/0/role"),
        ({"duck": {"amount_db": 80}}, "/audio/0/duck/amount_db"),
        ({"duck": {"by": "music"}}, "/audio/0/duck/by"),
        ({"duck": {"attack": 0}}, "/audio/0/duck/attack"),
        ({"role": "speech", "duck": {}}, "/audio/0/duck"),
    ],
)
def test_what_makes_no_sense_of_a_track_is_a_fault(track: Any, pointer: str) -> None:
    assert [found for found, _ in faults(audio=[{"asset": SONG, **track}])] == [pointer]


@pytest.mark.parametrize(
    ("trim", "speed", "lasts"),
    [
        ({"trim_start": 1, "trim_end": 1.0005}, 1, "0.0005 s"),
        ({"trim_start": 3.96}, 1, "0.04 s"),
        ({"trim_start": 1, "trim_end": 1.2}, 5, "0.04 s"),
        ({"trim_start": 0.3, "trim_end": 0.35}, 1, None),
        ({"trim_end": 0.2}, 1, None),
        ({}, 8, None),
    ],
)
def test_a_loop_of_a_sliver_is_a_fault(trim: Any, speed: float, lasts: str | None) -> None:
    """A file would be repeated thousands of times in a second."""

    def found(pointer: str, **fields: Any) -> None:
        told = faults(**fields)
        assert [at for at, _ in told] == ([f"{pointer}/loop"] if lasts else [])
        assert lasts is None or told[0][1].endswith(f"this lasts {lasts}.")

    film = {"type": "video", "asset": VIDEO, **trim, "speed": speed, "loop": True}
    found("/scenes/0/layers/0", scenes=[{"duration": 4, "layers": [film]}], audio=[])
    found("/overlays/0/layers/0", overlays=[{"type": "group", "layers": [film]}])
    if speed == 1:
        found("/audio/0", audio=[{"asset": VIDEO, **trim, "loop": True}])
    assert faults(scenes=[{"duration": 4, "layers": [{**film, "loop": False}]}], audio=[]) == []


def test_files_as_short_as_that_may_be_looped_as_pictures_only() -> None:
    short = {file: info.model_copy(update={"duration": 0.04}) for file, info in ASSETS.items()}
    film = {"type": "video", "asset": VIDEO, "loop": True}
    assert validate(document(scenes=[{"duration": 4, "layers": [film]}], audio=[]), short)[1] == []
    (fault,) = validate(document(audio=[{"asset": SONG, "loop": True}]), short)[1]
    assert (fault.pointer, fault.code) == ("/audio/0/loop", "loop_too_short")


def test_loudness_is_a_name_or_a_number() -> None:
    for target in (*TARGETS, -18.5, -23):
        assert faults(loudness={"target": target}) == []
    ((pointer, message),) = faults(loudness={"target": "radio"})
    assert pointer.startswith("/loudness/target")
    assert "youtube" in message
    assert faults(loudness={"target": -3})[0][0].startswith("/loudness/target")
    assert faults(loudness={"target": "podcast", "true_peak": 0})[0][0] == "/loudness/true_peak"
    made = Composition.model_validate(document(loudness={"target": "broadcast"}))
    assert made.loudness is not None
    assert made.loudness.lufs == -23.0


def test_the_audio_key_follows_roles_ducking_and_loudness() -> None:
    talk = {"type": "video", "asset": VIDEO}

    def key(track: Any = None, video: Any = None, **fields: Any) -> str | None:
        scene = {"duration": 4, "layers": [{**talk, **(video or {})}]}
        doc = document(scenes=[scene], audio=[{"asset": SONG, **(track or {})}], **fields)
        return chunks.audio_key(Composition.model_validate(doc), ASSETS)

    keys = [
        key(),
        key({"role": "music"}),
        key({"duck": {}}),
        key({"duck": {"release": 2}}),
        key(video={"audio_role": "speech"}),
        key(video={"duck": {}}),
        key(loudness={"target": "youtube"}),
        key(loudness={"target": -15}),
        key(loudness={"target": "youtube", "true_peak": -2}),
    ]
    assert len(set(keys)) == len(keys)
    assert key(loudness={"target": -14.0}) is not None


def test_the_audio_key_follows_how_long_the_picture_is_to_the_frame() -> None:
    """2.02 s are 48 frames of 24 a second, 2.000 s, and 61 of 30, 2.033 s: the sound of one does not fit the other."""

    def key(fps: int) -> str | None:
        doc = document(canvas={"width": 64, "height": 48, "fps": fps}, scenes=[{"duration": 2.02}])
        return chunks.audio_key(Composition.model_validate(doc), ASSETS)

    assert key(24) == key(24)
    assert key(24) != key(30)


def test_how_it_sounds_changes_no_picture() -> None:
    def keys(video: Any, **fields: Any) -> list[str]:
        doc = document(scenes=[{"duration": 4, "layers": [{"type": "video", "asset": VIDEO, **video}]}], **fields)
        made = Composition.model_validate(doc)
        return [spec.key for spec in chunks.plan(made, profile(made), ASSETS)]

    assert keys({}) == keys({"audio_role": "speech", "duck": {}}, loudness={"target": "podcast"})


def waveform(**fields: Any) -> dict[str, Any]:
    return {"type": "waveform", "box": [0, 0, 300, 80], **fields}


def shown(*layers: Any, **fields: Any) -> dict[str, Any]:
    return {"scenes": [{"duration": 10, "layers": list(layers)}], **fields}


def test_waveforms_show_files_and_tracks_that_sound() -> None:
    for layer in ({"asset": SONG}, {"asset": VIDEO}, {"track": 0}, {"track": 0, "window": None, "style": "radial"}):
        assert faults(**shown(waveform(**layer))) == []


@pytest.mark.parametrize(
    ("layer", "pointer", "words"),
    [
        ({}, "", "either an 'asset' or a 'track'"),
        ({"asset": SONG, "track": 0}, "", "not both"),
        ({"track": 0, "trim_start": 1}, "", "which a 'track' has itself"),
        ({"asset": PHOTO}, "/asset", "Sound is needed"),
        ({"track": 3}, "/track", "no track 3"),
        ({"asset": SONG, "window": 0}, "/window", ""),
        ({"asset": SONG, "style": "zigzag"}, "/style", ""),
        ({"asset": SONG, "box": [0, 0, 0, 9]}, "/box", ""),
    ],
)
def test_what_makes_no_sense_of_a_waveform_is_a_fault(layer: Any, pointer: str, words: str) -> None:
    ((found, message),) = faults(**shown(waveform(**layer)))
    assert found == "/scenes/0/layers/0" + pointer
    assert words in message


def test_no_more_stands_still_than_can_be_looked_at() -> None:
    long = {"scenes": [{"duration": 900, "layers": [waveform(asset=SONG, window=None)]}]}
    ((pointer, message),) = faults(**long)
    assert pointer == "/scenes/0/layers/0/window"
    assert "600 s" in message
    assert faults(scenes=[{"duration": 900, "layers": [waveform(asset=SONG)]}]) == []


def keys(doc: dict[str, Any], assets: Any = ASSETS) -> list[str]:
    made = Composition.model_validate(document(**doc))
    return [spec.key for spec in chunks.plan(made, profile(made), assets)]


def test_the_sound_that_is_drawn_counts() -> None:
    other = {**ASSETS, SONG: ASSETS[SONG].model_copy(update={"sha256": "f" * 64})}
    for layer in (waveform(asset=SONG), waveform(track=0)):
        doc = shown(layer)
        assert all(one != new for one, new in zip(keys(doc), keys(doc, other), strict=True))
    assert keys(shown()) == keys(shown(), other)


def test_when_a_drawn_track_sounds_counts_and_how_loud_does_not() -> None:
    def of(**track: Any) -> list[str]:
        return keys(shown(waveform(track=1), audio=[{"asset": VIDEO}, {"asset": SONG, **track}]))

    for change in ({"start": 1}, {"duration": 2}, {"trim_start": 1}, {"trim_end": 3}, {"loop": True}):
        assert of() != of(**change)
    assert of() == of(volume=0.5, fade_in=1, role="music")
    swapped = keys(shown(waveform(track=0), audio=[{"asset": SONG}, {"asset": VIDEO}]))
    assert swapped == of()


def test_frames_need_the_sound_that_they_show_and_no_other() -> None:
    group = {"type": "group", "layers": [waveform(track=1)]}
    doc = document(**shown(group, audio=[{"asset": VIDEO}, {"asset": SONG}]))
    assert timeline.sounds_shown(Composition.model_validate(doc)) == {SONG}
    assert timeline.sounds_shown(Composition.model_validate(document())) == set()


def test_the_example_of_the_guide_is_a_composition() -> None:
    guide = Path(__file__).parents[3] / "docs/guide/compositions.md"
    blocks = [block.partition("```")[0] for block in guide.read_text("utf-8").split("```json\n")[1:]]
    (example,) = [block for block in blocks if '"waveform"' in block]
    words = SONG[:-2] + "d1"
    for name, file_id in (("talk.vtt", words), ("talk.mp3", SONG), ("morning.m4a", VIDEO)):
        example = example.replace(name, file_id)
    assets = {**ASSETS, words: AssetInfo(id=words, sha256="d" * 64, kind="captions", duration=9)}
    made, found = validate(document(**json.loads(example)), assets)
    assert not found
    assert made is not None
    assert chunks.audio_key(made, assets)
