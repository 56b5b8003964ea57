"""Given layers larger than any bitmap, when they have a shadow, a glow or a blur, then these are as of smaller ones."""

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import composition, frame

from flatrender.engine.surface import MAX_AREA

GREEN = "#00ff00"


def bar(width: float, **fields: Any) -> dict[str, Any]:
    """Red, in the rows from 60 to 99 of all columns."""
    box = [-300, 60, width, 40]
    return {"type": "shape", "box": box, "geometry": {"type": "rectangle"}, "fill": "#ff0000", **fields}


def group(width: float, **fields: Any) -> dict[str, Any]:
    return {"type": "group", "layers": [{"type": "solid", "color": "#ff0000", "box": bar(width)["box"]}], **fields}


SOFT = {"color": GREEN, "y": 20, "blur": 16}


def test_a_shadow_lies_where_its_offset_puts_it() -> None:
    shadow = {"color": GREEN, "y": 80, "blur": 0}
    for width in (1_600, 16_000, 20_000):
        rows = np.flatnonzero(frame(composition(bar(width, shadow=shadow)))[:, 160, 1] > 128)
        assert (rows.min(), rows.max()) == (140, 179), width


@pytest.mark.parametrize(
    ("layer", "fields", "beside"),
    [
        (bar, {"shadow": SOFT}, (104, 179)),
        (group, {"shadow": {**SOFT, "blur": 4}}, (104, 179)),
        (bar, {"effects": {"glow": {"radius": 20, "color": GREEN}}}, (104, 140)),
        (bar, {"blur": 4}, (80, 130)),
        (bar, {"blur": 60}, (80, 179)),
    ],
    ids=["shadow", "shadow of a group", "glow", "blur", "wide blur"],
)
def test_what_is_soft_is_as_soft(layer: Any, fields: Any, beside: tuple[int, int]) -> None:
    first, last = beside
    usual, wide = (
        frame(composition(layer(width, **fields)))[first:last, 160, :3].max(axis=1).astype(int)
        for width in (1_600, 20_000)
    )
    assert usual.max() > 60
    assert usual.min() < usual.max() - 20
    # Edges between larger pixels lie a pixel beside their place at most; twice as soft, they would be far off.
    steepest = int(np.abs(np.diff(usual)).max())
    assert np.abs(usual - wide).max() <= 3 * steepest
    assert np.abs(np.diff(wide)).max() == pytest.approx(steepest, rel=0.25, abs=2)


@pytest.mark.parametrize(
    "fields", [{"shadow": {"blur": 100}}, {"effects": {"glow": {"radius": 100}}}], ids=["shadow", "glow"]
)
def test_what_lies_around_something_much_enlarged_takes_bounded_memory(fields: Any) -> None:
    dot = {"type": "shape", "box": [152, 82, 16, 16], "geometry": {"type": "ellipse"}, "fill": "#ff0000", **fields}
    made = composition({"type": "group", "transform": {"scale": 20}, "layers": [{**dot, "transform": {"scale": 2.5}}]})
    tracemalloc.start()
    begun = time.monotonic()
    try:
        shown = frame(made)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * 4 * MAX_AREA
    assert time.monotonic() - begun < 20
    assert shown[90, 160].tolist() == [0, 0, 255, 255]
