"""Given captions, when frames are drawn, then each word is where and as its time wants it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import Pixels, composition, frame, ink, source

from flatrender.engine.faults import UnreadableMedia

SUBTITLES = "00000000-0000-4000-8000-0000000000d1"
CUES = [
    {"start": 0.2, "end": 1.0, "words": [{"text": "left", "start": 0.2}, {"text": "right", "start": 0.6}]},
    {"start": 1.4, "end": 1.8, "text": "later"},
]
RIGHT_TO_LEFT = [
    {"start": 0.2, "end": 1.0, "words": [{"text": "یکم", "start": 0.2}, {"text": "دوم", "start": 0.6}]},
]
STYLE = {"font": "Inter", "size": 30, "weight": 700}
LIT = {"fill": "#ff0000"}


def captions(**fields: Any) -> dict[str, Any]:
    base = {"type": "captions", "cues": CUES, "style": STYLE, "plate": None}
    return {**base, **fields} if "asset" not in fields else {**base, "cues": None, **fields}


def words(pixels: Pixels) -> tuple[Any, Any]:
    """Which columns have white ink, which have red."""
    bright, blue = pixels[:, :, 2] > 128, pixels[:, :, 0] > 100
    return np.flatnonzero((bright & blue).any(axis=0)), np.flatnonzero((bright & ~blue).any(axis=0))


def test_a_cue_is_seen_while_it_lasts_and_drawn_once() -> None:
    drawn = source(composition(captions()))
    seen, changed = [], []
    for index in range(40):
        changed.append(drawn.draw(index))
        seen.append(bool(drawn.buffer[:, :, :3].any()))
    assert seen == [4 <= index < 20 or 28 <= index < 36 for index in range(40)]
    assert [index for index in range(40) if changed[index]] == [0, 4, 20, 28, 36]


def test_captions_lie_in_the_safe_part_below() -> None:
    left, top, right, bottom = ink(frame(composition(captions()), 10))
    assert top > 108
    assert bottom < 0.92 * 180 + 1
    assert abs((left + right) / 2 - 160) < 3
    tall = composition(captions(), canvas={"width": 180, "height": 320, "fps": 20})
    _, top, _, bottom = ink(frame(tall, 10))
    assert 160 < top < bottom < 0.78 * 320 + 1
    boxed = ink(frame(composition(captions(box=[10, 20, 120, 40], vertical="top", align="left")), 10))
    assert 9 <= boxed[0] < 16
    assert 20 <= boxed[1] < 40


def test_the_word_that_is_said_is_marked() -> None:
    made = composition(captions(highlight=LIT))
    white, red = words(frame(made, 6))
    assert red.max() < white.min()
    white, red = words(frame(made, 16))
    assert white.max() < red.min()
    drawn = source(made)
    changed = [index for index in range(24) if drawn.draw(index)]
    assert changed == [0, 4, 12, 20], "drawn once for each word"


def test_a_marked_word_may_grow_and_have_a_plate() -> None:
    plain = words(frame(composition(captions(highlight=LIT)), 16))[1]
    grown = words(frame(composition(captions(highlight={**LIT, "scale": 1.3})), 16))[1]
    assert grown.size > 1.2 * plain.size
    plate = {"fill": "#00ff00", "padding": [6, 2]}
    pixels = frame(composition(captions(highlight={**LIT, "plate": plate})), 6)
    green = np.flatnonzero(
        (pixels[:, :, 1] > 200).all(axis=0) | (pixels[:, :, :3] == (0, 255, 0)).all(axis=2).any(axis=0)
    )
    red = words(pixels)[1]
    assert green.min() == pytest.approx(red.min() - 6, abs=2)
    assert green.max() == pytest.approx(red.max() + 6, abs=2)


@pytest.mark.parametrize("cues", [CUES, RIGHT_TO_LEFT], ids=["left to right", "right to left"])
def test_karaoke_fills_words_in_the_direction_of_their_script(cues: Any) -> None:
    made = composition(captions(cues=cues, animation="karaoke", highlight=LIT))
    shares = []
    for index in (5, 8, 11, 14, 17, 19):
        white, red = words(frame(made, index))
        shares.append(red.size / (red.size + white.size))
        if red.size and white.size:
            ahead = red.min() > white.min() and red.max() > white.max()
            assert ahead == (cues is RIGHT_TO_LEFT)
    assert shares == sorted(shares)
    assert shares[0] < 0.25
    assert shares[-1] > 0.85


def test_words_pop_up_as_they_are_said() -> None:
    made = composition(captions(animation="pop"))
    first, both = ink(frame(made, 9)), ink(frame(made, 18))
    whole = ink(frame(composition(captions()), 18))
    assert both == pytest.approx(whole, abs=1)
    assert first[0] == both[0]
    assert first[2] < (both[0] + both[2]) / 2 + 4
    early = ink(frame(made, 4 + 12 - 4 + 1))
    assert early[2] < both[2]


def test_longer_cues_are_shown_in_parts() -> None:
    cue = {"start": 0, "end": 2, "text": "aaaa bbbb cccc dddd"}
    parts = [frame(composition(captions(cues=[cue], max_words=2)), index) for index in (5, 25)]
    whole = frame(composition(captions(cues=[cue])), 5)
    assert (parts[0] != parts[1]).any()
    wide = [ink(pixels)[2] - ink(pixels)[0] for pixels in (*parts, whole)]
    assert max(wide[:2]) < 0.6 * wide[2]


def test_lines_are_balanced_and_no_more_than_allowed() -> None:
    long = [{"start": 0, "end": 2, "text": "several words that need more room than one line has here"}]
    pixels = frame(composition(captions(cues=long, max_lines=2)), 5)
    rows = np.flatnonzero((pixels[:, :, 2] > 60).any(axis=1))
    assert np.count_nonzero(np.diff(rows) > 1) <= 1
    middle = (rows[0] + rows[-1]) // 2
    top, bottom = (ink(np.concatenate([half, half])) for half in (pixels[:middle], pixels[middle:]))
    assert abs((top[2] - top[0]) - (bottom[2] - bottom[0])) < 70


def test_styles_offset_and_plate_show() -> None:
    bold = [{"start": 0, "end": 2, "text": "<b>word</b> word"}]
    pixels = frame(composition(captions(cues=bold, style={**STYLE, "weight": 400})), 5)
    left, _, right, _ = ink(pixels)
    half = (left + right) // 2
    assert np.count_nonzero(pixels[:, :half, 2] > 128) > 1.2 * np.count_nonzero(pixels[:, half:, 2] > 128)
    assert not frame(composition(captions(offset=0.5)), 9)[:, :, :3].any()
    assert frame(composition(captions(offset=0.5)), 15)[:, :, :3].any()
    plated = frame(composition(captions(plate={"fill": "#0000ff", "padding": [20, 8]})), 6)
    assert (plated[:, :, :3] == (255, 0, 0)).all(axis=2).sum() > 1000


def test_a_frame_is_the_same_however_one_gets_there() -> None:
    fields = {"highlight": {**LIT, "scale": 1.2, "plate": {"fill": "#00ff0080"}}, "shadow": {"blur": 6}}
    for animation in ("none", "karaoke", "pop"):
        made = composition(captions(animation=animation, **fields))
        drawn = source(made)
        for index in range(40):
            drawn.draw(index)
            if index in {4, 7, 12, 13, 19, 20, 30}:
                assert (drawn.buffer == frame(made, index)).all(), (animation, index)


def test_captions_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "words.vtt"
    path.write_text("WEBVTT\n\n00:00.200 --> 00:01.000\nleft <00:00.600>right\n", "utf-8")
    made = composition(captions(asset=SUBTITLES, highlight=LIT))
    again = composition(captions(highlight=LIT))
    for index in (2, 6, 16, 22):
        assert (frame(made, index, {SUBTITLES: path}) == frame(again, index)).all()


def test_a_shadow_follows_words_that_move_and_no_others() -> None:
    shadow = {"color": "#00ff00", "x": 0, "y": 40, "blur": 0}
    for fields in ({"animation": "karaoke"}, {"animation": "pop"}, {"highlight": {**LIT, "scale": 1.4}}):
        made = composition(captions(box=[10, 10, 300, 60], shadow=shadow, **fields))
        for index in (9, 14, 18):
            pixels = frame(made, index)
            letters = (pixels[:, :, 2] > 128)[:80]
            cast = (pixels[40:120, :, 1] > 128) & (pixels[40:120, :, 2] < 60)
            assert np.count_nonzero(letters & cast) > 0.9 * np.count_nonzero(cast)
            assert np.count_nonzero(letters & cast) > 0.7 * np.count_nonzero(letters)


FADING = {"keyframes": [{"time": 0, "value": "#ff0000"}, {"time": 1.5, "value": "#ff000000"}]}
DARKENING = {"keyframes": [{"time": 0, "value": "#ffffff"}, {"time": 1.5, "value": "#000000"}]}


@pytest.mark.parametrize(
    "fields",
    [
        {"plate": {"fill": FADING}},
        {"style": {**STYLE, "fill": FADING}},
        {"style": {**STYLE, "fill": DARKENING}},
        {"highlight": {"fill": "#ff000000"}},
        {"animation": "karaoke"},
    ],
    ids=["plate", "letters", "letters of another colour", "highlight", "karaoke"],
)
def test_a_shadow_is_that_of_its_own_frame(fields: Any) -> None:
    """What lets light through throws less of a shadow, a word half filled has a seam, and skia smooths dark letters
    otherwise than bright ones.
    """
    shadow = {"color": "#000000", "blur": 4, "x": 8, "y": 8}
    white = {"width": 320, "height": 180, "fps": 20, "background": "#ffffff"}
    made = composition(captions(shadow=shadow, **fields), canvas=white)
    drawn = source(made)
    for index in range(17):
        drawn.draw(index)
        if index in {5, 8, 13, 16}:
            assert np.array_equal(drawn.buffer, frame(made, index)), index


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("nothing like captions", "neither SRT nor WebVTT"),
        ("WEBVTT\n\n00:00.200 --> 00:01.000\n\u1234\n", r"No font has .*U\+1234"),
    ],
)
def test_files_that_cannot_be_shown_say_why(tmp_path: Path, data: str, why: str) -> None:
    path = tmp_path / "words.vtt"
    path.write_text(data, "utf-8")
    with pytest.raises(UnreadableMedia, match=why):
        frame(composition(captions(asset=SUBTITLES)), 6, {SUBTITLES: path})
    with pytest.raises(UnreadableMedia, match="missing"):
        frame(composition(captions(asset=SUBTITLES)), 6)


def test_kana_anywhere_make_all_cues_japanese() -> None:
    """The shapes of Chinese characters differ between the languages; a cue of nothing else does not tell its own."""
    alone = [{"start": 0, "end": 1, "text": "直骨令"}]
    together = [*alone, {"start": 1, "end": 2, "text": "ひらがな"}]
    japanese = frame(composition(captions(cues=alone, style={"language": "ja", "size": 40})))
    assert np.array_equal(frame(composition(captions(cues=together, style={"size": 40}))), japanese)
    assert not np.array_equal(frame(composition(captions(cues=alone, style={"size": 40}))), japanese)
