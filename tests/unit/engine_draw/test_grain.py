"""Given a layer with grain, when it is drawn, then every frame has grain of its own, the same whenever it is drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import PHOTO, composition, drawn_alike_in_chunks, frame, photo, source

GREY = {"type": "solid", "color": "#808080"}


def grained(layer: Any = GREY, **grain: Any) -> dict[str, Any]:
    return {**layer, "effects": {"grain": {"intensity": 0.5, **grain}}}


def noise(layer: Any, index: int = 0) -> Any:
    return frame(composition(layer), index)[:, :, :3].astype(int) - 128


def test_grain_is_as_strong_as_it_says_and_leaves_the_brightness() -> None:
    weak, strong = noise(grained(intensity=0.2, size=1)), noise(grained(intensity=0.8, size=1))
    assert 1.5 < weak.std() < strong.std() / 3 < 30
    assert abs(strong.mean()) < 2
    assert not noise(grained(intensity=0)).any()


def test_grain_is_grey_or_coloured() -> None:
    grey, coloured = noise(grained()), noise(grained(monochrome=False))
    assert np.abs(grey[:, :, 0] - grey[:, :, 2]).max() <= 1
    assert np.abs(coloured[:, :, 0] - coloured[:, :, 2]).max() > 20


def test_larger_grains_are_smoother() -> None:
    def rough(size: float) -> float:
        made = noise(grained(size=size))[:, :, 1]
        return float(np.abs(np.diff(made, axis=1)).mean() / made.std())

    assert rough(1) > 1.5 * rough(3) > 2 * rough(8)


def test_every_frame_has_its_own_grain_however_it_is_reached() -> None:
    made = composition(grained(size=2))
    running = source(made)
    shown = []
    for index in range(6):
        assert running.draw(index)
        shown.append(running.buffer.copy())
    assert all(not np.array_equal(a, b) for n, a in enumerate(shown) for b in shown[:n])
    for index in (5, 2):
        assert np.array_equal(shown[index], frame(made, index))
    assert not np.array_equal(frame(composition(grained(size=2, seed=1)), 2), shown[2])


def test_grain_that_does_not_move_lets_the_layer_rest() -> None:
    running = source(composition(grained(moving=False)))
    assert running.draw(0)
    assert not running.draw(1)


@pytest.mark.parametrize("opacity", [1, 0.5])
def test_grain_stays_within_what_the_layer_shows(opacity: float) -> None:
    circle = {"type": "shape", "box": [100, 50, 80, 80], "geometry": {"type": "ellipse"}, "fill": "#808080"}
    shown = frame(composition(grained({**circle, "transform": {"opacity": opacity}})))
    assert not shown[52, 102, :3].any()
    assert not shown[:45].any() or not shown[:45, :, :3].any()
    assert shown[70:110, 120:160, 1].std() > 5 * opacity


def test_grain_lies_over_a_moving_picture_and_below_its_shadow(tmp_path: Path) -> None:
    assets = {PHOTO: photo(tmp_path / "photo.png", 320, 180)}
    layer = {"type": "image", "asset": PHOTO, "box": [40, 40, 200, 100], "ken_burns": {}, "shadow": {"blur": 10}}
    made = composition({"type": "solid", "color": "#ffffff"}, grained(layer))
    running = source(made, assets)
    for index in range(8):
        running.draw(index)
    assert np.array_equal(running.buffer, frame(made, 7, assets))
    assert running.buffer[80:120, 60:100, 2].std() > 5
    assert running.buffer[146, 60:200, 0].std() < 3


def test_a_shadow_of_grain_that_repeats_at_fractional_edges_is_that_of_its_frame() -> None:
    solid = {"type": "solid", "box": [28.6, 42.3, 67.4, 46.0], "color": "#ff0000", "shadow": {"color": "#ff0000"}}
    blur = {"angle": 0, "distance": 20, "edges": "repeat"}
    layer = {**solid, "effects": {"grain": {"intensity": 0.5}, "directional_blur": blur}}
    drawn_alike_in_chunks(composition(layer), {})
