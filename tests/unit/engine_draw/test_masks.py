"""Given a mask, when its layer is drawn, then it is seen where the mask says, in every chunk alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import (
    PHOTO,
    composition,
    drawn_alike_in_chunks,
    frame,
    ink,
    photo,
    red,
    text,
)

SLIDE = {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 2, "value": 40}]}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {PHOTO: photo(tmp_path_factory.mktemp("masks") / "photo.png")}


def solid(**mask: Any) -> dict[str, Any]:
    return {"type": "solid", "color": "#ff0000", "box": [100, 50, 80, 60], "mask": mask}


def test_a_layer_is_seen_within_its_mask() -> None:
    assert ink(frame(composition(solid(box=[10, 20, 30, 30])))) == (110, 70, 140, 100)
    ellipse = red(frame(composition(solid(geometry={"type": "ellipse"}))))
    assert ellipse[80, 140] == 1
    assert ellipse[52, 102] == 0
    assert abs(ellipse.sum() - np.pi * 40 * 30) < 30


def test_an_inverted_mask_cuts_a_hole() -> None:
    shown = red(frame(composition(solid(box=[10, 20, 30, 30], invert=True))))
    assert shown[85, 125] == 0
    assert shown[60, 125] == 1
    assert shown.sum() == 80 * 60 - 30 * 30


def test_a_path_masks() -> None:
    geometry = {"type": "path", "data": "M 0 0 L 1 0 L 0 1 Z", "view_box": [0, 0, 1, 1]}
    shown = red(frame(composition(solid(geometry=geometry))))
    assert shown[60, 110] == 1
    assert shown[105, 175] == 0


def test_a_feathered_mask_has_a_soft_edge() -> None:
    row = red(frame(composition(solid(box=[20, -50, 200, 200], feather=4))))[80, 100:140]
    assert row[4] < 0.05
    assert 0.4 < row[20] < 0.6
    assert row[36] > 0.95
    assert (np.diff(row) >= 0).all()


def test_a_mask_moves_by_its_own_transform_and_stays_on_its_layer() -> None:
    made = composition({**solid(box=[0, 0, 20, 60], transform={"x": SLIDE}), "start": 0.5, "duration": 1.5})
    assert [ink(frame(made, index))[0] for index in (10, 20, 30)] == [100, 110, 120]
    moved = {**solid(box=[0, 0, 20, 60]), "transform": {"x": 50}}
    assert ink(frame(composition(moved))) == (150, 50, 170, 110)


def test_faded_and_masked_is_half() -> None:
    shown = red(frame(composition({**solid(geometry={"type": "ellipse"}), "transform": {"opacity": 0.5}})))
    assert abs(shown[80, 140] - 0.5) < 0.01


def test_the_shadow_falls_from_what_the_mask_leaves() -> None:
    shadow = {"color": "#0000ff", "x": 100, "y": 0, "blur": 0}
    shown = frame(composition({**solid(box=[0, 0, 20, 20]), "shadow": shadow}))[:, :, 0] > 128
    assert shown[52:68, 202:218].all()
    assert not shown[:, 222:].any()
    assert not shown[72:].any()


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "image", "asset": PHOTO, "ken_burns": {}, "shadow": {}},
        text("Words that come in سلام", animation={}),
        {"type": "group", "layers": [text("In"), solid(box=[0, 0, 9, 9])], "effects": {"glow": {}}, "blend": "screen"},
    ],
    ids=["moving picture", "text", "group"],
)
def test_masked_layers_are_the_same_in_every_chunk(layer: Any, assets: dict[str, Path]) -> None:
    mask = {"geometry": {"type": "ellipse"}, "feather": 3, "transform": {"x": SLIDE, "rotation": SLIDE}}
    made = composition({"type": "solid", "color": "#203040"}, {**layer, "mask": mask, "enter": {"preset": "rise"}})
    drawn = drawn_alike_in_chunks(made, assets)
    assert (drawn[25] != frame(composition({"type": "solid", "color": "#203040"}))).any()
