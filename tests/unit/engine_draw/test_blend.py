"""Given two colours, when one is blended onto the other, then the result is that of the W3C's compositing formulas."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import composition, frame, source

from flatrender.composition.layers_base import BlendMode
from flatrender.engine.paints import BLEND

type Rgb = tuple[float, float, float]

BACKDROP, SOURCE = "#c06030", "#4090d0"
BELOW: Rgb = (0xC0 / 255, 0x60 / 255, 0x30 / 255)
ABOVE: Rgb = (0x40 / 255, 0x90 / 255, 0xD0 / 255)


def lum(color: Any) -> float:
    return float(np.dot(color, (0.3, 0.59, 0.11)))


def sat(color: Any) -> float:
    return float(max(color) - min(color))


def with_lum(color: Any, wanted: float) -> Any:
    moved = np.array(color, float) + wanted - lum(color)
    low, high = moved.min(), moved.max()
    if low < 0:
        moved = wanted + (moved - wanted) * wanted / (wanted - low)
    if high > 1:
        moved = wanted + (moved - wanted) * (1 - wanted) / (high - wanted)
    return moved


def with_sat(color: Any, wanted: float) -> Any:
    values = np.array(color, float)
    return (values - values.min()) / (values.max() - values.min()) * wanted


def soft_light(b: float, s: float) -> float:
    if s <= 0.5:
        return b - (1 - 2 * s) * b * (1 - b)
    d = ((16 * b - 12) * b + 4) * b if b <= 0.25 else b**0.5
    return b + (2 * s - 1) * (d - b)


def hard_light(b: float, s: float) -> float:
    return 2 * b * s if s <= 0.5 else 1 - 2 * (1 - b) * (1 - s)


SEPARABLE: dict[str, Callable[[float, float], float]] = {
    "normal": lambda _b, s: s,
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "overlay": lambda b, s: hard_light(s, b),
    "darken": min,
    "lighten": max,
    "add": lambda b, s: min(1.0, b + s),
    "soft-light": soft_light,
    "hard-light": hard_light,
    "color-dodge": lambda b, s: min(1.0, b / (1 - s)),
    "color-burn": lambda b, s: 1 - min(1.0, (1 - b) / s),
    "difference": lambda b, s: abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
}
WHOLE: dict[str, Callable[[Rgb, Rgb], Any]] = {
    "hue": lambda b, s: with_lum(with_sat(s, sat(b)), lum(b)),
    "saturation": lambda b, s: with_lum(with_sat(b, sat(s)), lum(b)),
    "color": lambda b, s: with_lum(s, lum(b)),
    "luminosity": lambda b, s: with_lum(b, lum(s)),
}


def test_every_mode_of_the_format_can_be_drawn() -> None:
    assert set(get_args(BlendMode)) == set(BLEND) == set(SEPARABLE) | set(WHOLE)


@pytest.mark.parametrize("mode", sorted(BLEND))
@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_a_mode_follows_its_formula(mode: str, opacity: float) -> None:
    if mode in SEPARABLE:
        full = [SEPARABLE[mode](b, s) for b, s in zip(BELOW, ABOVE, strict=True)]
    else:
        full = WHOLE[mode](BELOW, ABOVE)
    expected = np.array(BELOW) * (1 - opacity) + np.array(full) * opacity
    if mode == "add":  # sums light and clamps: it has no result of its own that would be faded
        expected = np.minimum(1.0, np.array(BELOW) + np.array(ABOVE) * opacity)
    above = {"type": "solid", "color": SOURCE, "box": [0, 0, 160, 180], "blend": mode}
    shown = frame(composition({"type": "solid", "color": BACKDROP}, {**above, "transform": {"opacity": opacity}}))
    assert np.allclose(shown[90, 80, 2::-1] / 255, expected, atol=0.012)
    assert np.allclose(shown[90, 240, 2::-1] / 255, BELOW, atol=0.005)


@pytest.mark.parametrize("mode", ["hue", "difference", "color-burn"])
def test_a_blended_layer_that_moves_is_the_same_in_every_chunk(mode: str) -> None:
    moving = {"keyframes": [{"time": 0, "value": 0}, {"time": 1, "value": 40}]}
    layer = {"type": "solid", "color": SOURCE, "box": [10, 10, 90, 90], "blend": mode, "transform": {"x": moving}}
    made = composition({"type": "solid", "color": BACKDROP}, layer)
    whole, chunk = source(made), source(made)
    drawn = []
    for index in range(whole.frame_count):
        whole.draw(index)
        drawn.append(whole.buffer.copy())
    for index in range(13, whole.frame_count):
        chunk.draw(index)
        assert np.array_equal(chunk.buffer, drawn[index])
