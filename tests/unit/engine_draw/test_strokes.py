"""Given shapes whose strokes are trimmed or whose paths flow, when they are drawn, then they are as far as they say."""

from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import composition, drawn_alike_in_chunks, frame, ink, red, source

BOX = [100, 40, 100, 100]
SQUARE = "M0 0 L100 0 L100 100 L0 100 Z"
NARROW = "M40 0 L60 0 L60 100 L40 100 Z"


def shape(**fields: Any) -> dict[str, Any]:
    line = {"color": "#ff0000", "width": 6}
    base = {"type": "shape", "box": BOX, "geometry": {"type": "ellipse"}, "fill": None, "stroke": line}
    return {**base, **fields}


def quarters(layer: Any, index: int = 0) -> tuple[bool, ...]:
    """Whether the ring shows at half past one, half past four, half past seven, half past ten."""
    shown = red(frame(composition(layer), index))
    at = 50 / np.sqrt(2)
    return tuple(
        bool(shown[round(90 + y * at), round(150 + x * at)] > 0.9) for x, y in ((1, -1), (1, 1), (-1, 1), (-1, -1))
    )


@pytest.mark.parametrize(
    ("trim", "expected"),
    [
        ({}, (True, True, True, True)),
        ({"end": 0.25}, (True, False, False, False)),
        ({"start": 0.25, "end": 0.75}, (False, True, True, False)),
        ({"end": 0.25, "offset": 0.5}, (False, False, True, False)),
        ({"end": 0.5, "offset": 0.75}, (True, False, False, True)),
        ({"end": 0.5, "offset": -0.25}, (True, False, False, True)),
        ({"start": 0.6, "end": 0.4}, (False, False, False, False)),
        ({"end": 0}, (False, False, False, False)),
        ({"start": 0.5}, (False, False, True, True)),
    ],
)
def test_a_stroke_is_drawn_from_the_top_clockwise(trim: Any, expected: tuple[bool, ...]) -> None:
    assert quarters(shape(trim=trim)) == expected


def test_a_trim_leaves_the_fill_alone_and_moves_over_time() -> None:
    end = {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 2, "value": 1}]}
    layer = shape(trim={"end": end}, fill="#00ff00")
    assert quarters(layer, 20) == (True, True, False, False)
    assert frame(composition(layer), 20)[90, 150].tolist() == [0, 255, 0, 255]
    made = composition(layer)
    running = source(made)
    assert all(running.draw(index) for index in range(21))
    assert np.array_equal(running.buffer, frame(made, 20))


def test_caps_reach_beyond_the_ends() -> None:
    line = {"type": "path", "data": "M0 50 L100 50", "view_box": [0, 0, 100, 100]}
    butt, round_ = (
        ink(frame(composition(shape(geometry=line, trim={"end": 0.5, "cap": c})))) for c in ("butt", "round")
    )
    assert (butt[0], butt[2]) == (100, 150)
    assert (round_[0], round_[2]) == (97, 153)


def flowing(easing: Any = "linear", **fields: Any) -> dict[str, Any]:
    steps = [{"time": 0, "value": SQUARE, "easing": easing}, {"time": 1, "value": NARROW}]
    path = {"type": "path", "data": {"keyframes": steps, **fields}, "view_box": [0, 0, 100, 100]}
    return shape(geometry=path, fill="#ff0000", stroke=None)


def test_a_path_flows_into_another() -> None:
    made = composition(flowing())
    assert [ink(frame(made, index))[0] for index in (0, 5, 10, 20, 30)] == [100, 110, 120, 140, 140]
    back = composition(flowing(loop="ping-pong"))
    assert [ink(frame(back, index))[0] for index in (10, 20, 30)] == [120, 140, 120]
    assert ink(frame(made, 10)) == (120, 40, 180, 140)


def test_a_path_may_overshoot_and_cast_a_shadow() -> None:
    made = composition({**flowing("ease-in-back"), "shadow": {"color": "#ffffff", "blur": 0, "x": 0, "y": 0}})
    assert ink(frame(made, 6))[0] < 99
    running = source(made)
    for index in range(13):
        running.draw(index)
    assert np.array_equal(running.buffer, frame(made, 12))


def test_a_mask_may_flow() -> None:
    layer = {"type": "solid", "color": "#ff0000", "box": BOX, "mask": {"geometry": flowing()["geometry"]}}
    assert ink(frame(composition(layer), 10)) == (120, 40, 180, 140)


def test_the_stroke_of_a_counter_changes_its_colour_also_when_it_has_counted() -> None:
    color = {"keyframes": [{"time": 0, "value": "#00ff00"}, {"time": 2, "value": "#ff0000"}]}
    style = {"size": 60, "stroke": {"width": 6, "color": color}}
    counter = {"type": "counter", "box": [0, 0, 320, 180], "to_value": 100, "count_duration": 0.5, "style": style}
    drawn = drawn_alike_in_chunks(composition(counter), {})
    assert not np.array_equal(drawn[15], drawn[-1])
