"""Given a shadow on what is drawn anew in every frame, when it is drawn, then it lies beside it, whatever it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import (
    PHOTO,
    VIDEO,
    Pixels,
    composition,
    drawn_alike_in_chunks,
    frame,
    photo,
    video,
)

from flatrender.composition.schemas import Composition

SHADOW = {"color": "#ff00ff", "x": 30, "y": 20, "blur": 0}
BOX = [100, 50, 80, 60]
BOTH = {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 40}]}

MOVING = {"type": "image", "asset": PHOTO, "box": BOX, "ken_burns": {}, "shadow": SHADOW}
PLAYING = {"type": "video", "asset": VIDEO, "box": BOX, "shadow": SHADOW}
GROUP = {
    "type": "group",
    "box": [100, 50, 80, 60],
    "shadow": SHADOW,
    "layers": [
        {"type": "shape", "box": [0, 0, 40, 60], "geometry": {"type": "rectangle"}, "fill": "#ff0000"},
        {"type": "solid", "color": "#00ff00", "box": [20, 0, 60, 60]},
    ],
}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("shaded")
    return {PHOTO: photo(folder / "photo.png"), VIDEO: video(folder / "video.mp4")}


def white(*layers: Any) -> Composition:
    return composition(*layers, canvas={"width": 320, "height": 180, "fps": 20, "background": "#ffffff"})


def violet(pixels: Pixels) -> Any:
    return (pixels[:, :, :3] == (255, 0, 255)).all(axis=2)


@pytest.mark.parametrize("layer", [MOVING, PLAYING, GROUP], ids=["moving picture", "video", "group"])
def test_a_shadow_lies_where_its_offset_puts_it(layer: Any, assets: dict[str, Path]) -> None:
    shadow = violet(frame(white(layer), 5, assets))
    assert shadow[112:128, 132:208].all()
    assert shadow[72:128, 182:208].all()
    assert not shadow[:68].any()
    assert not shadow[:, :128].any()
    assert not shadow[132:].any()
    assert not shadow[:, 212:].any()
    assert not shadow[52:108, 102:178].any()


@pytest.mark.parametrize("layer", [MOVING, PLAYING, GROUP], ids=["moving picture", "video", "group"])
def test_a_faded_layer_and_its_shadow_fade_as_one(layer: Any, assets: dict[str, Path]) -> None:
    whole = frame(white(layer), 5, assets)
    half = frame(white({**layer, "transform": {"opacity": 0.5}}), 5, assets)
    expected = (whole[:, :, :3].astype(float) + 255) / 2
    assert np.abs(half[:, :, :3] - expected).max() <= 2


def test_a_soft_shadow_fades_out_around_its_edge() -> None:
    soft = {**GROUP, "shadow": {"color": "#000000", "x": 0, "y": 0, "blur": 16}}
    row = frame(white(soft))[80, 180:220, 1].astype(int)
    assert (np.diff(row) >= 0).all()
    assert 110 <= row[0] <= 150
    assert row[16] > 240
    assert row[-1] == 255


def test_the_shadow_of_a_group_follows_what_moves_in_it() -> None:
    child = {"type": "solid", "color": "#00ff00", "box": [0, 0, 20, 20], "transform": {"x": BOTH}}
    made = white({**GROUP, "layers": [child]})
    early, late = (np.flatnonzero(violet(frame(made, index)).any(axis=0))[0] for index in (0, 39))
    assert late - early > 30


def test_the_shadow_of_a_transparent_picture_has_its_outline(tmp_path: Path) -> None:
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[:, 40:] = (0, 0, 255, 255)
    skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType).save(str(tmp_path / "half.png"), skia.kPNG)
    still = {"start": {"zoom": 1}, "end": {"zoom": 1}}
    shadow = violet(frame(white({**MOVING, "ken_burns": still}), 5, {PHOTO: tmp_path / "half.png"}))
    assert shadow[112:128, 172:208].all()
    assert not shadow[:, :168].any()


@pytest.mark.parametrize("layer", [MOVING, PLAYING, GROUP], ids=["moving picture", "video", "group"])
def test_a_shaded_layer_is_the_same_in_every_chunk(layer: Any, assets: dict[str, Path]) -> None:
    made = white({**layer, "enter": {"preset": "rise"}, "shadow": {"blur": 12}, "transform": {"rotation": BOTH}})
    drawn_alike_in_chunks(made, assets)


def test_a_group_that_draws_anywhere_is_blurred_and_uncovered_along_its_box() -> None:
    group = {key: value for key, value in GROUP.items() if key != "shadow"}
    blurred = frame(composition({**group, "blur": 2}))
    assert blurred[80, 160, 1] > 250
    assert 20 < blurred[80, 181, 1] < 200
    wiped = frame(composition({**group, "enter": {"preset": "wipe-right", "duration": 1, "easing": "linear"}}), 10)
    assert wiped[80, 130, 1] == 255
    assert not wiped[80, 145:, :3].any()
