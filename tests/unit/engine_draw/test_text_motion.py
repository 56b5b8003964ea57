"""Given text that moves, when a frame is drawn, then each part of it is where its time puts it."""
# ruff: noqa: RUF001  letters of other scripts look like Latin ones

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import Pixels, composition, frame, ink, source, text

PRESETS = ["fade", "rise", "drop", "zoom", "slide", "blur", "tracking", "typewriter"]
PERSIAN = {"font": "Vazirmatn"}


def moving(words: str, way: str = "animation", **fields: Any) -> dict[str, Any]:
    box, style = fields.pop("box", (20, 60, 280, 60)), fields.pop("style", {})
    spec = {"by": "character", "preset": "fade", "stagger": 0.1, "duration": 0.3, "easing": "linear", **fields}
    return text(words, box=box, style=style, **{way: spec})


def light(pixels: Pixels) -> float:
    return float(pixels[:, :, :3].sum())


def at(layer: dict[str, Any], seconds: float) -> Pixels:
    return frame(composition(layer), round(seconds * 20))


@pytest.mark.parametrize("by", ["line", "word", "character"])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("words", "style"), [("Go\nto it", {}), ("سلام\nدنیا", PERSIAN), ("नमस्ते\n👨‍👩‍👧", {})])
def test_every_preset_ends_at_rest_and_begins_with_less(
    preset: str, by: str, words: str, style: dict[str, Any]
) -> None:
    box = (20, 20, 280, 120)
    rest = at(text(words, box=box, style=style), 1.9)
    layer = moving(words, preset=preset, by=by, style=style, box=box)
    assert np.array_equal(at(layer, 1.9), rest)
    assert light(at(layer, 0.0)) < 0.7 * light(rest)
    leaving = moving(words, "exit_animation", preset=preset, by=by, style=style, box=box)
    assert np.array_equal(at(leaving, 0.0), rest)
    assert light(at(leaving, 1.95)) < 0.7 * light(rest)


@pytest.mark.parametrize("style", [{}, PERSIAN])
def test_a_typewriter_shows_one_character_after_another_and_takes_them_back(style: dict[str, Any]) -> None:
    words = "abcdef" if not style else "سملدنب"
    layer = moving(words, preset="typewriter", style=style)
    amounts = [light(at(layer, 0.1 * n)) for n in range(6)]
    assert all(later > earlier for earlier, later in pairwise(amounts))
    assert np.array_equal(at(layer, 0.25), at(layer, 0.2))
    back = moving(words, "exit_animation", preset="typewriter", style=style)
    taken = [light(at(back, 1.5 + 0.1 * n)) for n in range(5)]
    assert all(later < earlier for earlier, later in pairwise(taken))
    # The first character is the last to go.
    left, _, right, _ = ink(at(back, 1.9))
    whole = ink(at(back, 0))
    assert (right == whole[2] and left > whole[0] + 20) if style else (left == whole[0] and right < whole[2] - 20)


def test_an_emoji_of_a_family_is_one_character() -> None:
    layer = moving("👨‍👩‍👧‍👦!", preset="typewriter", stagger=1.0)
    first, both = at(layer, 0.5), at(layer, 1.5)
    assert light(first) > 0
    whole = at(text("👨‍👩‍👧‍👦", box=(20, 60, 280, 60)), 0)
    assert np.array_equal(first, whole)
    assert light(both) > light(first)


@pytest.mark.parametrize("preset", ["rise", "typewriter"])
def test_joined_letters_keep_their_shapes_when_they_come_one_by_one(preset: str) -> None:
    """A lone seen ends in a bowl; within a word it does not. What is typed first must already be the joined form."""
    word = at(text("سمت", box=(20, 60, 280, 60), style=PERSIAN), 0)
    typed = at(moving("سمت", preset=preset, stagger=0.6, duration=0.5, style=PERSIAN), 0.55)
    left, _, right, _ = ink(typed)
    assert right == ink(word)[2]
    assert np.array_equal(typed[:, left + 4 :], word[:, left + 4 :])
    alone = at(text("س", box=(20, 60, 280, 60), style=PERSIAN), 0)
    assert ink(alone)[2] - ink(alone)[0] > right - left + 4


def test_tracking_draws_letters_together() -> None:
    layer = moving("LETTERS", preset="tracking", stagger=0.0, duration=1.0, distance=40, box=(60, 60, 200, 60))
    layer["align"] = "center"
    widths = [ink(at(layer, t))[2] - ink(at(layer, t))[0] for t in (0.45, 0.6, 0.8, 1.5)]
    assert all(later < earlier for earlier, later in pairwise(widths))
    middles = [sum(ink(at(layer, t))[::2]) / 2 for t in (0.45, 0.6, 0.8, 1.5)]
    assert max(middles) - min(middles) < 4


def test_tracking_never_tears_joined_letters_apart() -> None:
    fields: dict[str, Any] = {"preset": "tracking", "duration": 1.0, "distance": 40, "style": PERSIAN}
    by_word, by_character = (moving("سلام دنیای ما", by=by, **fields) for by in ("word", "character"))
    for t in (0.3, 0.6, 0.9):
        assert np.array_equal(at(by_word, t), at(by_character, t))


def test_blur_sharpens() -> None:
    layer = moving("MMM", preset="blur", by="line", duration=1.0, distance=40)
    edges = [
        float(np.abs(np.diff(at(layer, t)[:, :, 2].astype(float), axis=1)).max()) / max(1, at(layer, t)[:, :, 2].max())
        for t in (0.3, 0.9, 1.5)
    ]
    assert edges[0] < 0.3 < edges[1] <= edges[2]


def test_text_comes_in_and_leaves() -> None:
    layer = moving("in and out", by="word", preset="rise", stagger=0.1)
    layer["exit_animation"] = {"by": "character", "preset": "drop", "stagger": 0.02, "duration": 0.3}
    amounts = [light(at(layer, t)) for t in (0.0, 0.3, 1.0, 1.9, 1.95)]
    assert amounts[0] < amounts[1] < amounts[2] > amounts[3] > amounts[4]
    # Up on its way in, and down on its way out.
    assert ink(at(layer, 0.1))[3] > ink(at(layer, 1.0))[3] < ink(at(layer, 1.9))[3]


def test_a_frame_does_not_depend_on_those_before_it() -> None:
    made = composition(
        moving("سلام Hello", preset="blur", style=PERSIAN, stagger=0.05), moving("x y", "exit_animation")
    )
    drawn = source(made)
    for index in (0, 3, 7, 2, 39, 12, 38):
        drawn.draw(index)
        assert np.array_equal(drawn.buffer, frame(made, index))


def test_a_short_life_leaves_first() -> None:
    layer = moving("abcdefgh", stagger=5, duration=0.2, within=60)
    layer |= {"duration": 0.5, "exit_animation": {"by": "character", "preset": "fade", "duration": 0.4, "stagger": 1}}
    assert light(at(layer, 0.4)) < light(at(layer, 0.15))


@pytest.mark.parametrize("fit", ["none", "shrink", "grow"])
def test_text_may_grow_until_its_box_is_full(fit: str) -> None:
    box = (10, 10, 300, 160)
    left, top, right, bottom = ink(at(text("Grow", box=box, fit=fit, style={"size": 20}), 0))
    if fit == "grow":
        assert right - left > 240
        assert box[0] - 2 <= left < right <= box[0] + box[2] + 2
        assert box[1] <= top < bottom <= box[1] + box[3]
    else:
        assert right - left < 70


def test_growing_stops_at_its_limit_and_shrinking_still_works() -> None:
    small = ink(at(text("Grow", fit="none", style={"size": 30}), 0))
    limited = ink(at(text("Grow", fit="grow", max_size=30, style={"size": 20}), 0))
    assert abs((limited[2] - limited[0]) - (small[2] - small[0])) <= 1
    words = "a text that is far too long for what it is to be put into, at this size"
    assert ink(at(text(words, fit="grow", box=(10, 10, 300, 80), style={"size": 60}), 0))[3] <= 92


def test_a_gradient_runs_over_its_run() -> None:
    gradient = {
        "type": "linear",
        "angle": 0,
        "stops": [{"offset": 0, "color": "#ff0000"}, {"offset": 1, "color": "#0000ff"}],
    }
    layer = text("x", box=(10, 10, 300, 60), style={"size": 40})
    layer["runs"] = [{"text": "White "}, {"text": "IIIIII", "fill": gradient}, {"text": " End"}]
    pixels = at(layer, 0).astype(int)
    colored = np.abs(pixels[:, :, 2] - pixels[:, :, 0]) > 60
    columns = np.flatnonzero(colored.any(axis=0))
    first, last = pixels[:, columns[0] : columns[0] + 5], pixels[:, columns[-1] - 4 : columns[-1] + 1]
    reds, blues = [part[:, :, 2].max() for part in (first, last)], [part[:, :, 0].max() for part in (first, last)]
    assert reds[0] > 180 > blues[0]
    assert blues[1] > 180 > reds[1]
    assert max(reds[1], blues[0]) < 60


def test_a_gradient_runs_over_all_figures_of_a_counter() -> None:
    gradient = {"type": "linear", "angle": 0, "stops": [{"offset": 0, "color": "#f00"}, {"offset": 1, "color": "#00f"}]}
    counter = {"type": "counter", "box": [10, 10, 300, 80], "from_value": 888888, "to_value": 888888, "align": "left"}
    pixels = at({**counter, "style": {"size": 50, "fill": gradient}}, 1).astype(int)
    left, _, right, _ = ink(pixels.astype(np.uint8))
    reds = [int(pixels[:, x : x + 6, 2].max()) for x in range(left + 2, right - 8, (right - left) // 6)]
    assert all(later < earlier for earlier, later in pairwise(reds))


def test_an_underline_takes_the_colour_of_a_gradient() -> None:
    gradient = {"type": "linear", "angle": 0, "stops": [{"offset": 0, "color": "#f00"}, {"offset": 1, "color": "#f00"}]}
    layer = text("x", box=(10, 10, 300, 60), style={"size": 40})
    plain, lined = (
        {**layer, "runs": [{"text": "nnn", "fill": gradient, "underline": under}]} for under in (False, True)
    )
    assert ink(at(lined, 0))[3] > ink(at(plain, 0))[3]
    assert at(lined, 0)[:, :, 0].max() == 0


def test_a_counter_keeps_the_spaces_around_its_figures() -> None:
    def width(prefix: str, suffix: str) -> int:
        counter = {"type": "counter", "box": [10, 10, 300, 80], "from_value": 5, "to_value": 5, "style": {"size": 40}}
        left, _, right, _ = ink(at({**counter, "prefix": prefix, "suffix": suffix}, 1))
        return right - left

    assert width("a ", "b") > width("a", "b") + 6
    assert width("a", " b") > width("a", "b") + 6
    assert width("a ", " b") == pytest.approx(width("a\u00a0", "\u00a0b"), abs=1)


def test_a_very_long_text_moves_by_words_and_its_frames_stay_quick() -> None:
    words = "word " * 300
    fields: dict[str, Any] = {"box": (0, 0, 320, 180), "style": {"size": 12}, "within": 1.0}
    by_character, by_word = (moving(words, by=by, preset="blur", **fields) for by in ("character", "word"))
    assert np.array_equal(at(by_character, 0.5), at(by_word, 0.5))
    drawn = source(composition(moving("x" * 390, preset="blur", **{**fields, "within": 0.0, "duration": 1.0})))
    started = time.process_time()
    for index in range(20):
        drawn.draw(index)
    assert time.process_time() - started < 6
