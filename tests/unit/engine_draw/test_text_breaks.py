"""Given text without spaces, when it is wrapped, then lines end where a reader of it would end them."""
# ruff: noqa: RUF001  fullwidth punctuation is what this is about

import time

import pytest
from tests.unit.engine_draw.test_text import block, lines

from flatrender.engine.fonts import default_dir, library
from flatrender.engine.text_breaks import plain, tokens
from flatrender.engine.text_layout import ELLIPSIS

JAPANESE = "吾輩は猫である。名前はまだ無い。「ニャー」と泣いていた事だけは記憶している。"
CHINESE = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。"
THAI = "มนุษย์ทั้งปวงเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ"


def words() -> frozenset[str]:
    return library(default_dir()).thai_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to be - or not", ["to", " ", "be", " ", "-", " ", "or", " ", "not"]),
        ("well-known 2020-21 -5", ["well-", "known", " ", "2020-21", " ", "-5"]),
        ("50\u00a0km über", ["50\u00a0km", " ", "über"]),
        ("zero\u200bwidth", ["zero\u200b", "width"]),
        ("猫である。", ["猫", "で", "あ", "る。"]),
        ("「ニャー」と", ["「ニャー」", "と"]),
        ("言った、きょう", ["言っ", "た、", "きょ", "う"]),
        ("他说：“你好”。", ["他", "说：", "“你", "好”。"]),
        ("(日本)語", ["(日", "本)", "語"]),
        ("한국어 텍스트", ["한국어", " ", "텍스트"]),
        ("สวัสดีครับยินดีต้อนรับ", ["สวัสดี", "ครับ", "ยินดี", "ต้อนรับ"]),
        ("(ภาษาไทย) 5", ["(ภาษา", "ไทย)", " ", "5"]),
        ("บ่อยๆ", ["บ่อยๆ"]),
        ("👋👨‍👩‍👧🇮🇷", ["👋", "👨‍👩‍👧", "🇮🇷"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("", []),
    ],
)
def test_text_is_cut_where_a_line_may_end(text: str, expected: list[str]) -> None:
    assert tokens(text, words) == expected


def test_the_dictionary_is_only_read_for_thai() -> None:
    def never() -> frozenset[str]:
        raise AssertionError("asked for the words of Thai")

    assert tokens("日本 and Latin", never)


def test_unknown_thai_stays_together_and_vowels_keep_their_consonants() -> None:
    for part in tokens("ฟฟฟกเกฟฟฟฟฟเแกะ", words):
        assert part[0] not in "ะาำๅๆ\u0e31\u0e34"
        assert part[-1] not in "เแโใไ"


def test_a_long_phrase_of_thai_is_cut_quickly() -> None:
    started = time.process_time()
    found = tokens(THAI * 30, words)
    assert "".join(found) == THAI * 30
    assert time.process_time() - started < 1


def test_controls_vanish_and_line_breaks_become_one_kind() -> None:
    assert plain("a\x00\x07b\tc\r\nd\re\u2028f\x0bg") == "ab c\nd\ne\nf\ng"


@pytest.mark.parametrize("text", [JAPANESE, CHINESE, THAI])
def test_lines_fill_the_box_and_lose_nothing(text: str) -> None:
    made = block(text, height=1000)
    assert "".join(lines(made)) == text
    assert len(lines(made)) > 2
    assert made.block[2] <= 400.5
    # All but the last are more than half full: none was broken for want of a space.
    assert all(made.line_box(index)[2] > 200 for index in range(len(lines(made)) - 1))


@pytest.mark.parametrize("text", [JAPANESE, CHINESE])
def test_no_line_begins_or_ends_with_what_must_not(text: str) -> None:
    for width in range(120, 600, 7):
        for line in lines(block(text, width=width, height=2000)):
            assert line[0] not in "。，、」ー…ャっ"
            assert line[-1] not in "「“（"


@pytest.mark.parametrize("text", [JAPANESE, CHINESE, THAI, "می‌خواهم همهٔ این کتاب‌ها را امشب بخوانم و فردا پس بدهم"])
def test_what_has_no_room_ends_in_an_ellipsis(text: str) -> None:
    made = block(text, max_lines=2, height=1000)
    assert len(lines(made)) == 2
    assert lines(made)[-1].endswith(ELLIPSIS)
    shown = "".join(lines(made)).removesuffix(ELLIPSIS).replace(" ", "")
    assert len(shown) > 10
    assert text.replace(" ", "").startswith(shown)
    assert made.block[2] <= 400.5
    assert made.layout.cut


def test_an_ellipsis_never_divides_an_emoji_or_a_vowel_from_its_letter() -> None:
    for width in range(60, 400, 11):
        shown = lines(block("👨‍👩‍👧" * 12, width=width, max_lines=1))[0]
        assert shown.removesuffix(ELLIPSIS).replace("👨‍👩‍👧", "") == ""
        shown = lines(block("क्षत्रि" * 9, width=width, max_lines=1))[0].removesuffix(ELLIPSIS)
        assert shown.replace("क्षत्रि", "") in ("", "क्ष")


def test_a_word_without_end_is_cut_quickly() -> None:
    started = time.process_time()
    for word in ("เ" * 2000, "W" * 2000, "क्षत्रि" * 280):
        shown = lines(block(word))[0].removesuffix(ELLIPSIS)
        assert shown
        assert word.startswith(shown)
    assert time.process_time() - started < 3


def test_a_word_of_two_runs_breaks_where_its_script_lets_it() -> None:
    assert lines(block("日本語の文章は", "途中で改行される", width=320)) == ["日本語の文章は途", "中で改行される"]
    assert lines(block("well", "known words here", width=230))[0] == "wellknown"


def test_lines_of_ideographs_are_filled_between_characters() -> None:
    made = block(JAPANESE, align="justify", height=1000)
    assert all(made.line_box(index)[2] == pytest.approx(400) for index in range(len(lines(made)) - 1))
    assert made.line_box(len(lines(made)) - 1)[2] < 399


def test_the_ellipsis_of_a_right_to_left_line_is_at_its_left() -> None:
    from tests.unit.engine_draw.shaped import Canvas

    made = block("سلام دنیا خوب است که هستی", max_lines=1, width=300, align="right")
    assert lines(made)[0].endswith(ELLIPSIS)
    last = made.characters()[-1]
    canvas = Canvas(400, 100)
    made.draw(canvas.skia, 0.0, None, last)
    dots = canvas.pixels[:, :, 3].any(axis=0).nonzero()[0]
    left, _, right, _ = made.block
    assert left - 2 <= dots[0] < dots[-1] < left + 0.3 * (right - left)
