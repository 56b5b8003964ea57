"""Given a word of captions that grows while it is said, when frames are drawn, then it meets no other word, nothing
leaves the box, and no word jumps.
"""

from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import Pixels, composition, drawn_alike_in_chunks, frame

from flatrender.engine.captions_room import anchor, aside, gain, line_height

TEXTS = ["mill", "mollify", "hill", "mimic", "lull", "nominal", "mill"]
FARSI = ["یکم", "دوم", "سومین", "چهارم"]


def captions(texts: list[str] = TEXTS, box: list[float] | None = None, **fields: Any) -> dict[str, Any]:
    step = 1.6 / len(texts)
    said = [{"text": text, "start": n * step} for n, text in enumerate(texts)]
    style = {"font": "Inter", "size": 30, "weight": 700, **fields.pop("style", {})}
    lit = {"fill": "#ff0000", **fields.pop("highlight", {"scale": 1.6})}
    return {"type": "captions", "cues": [{"start": 0, "end": 1.6, "words": said}], "box": box or [10, 10, 300, 160],
            "style": style, "plate": None, "max_lines": 3, "highlight": lit, **fields}  # fmt: skip


def inks(pixels: Pixels) -> tuple[Any, Any]:
    """Where there is white ink, and where red."""
    red, blue = pixels[:, :, 2] > 90, pixels[:, :, 0] > 90
    return red & blue, red & ~blue


@pytest.mark.parametrize("scale", [1.2, 1.6, 2.0])
@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_a_word_that_grows_meets_no_other_and_stays_in_its_box(scale: float, align: str) -> None:
    made = composition(captions(highlight={"scale": scale}, align=align))
    for index in (0, 2, 4, 5, 8, 13, 20, 24, 31):
        white, red = inks(frame(made, index))
        assert red.any()
        # Room on every side of it: its own place, grown by two pixels, holds nothing white.
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        assert not white[rows[0] - 1 : rows[-1] + 2, columns[0] - 2 : columns[-1] + 3].any()
        every = np.flatnonzero((white | red).any(axis=0))
        assert every[0] >= 9
        assert every[-1] <= 310


def test_lines_stay_where_they_are_aligned() -> None:
    edges = []
    for align in ("left", "right"):
        made = composition(captions(["nine", "ten"], align=align))
        shown = [
            np.flatnonzero((inks(frame(made, n))[0] | inks(frame(made, n))[1]).any(axis=0)) for n in (0, 6, 12, 22)
        ]
        edges.append([int(columns[0 if align == "left" else -1]) for columns in shown])
    # But for the room beside the word itself.
    assert all(max(edge) - min(edge) <= 5 for edge in edges)
    middle = composition(captions(["nine", "ten"], align="center"))
    for index in (0, 6, 12, 22):
        columns = np.flatnonzero(frame(middle, index)[:, :, 2].any(axis=0))
        assert abs(columns[0] + columns[-1] - 319) <= 4


def test_words_move_aside_without_a_jump() -> None:
    made = composition(captions(["oak", "elm", "ash"], [10, 10, 300, 60]), canvas={
        "width": 320, "height": 180, "fps": 60, "background": "#000000"})  # fmt: skip
    ends = []
    for index in range(12, 96):
        columns = np.flatnonzero(frame(made, index)[:, :, 2].any(axis=0))
        ends.append((int(columns[0]), int(columns[-1])))
    steps = np.abs(np.diff(np.array(ends), axis=0))
    assert 0 < steps.max() <= 4
    assert len({first for first, _ in ends}) > 2


def test_right_to_left_words_move_to_their_side() -> None:
    made = composition(captions(FARSI, [10, 10, 300, 60], style={"font": "Vazirmatn"}))
    first, last = inks(frame(made, 6)), inks(frame(made, 30))
    assert np.flatnonzero(first[1].any(axis=0)).min() > np.flatnonzero(first[0].any(axis=0)).max()
    assert np.flatnonzero(last[1].any(axis=0)).max() < np.flatnonzero(last[0].any(axis=0)).min()


def test_a_word_too_wide_to_grow_is_set_smaller() -> None:
    wide = composition(captions(["Unbelievable"], [10, 10, 200, 60], highlight={"scale": 2}, style={"size": 60}))
    columns = np.flatnonzero(inks(frame(wide, 10))[1].any(axis=0))
    assert 150 < columns[-1] - columns[0] <= 200


def test_the_plate_is_as_wide_as_the_line_becomes_and_stands_still() -> None:
    plate = {"fill": "#0000ff", "padding": [6.0, 4.0]}
    made = composition(captions(["oak", "elm", "ash"], [10, 10, 300, 60], plate=plate))
    seen = set()
    for index in (4, 12, 15, 24, 30):
        pixels = frame(made, index)
        blue = np.flatnonzero((pixels[:, :, 0] > 200).any(axis=0))
        red = np.flatnonzero(inks(pixels)[1].any(axis=0))
        seen.add((int(blue[0]), int(blue[-1])))
        assert blue[0] <= red[0]
        assert red[-1] <= blue[-1]
    assert len(seen) == 1


@pytest.mark.parametrize("animation", ["none", "karaoke", "pop"])
def test_frames_are_the_same_alone_and_in_sequence(animation: str) -> None:
    lit = {"scale": 1.5, "plate": {"fill": "#2f7de1", "padding": [5.0, 2.0]}}
    drawn_alike_in_chunks(composition(captions(highlight=lit, animation=animation)), {})


def test_without_growth_nothing_moves() -> None:
    boxes = [(0.0, 0.0, 10.0, 9.0), (12.0, 0.0, 20.0, 9.0), (0.0, 10.0, 9.0, 19.0)]
    assert aside(boxes, [0, 0, 1], {}, 0.5) == [0, 0, 0]
    assert aside(boxes, [0, 0, 1], {0: 4.0}, 0.5) == [0, 2, 0]
    assert aside(boxes, [0, 0, 1], {1: 4.0}, 0.0) == [0, 2, 0]
    assert aside(boxes, [0, 0, 1], {1: 4.0}, 1.0) == [-4, -2, 0]
    assert gain(100, 1.0, 30, 0) == 0
    assert line_height(1.2, 1.0, None) == line_height(1.2, 1.2, None) == 1.2
    assert line_height(1.2, 2.0, None) == pytest.approx(1.59)
    assert [anchor(align, rtl) for align, rtl in (("start", False), ("start", True), ("end", True))] == [0, 1, 0]
