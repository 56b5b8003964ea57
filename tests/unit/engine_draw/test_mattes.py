"""Given a layer with a matte or several masks, when it is drawn, then it shows where these let it through."""

from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import composition, frame, red, source

RED = {"type": "solid", "color": "#ff0000", "box": [100, 40, 120, 100]}
LEFT = {"type": "solid", "color": "#ffffff", "box": [0, 0, 160, 180]}
GREY = {"type": "solid", "color": "#808080", "box": [0, 0, 160, 180]}
HALF = {"type": "solid", "color": "#ffffff80", "box": [0, 0, 160, 180]}


def matted(layer: Any, mode: str, **fields: Any) -> dict[str, Any]:
    return {**RED, **fields, "matte": {"layer": layer, "mode": mode}}


@pytest.mark.parametrize(
    ("layer", "mode", "inside", "outside"),
    [
        (LEFT, "alpha", 1, 0),
        (LEFT, "alpha-inverted", 0, 1),
        (LEFT, "luma", 1, 0),
        (LEFT, "luma-inverted", 0, 1),
        (GREY, "alpha", 1, 0),
        (GREY, "luma", 0.502, 0),
        (GREY, "luma-inverted", 0.498, 1),
        (HALF, "alpha", 0.502, 0),
        (HALF, "alpha-inverted", 0.498, 1),
    ],
)
def test_the_alpha_or_luma_of_the_matte_shows_the_layer(layer: Any, mode: str, inside: float, outside: float) -> None:
    shown = red(frame(composition(matted(layer, mode))))
    assert abs(shown[90, 130] - inside) < 0.01
    assert abs(shown[90, 190] - outside) < 0.01
    assert shown[90, 90] == 0


def test_a_matte_stays_while_the_layer_moves() -> None:
    slide = {"x": {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 2, "value": 80}]}}
    shown = red(frame(composition(matted(LEFT, "alpha", transform=slide)), 20))
    assert shown[90, 139] == 0
    assert shown[90, 141] == 1
    assert shown[90, 159] == 1
    assert shown[90, 161] == 0


def test_a_matte_that_is_over_shows_nothing_or_all() -> None:
    brief = {**LEFT, "duration": 0.5}
    assert not red(frame(composition(matted(brief, "alpha")), 20)).any()
    assert red(frame(composition(matted(brief, "luma-inverted")), 20))[90, 130] == 1
    assert red(frame(composition(matted(brief, "alpha")), 5))[90, 130] == 1


def test_a_matte_that_moves_keeps_the_layer_from_resting() -> None:
    wide = {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 2, "value": 100}]}
    made = composition(matted({**LEFT, "transform": {"x": wide}}, "alpha"))
    running = source(made)
    assert all(running.draw(index) for index in range(10))
    assert np.array_equal(running.buffer, frame(made, 9))


def test_a_matted_layer_is_blended_as_one() -> None:
    under = {"type": "solid", "color": "#0000ff"}
    shown = frame(composition(under, {**matted(HALF, "alpha"), "blend": "add", "transform": {"opacity": 0.5}}))
    assert np.allclose(shown[90, 130], (255, 0, 64, 255), atol=2)


SQUARE = {"box": [0, 0, 60, 100]}
MIDDLE = {"box": [30, 20, 60, 60]}


@pytest.mark.parametrize(
    ("masks", "expected"),
    [
        # At 15, 45, 75 and 105 of the layer's 120 units, half way down.
        ([SQUARE, MIDDLE], (1, 1, 1, 0)),
        ([SQUARE, {**MIDDLE, "mode": "subtract"}], (1, 0, 0, 0)),
        ([SQUARE, {**MIDDLE, "mode": "intersect"}], (0, 1, 0, 0)),
        ([{**MIDDLE, "mode": "subtract"}], (1, 0, 0, 1)),
        ([{**MIDDLE, "mode": "intersect"}], (0, 1, 1, 0)),
        ([{**SQUARE, "invert": True}], (0, 0, 1, 1)),
        ([SQUARE, {**MIDDLE, "mode": "subtract", "invert": True}], (0, 1, 0, 0)),
        ([SQUARE, {**MIDDLE, "mode": "intersect", "invert": True}], (1, 0, 0, 0)),
    ],
)
def test_masks_add_subtract_and_intersect(masks: Any, expected: tuple[int, ...]) -> None:
    shown = red(frame(composition({**RED, "masks": masks})))
    assert tuple(shown[90, 100 + at] for at in (15, 45, 75, 105)) == expected
    assert not shown[90, 95]
    assert not shown[90, 225]


def test_a_mask_and_masks_both_count() -> None:
    shown = red(frame(composition({**RED, "mask": MIDDLE, "masks": [SQUARE]})))
    assert tuple(shown[90, 100 + at] for at in (15, 45, 75)) == (0, 1, 0)
