"""Given a composition, then each chunk needs the files of what it shows, and the soundtrack those of what is heard."""

from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, SONG, VIDEO

from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import files, sound_files
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition

FPS = 30
MUTE, MASK, TABLE = (f"00000000-0000-4000-8000-0000000000{number}" for number in ("d1", "d2", "d3"))
KNOWN = {
    **ASSETS,
    MUTE: AssetInfo(id=MUTE, sha256="d" * 64, kind="video", width=100, height=80, duration=4.0),
    MASK: AssetInfo(id=MASK, sha256="e" * 64, kind="image", width=100, height=80),
    TABLE: AssetInfo(id=TABLE, sha256="f" * 64, kind="lut"),
}


def photo(**fields: Any) -> dict[str, Any]:
    return {"type": "image", "asset": PHOTO, **fields}


def video(**fields: Any) -> dict[str, Any]:
    return {"type": "video", "asset": VIDEO, **fields}


def composed(scenes: list[Any], **fields: Any) -> Composition:
    canvas = {"width": 640, "height": 360, "fps": FPS}
    return Composition.model_validate({"canvas": canvas, "scenes": scenes, **fields})


def shown(composition: Composition, *seconds: tuple[float, float]) -> list[set[str]]:
    """What the chunks from … to … need."""
    spans = [(round(first * FPS), round((end - first) * FPS)) for first, end in seconds]
    return files(composition, profile(composition), KNOWN, spans)


def test_each_scene_needs_its_own_files_and_none_of_the_next() -> None:
    film = composed([{"duration": 2, "layers": [photo()]}, {"duration": 2, "layers": [video()]}])
    assert shown(film, (0, 2), (2, 4), (1, 3)) == [{PHOTO}, {VIDEO}, {PHOTO, VIDEO}]


def test_what_is_over_or_has_not_begun_is_not_needed() -> None:
    film = composed([{"duration": 6, "layers": [photo(duration=2), video(start=4)]}])
    assert shown(film, (0, 1.9), (2.1, 3.9), (4.1, 6)) == [{PHOTO}, set(), {VIDEO}]


def test_what_is_shown_in_the_frame_beside_is_needed() -> None:
    """Whether a layer rests is seen from there: drawing asks all layers for their state."""
    film = composed([{"duration": 6, "layers": [photo(duration=2), video(start=4)]}])
    assert shown(film, (2, 4), (0, 2)) == [{PHOTO, VIDEO}, {PHOTO}]


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "group", "layers": [photo()]},
        {"type": "group", "time": {"speed": 2}, "layers": [photo(start=1)]},
        {"type": "solid", "color": "#fff", "matte": {"layer": photo()}},
        {"type": "group", "layers": [{"type": "group", "layers": [photo()]}]},
    ],
)
def test_what_layers_hold_is_needed_with_them(layer: dict[str, Any]) -> None:
    film = composed([{"duration": 2, "layers": [layer]}, {"duration": 2, "layers": []}])
    assert shown(film, (0, 2), (2, 4)) == [{PHOTO}, set()]


def test_luts_and_mattes_of_transitions_are_needed() -> None:
    graded = {"type": "solid", "color": "#333", "effects": {"lut": {"asset": TABLE}}}
    transition = {"type": "luma-matte", "asset": MASK, "duration": 1}
    film = composed([{"duration": 3, "layers": [graded]}, {"duration": 3, "layers": [], "transition": transition}])
    assert shown(film, (0, 1), (1, 2.5), (4, 5)) == [{TABLE}, {TABLE, MASK}, set()]


def test_sound_is_needed_where_it_is_drawn_and_for_the_soundtrack() -> None:
    waveform = {"type": "waveform", "track": 0, "box": [0, 0, 100, 50]}
    film = composed([{"duration": 2, "layers": [waveform]}, {"duration": 2}], audio=[{"asset": SONG}])
    assert shown(film, (0, 2), (2, 4)) == [{SONG}, set()]
    assert sound_files(film, KNOWN) == {SONG}


def test_the_soundtrack_needs_no_video_without_sound_and_none_that_is_turned_off() -> None:
    silent = {"type": "video", "asset": MUTE}
    film = composed([{"duration": 2, "layers": [video(), silent, photo()]}])
    assert sound_files(film, KNOWN) == {VIDEO}
    film = composed([{"duration": 2, "layers": [video(volume=0), silent]}], audio=[{"asset": SONG}])
    assert sound_files(film, KNOWN) == {SONG}
