"""Given a layer with effects, when it is drawn, then its pixels follow the numbers, in every chunk alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import (
    PHOTO,
    VIDEO,
    composition,
    drawn_alike_in_chunks,
    frame,
    photo,
    text,
    video,
)

BOX = [100, 50, 80, 60]
TURNING = {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 60}]}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("effects")
    return {PHOTO: photo(folder / "photo.png"), VIDEO: video(folder / "video.mp4")}


def solid(color: str, **effects: Any) -> dict[str, Any]:
    return {"type": "solid", "color": color, "box": BOX, "effects": effects}


def center(layer: Any) -> tuple[int, int, int]:
    """Red, green, blue in the middle of the layer."""
    blue, green, red, _ = frame(composition(layer))[80, 140].tolist()
    return red, green, blue


@pytest.mark.parametrize(
    ("color", "adjust", "expected"),
    [
        ("#808080", {}, (128, 128, 128)),
        ("#404040", {"brightness": 0.25}, (128, 128, 128)),
        ("#a08060", {"contrast": 0}, (128, 128, 128)),
        ("#c08040", {"contrast": 2}, (255, 128, 0)),
        ("#ff0000", {"saturation": 0}, (54, 54, 54)),
        ("#00ff00", {"saturation": 0}, (182, 182, 182)),
        ("#808080", {"hue": 120}, (128, 128, 128)),
        ("#603020", {"hue": 0, "saturation": 1}, (96, 48, 32)),
    ],
)
def test_colours_are_adjusted(color: str, adjust: Any, expected: tuple[int, int, int]) -> None:
    assert np.allclose(center(solid(color, adjust=adjust)), expected, atol=2)


def test_a_turned_hue_keeps_the_luma() -> None:
    def luma(rgb: tuple[int, int, int]) -> float:
        return float(np.dot(rgb, (0.2126, 0.7152, 0.0722)))

    before, after = center(solid("#805040")), center(solid("#805040", adjust={"hue": 90}))
    assert after != before
    assert abs(luma(before) - luma(after)) < 3


def test_a_vignette_darkens_the_corners_and_leaves_the_middle() -> None:
    shown = frame(composition(solid("#ffffff", vignette={"amount": 0.8, "softness": 0.5})))[:, :, 1]
    assert shown[80, 140] == 255
    assert abs(int(shown[51, 101]) - 51) < 14
    assert shown[51, 101] < shown[60, 115] < shown[80, 140]
    assert not shown[:50].any()


def test_a_vignette_stays_within_what_the_layer_shows() -> None:
    circle = {"type": "shape", "box": BOX, "geometry": {"type": "ellipse"}, "effects": {"vignette": {"color": "#fff"}}}
    assert not frame(composition(circle))[52, 102, :3].any()


def test_a_glow_lies_around_in_its_own_colour_or_the_given_one() -> None:
    own = frame(composition(solid("#ff0000", glow={"radius": 20})))
    assert own[80, 140].tolist() == [0, 0, 255, 255]
    assert own[80, 186, 2] > 40
    assert not own[80, 186, :2].any()
    assert own[80, 186, 2] > own[80, 196, 2]
    given = frame(composition(solid("#ff0000", glow={"radius": 20, "color": "#00ff00"})))
    assert given[80, 186, 1] > 40
    assert not given[80, 186, 2]
    strong = frame(composition(solid("#ff0000", glow={"radius": 20, "intensity": 2.5})))
    assert strong[80, 186, 2] > own[80, 186, 2] + 20


def test_the_shadow_falls_from_what_the_effects_made() -> None:
    layer = {**solid("#ffffff", glow={"radius": 4}), "shadow": {"color": "#ff0000", "x": 100, "y": 0, "blur": 0}}
    shown = frame(composition(layer))
    assert shown[80, 240].tolist() == [0, 0, 255, 255]
    assert shown[80, 140].tolist() == [255, 255, 255, 255]


EVERYTHING = {"adjust": {"hue": 40, "contrast": 1.2}, "vignette": {}, "glow": {"radius": 10}}


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "image", "asset": PHOTO, "ken_burns": {}, "effects": EVERYTHING},
        {"type": "image", "asset": PHOTO, "ken_burns": {}, "effects": {"vignette": {}}, "enter": {"preset": "fade"}},
        {"type": "video", "asset": VIDEO, "box": BOX, "effects": EVERYTHING, "shadow": {}},
        text("سلام Hello", animation={}, effects=EVERYTHING, transform={"rotation": TURNING}),
        {"type": "group", "layers": [solid("#40ff80"), text("In")], "effects": EVERYTHING, "blend": "screen"},
    ],
    ids=["moving picture", "vignette alone", "video", "text", "group"],
)
def test_effects_are_the_same_in_every_chunk(layer: Any, assets: dict[str, Path]) -> None:
    made = composition({"type": "solid", "color": "#203040"}, layer)
    drawn = drawn_alike_in_chunks(made, assets)
    assert (drawn[25] != frame(composition({"type": "solid", "color": "#203040"}))).any()
