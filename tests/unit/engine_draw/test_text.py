"""Given text, when it is set, then it wraps, fits, shapes and faces the way its script does."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine_draw.scenes import composition, frame, ink, red, text

from flatrender.engine.fonts import FontMissing, default_dir, library
from flatrender.engine.paints import Fill, Palette
from flatrender.engine.text import RunStyle, TextBlock, TextOptions
from flatrender.engine.text_layout import ELLIPSIS, is_rtl

PALETTE = Palette({})


def block(*texts: str, width: float = 400, height: float = 300, **fields: Any) -> TextBlock:
    fonts = library(default_dir())
    style = RunStyle(tuple(fonts.chain("Inter")), 40, 500, False, False, Fill("#ffffff", PALETTE), 0.0)
    options = {
        "line_height": 1.2,
        "align": "start",
        "vertical": "top",
        "direction": "auto",
        "max_lines": None,
        "smallest": 1.0,
    }
    return TextBlock(
        texts, [style] * len(texts), TextOptions(width, height, **{**options, "balance": False, **fields}), fonts
    )


def lines(made: TextBlock) -> list[str]:
    return ["".join(piece.text for piece in line.pieces) for line in made.layout.lines]


def test_words_wrap_at_the_box() -> None:
    made = block("The quick brown fox jumps over the lazy dog")
    assert len(lines(made)) == 3
    assert " ".join(lines(made)) == "The quick brown fox jumps over the lazy dog"
    assert made.block[2] <= 400


def test_balanced_lines_are_of_even_length() -> None:
    sentence = "Every line of this should be about as long as the others are"
    greedy, even = block(sentence, width=700), block(sentence, width=700, balance=True)
    assert len(lines(greedy)) == len(lines(even)) == 2
    spread = [abs(len(a) - len(b)) for a, b in (lines(greedy), lines(even))]
    assert spread[1] < spread[0]


def test_line_breaks_are_kept_and_empty_lines_count() -> None:
    assert lines(block("one\n\ntwo")) == ["one", "", "two"]


def test_text_shrinks_until_it_fits() -> None:
    words = "Something rather long that has no room at its full size"
    full, shrunk = block(words, height=100), block(words, height=100, smallest=0.4)
    assert lines(full)[-1].endswith(ELLIPSIS)
    assert shrunk.layout.factor < 1
    assert " ".join(lines(shrunk)) == words
    assert shrunk.block[3] <= 105


@pytest.mark.parametrize("most", [1, 2])
def test_too_many_lines_end_in_an_ellipsis(most: int) -> None:
    made = block("one two three four five six seven eight nine ten eleven twelve", max_lines=most)
    assert len(lines(made)) == most
    assert lines(made)[-1].endswith(ELLIPSIS)
    assert made.block[2] <= 400


def test_a_word_wider_than_the_box_is_cut() -> None:
    made = block("W" * 60)
    assert lines(made)[0].endswith(ELLIPSIS)
    assert made.block[2] <= 401


def test_runs_join_within_a_word() -> None:
    made = block("un", "break", "able and more words to wrap around", width=260)
    assert lines(made)[0].startswith("unbreakable")
    assert len(made.units("word")) == 7


@pytest.mark.parametrize(
    ("words", "expected"), [("Hello سلام", False), ("سلام Hello", True), ("«سلام»", True), ("12 - 3", None), ("", None)]
)
def test_direction_follows_the_first_strong_character(words: str, expected: bool | None) -> None:
    assert is_rtl(words) is expected


def test_start_is_where_the_script_starts() -> None:
    assert ink(frame(composition(text("abc"))))[0] < 20
    assert ink(frame(composition(text("سلام", style={"font": "Vazirmatn"}))))[2] > 300


def word_places(words: str, **fields: Any) -> list[float]:
    """The middle of each word's ink from left to right, in the order in which the words are read."""
    import skia

    made = block(words, width=900, **fields)
    places = []
    for unit in made.units("word"):
        pixels = np.zeros((100, 900, 4), np.uint8)
        info = skia.ImageInfo.Make(900, 100, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
        made.draw(skia.Surface.MakeRasterDirect(info, pixels).getCanvas(), 0.0, None, unit)
        columns = np.flatnonzero(pixels[:, :, 3].any(axis=0))
        places.append(float(columns.mean()))
    return places


def test_persian_words_run_from_right_to_left() -> None:
    places = word_places("سلام دنیا خوب است")
    assert all(later < earlier for earlier, later in pairwise(places))


def test_mixed_scripts_keep_each_their_order() -> None:
    hello, flat, render, there = word_places("سلام flat render دنیا")
    assert there < flat < render < hello


def test_latin_words_run_from_left_to_right_around_persian() -> None:
    made, first, second, end = word_places("made سلام دنیا here")
    assert made < second < first < end


def test_arabic_letters_join() -> None:
    """Joined letters are narrower than the same letters apart, and one stretch of ink instead of many."""
    joined, apart = (block(word).block for word in ("بببب", "ب ب ب ب"))
    assert joined[2] - joined[0] < 0.8 * (apart[2] - apart[0])


def test_a_half_space_parts_letters_without_a_gap_for_a_word() -> None:
    made = block("می\u200cروم")
    assert len(made.units("word")) == 1
    assert made.block[2] - made.block[0] > (block("میروم").block[2] - block("میروم").block[0])


def test_words_come_in_one_after_another() -> None:
    made = composition(text("one two", animation={"by": "word", "preset": "fade", "duration": 0.5, "stagger": 0.5}))
    early, late = ink(frame(made, 9)), ink(frame(made, 30))
    assert early[2] < late[2] - 20
    assert early[0] == late[0]


def test_a_long_text_comes_in_within_its_time() -> None:
    words = " ".join(["word"] * 60)
    layer = text(words, style={"size": 14}, animation={"by": "word", "duration": 0.2, "stagger": 0.5, "within": 1.0})
    made = composition(layer)
    assert np.array_equal(frame(made, 25), frame(made, 39))
    assert not np.array_equal(frame(made, 20), frame(made, 39))


def test_strokes_and_plates_reach_beyond_the_letters() -> None:
    plain = ink(frame(composition(text("Hi", box=(60, 60, 200, 60)))))
    outlined = ink(
        frame(composition(text("Hi", box=(60, 60, 200, 60), style={"stroke": {"color": "#ff0000", "width": 4}})))
    )
    assert outlined[0] == pytest.approx(plain[0] - 4, abs=1)
    assert outlined[2] == pytest.approx(plain[2] + 4, abs=1)
    plate = {"fill": "#ff0000", "padding": [20, 10]}
    shown = frame(composition(text("Hi", box=(60, 60, 200, 60), plate=plate)))
    assert ink(shown)[0] == 40
    assert red(shown)[ink(shown)[1] + 2, 60] == 1


def test_a_font_that_is_not_shipped_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match="Comic"):
        frame(composition(text("x", style={"font": "Comic Sans"})))
    (tmp_path / "fonts.json").write_text('{"fonts": [{"family": "Gone", "file": "gone.ttf"}]}', "utf-8")
    with pytest.raises(FontMissing, match=r"gone\.ttf"):
        library(tmp_path)


@settings(max_examples=60, deadline=None)
@given(
    words=st.text(st.sampled_from("abc سلامن۱۲-.\n\u200c😀"), max_size=60),
    width=st.floats(40, 600),
    most=st.none() | st.integers(1, 4),
    balance=st.booleans(),
)
def test_no_text_leaves_its_box(words: str, width: float, most: int | None, balance: bool) -> None:
    made = block(words, width=width, height=400, max_lines=most, smallest=0.3, balance=balance)
    assert made.block[2] - made.block[0] <= width + 2
    assert most is None or len(lines(made)) <= most
    kept = "".join(lines(made)).replace(ELLIPSIS, "").replace(" ", "")
    assert "".join(words.split()).startswith(kept) or made.layout.cut
