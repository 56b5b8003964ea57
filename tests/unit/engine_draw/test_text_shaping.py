"""Given a line in any script, when it is drawn, then glyph for glyph it is what HarfBuzz makes of it."""
# ruff: noqa: RUF001  letters of other scripts look like Latin ones

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine_draw.shaped import SIZE, Part, advance, block, drawn, reference

from flatrender.composition.fonts import shipped
from flatrender.composition.graphemes import clusters
from flatrender.composition.han import han_language
from flatrender.engine.fonts import default_dir, library

INTER, VAZIR, HEBREW = "Inter-Regular.ttf", "Vazirmatn-Regular.ttf", "NotoSansHebrew-Regular.ttf"
HINDI, THAI, CJK = "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf", "NotoSansCJK-Regular.otf"
EMOJI = "NotoColorEmoji-Regular.ttf"

PLAIN = {
    "latin": ("Inter", Part("Office AV To “fi” naïve Größe", INTER, "Latn")),
    "persian with non-joiners": ("Vazirmatn", Part("می‌خواهم کتاب‌ها را", VAZIR, "Arab", True)),
    "persian found by itself": ("Outfit", Part("گچپژ", VAZIR, "Arab", True)),
    "arabic ligatures and vowels": ("Vazirmatn", Part("اللُّغَةُ العَرَبِيَّةُ لا الله", VAZIR, "Arab", True)),
    "hebrew with points": ("Inter", Part("בְּרֵאשִׁית", HEBREW, "Hebr", True)),
    "hebrew words": ("Noto Sans Hebrew", Part("שָׁלוֹם עוֹלָם", HEBREW, "Hebr", True)),
    "hindi conjuncts": ("Noto Sans Devanagari", Part("सत्यमेव क्षत्रिय श्रृंखला कर्म १२३", HINDI, "Deva")),
    "hindi in a latin font": ("Inter", Part("श्रृंखला", HINDI, "Deva")),
    "thai with stacked marks": ("Noto Sans Thai", Part("ที่นี่มีน้ำใจ ปู่ ญี่ปุ่น ฐานะ", THAI, "Thai")),
    "thai in a latin font": ("Inter", Part("น้ำผึ้ง", THAI, "Thai")),
    "japanese forms": ("Inter", Part("日本語直骨令のかな「ー」、", CJK, "Hani", language="ja")),
    "chinese forms": ("Inter", Part("他说“你好”世界直骨令，", CJK, "Hani", language="zh-Hans")),
    "traditional characters": ("Inter", Part("繁體中文，直骨令。", CJK, "Hani", language="zh-Hant")),
    "korean": ("Inter", Part("안녕하세요", CJK, "Hang", language="ko")),
    "emoji sequences": ("Inter", Part("👨‍👩‍👧‍👦🇮🇷👍🏽👩🏿‍🚀❤️1️⃣🏳️‍🌈", EMOJI, "Zyyy")),
}

MIXED = {
    # The text, its font, and its parts from left to right as the Unicode bidirectional algorithm orders them.
    "numbers after arabic letters, left to right": (
        "Hello سلام 2024 world",
        "Inter",
        [
            Part("Hello ", INTER, "Latn"),
            Part("2024", INTER, "Zyyy"),
            Part(" ", INTER, "Zyyy", True),
            Part("سلام", VAZIR, "Arab", True),
            Part(" world", INTER, "Latn"),
        ],
    ),
    "numbers after latin letters, right to left": (
        "سلام Hello 2024 دنیا",
        "Vazirmatn",
        [
            Part(" دنیا", VAZIR, "Arab", True),
            Part("Hello 2024", VAZIR, "Latn"),
            Part("سلام ", VAZIR, "Arab", True),
        ],
    ),
    "mirrored brackets": (
        "שלום (world) 50%",
        "Inter",
        [
            Part("50%", INTER, "Zyyy"),
            Part(") ", INTER, "Zyyy", True),
            Part("world", INTER, "Latn"),
            Part(" (", INTER, "Zyyy", True),
            Part("שלום", HEBREW, "Hebr", True),
        ],
    ),
    "japanese in persian": (
        "نسخهٔ 2.0 با 日本語",
        "Vazirmatn",
        [
            Part("日本語", CJK, "Hani", language="zh-Hant"),
            Part(" با ", VAZIR, "Arab", True),
            Part("2.0", VAZIR, "Zyyy"),
            Part("نسخهٔ ", VAZIR, "Arab", True),
        ],
    ),
    "an emoji between words": (
        "سلام 👍🏽 خوب",
        "Vazirmatn",
        [
            Part(" خوب", VAZIR, "Arab", True),
            Part("👍🏽", EMOJI, "Zyyy", True),
            Part("سلام ", VAZIR, "Arab", True),
        ],
    ),
    "four scripts in a line": (
        "Hi नमस्ते สวัสดี 你好",
        "Inter",
        [
            Part("Hi ", INTER, "Latn"),
            Part("नमस्ते", HINDI, "Deva"),
            Part(" ", INTER, "Zyyy"),
            Part("สวัสดี", THAI, "Thai"),
            Part(" ", INTER, "Zyyy"),
            Part("你好", CJK, "Hani", language="zh-Hans"),
        ],
    ),
}


def compare(text: str, family: str, parts: list[Part], language: str = "") -> None:
    made = block(text, family, language)
    left, _, right, bottom = made.block
    assert right - left == pytest.approx(advance(parts), abs=0.5)
    shown = drawn(made)
    # Glyphs stand on a whole pixel; to which side the engine rounds is its own affair.
    baseline = bottom - library(default_dir()).metrics(family, 400, False)[1] * SIZE
    tries = [reference(parts, place) for place in (math.floor(baseline), math.ceil(baseline))]
    off, ink = min((float(np.abs(shown - tried).sum()), float(tried.sum())) for tried in tries)
    assert ink > 1000
    # A quarter of a pixel of rounding in one glyph of a long line is less than this; a wrong glyph is far more.
    assert off < 0.01 * ink


@pytest.mark.parametrize("sample", PLAIN)
def test_a_line_is_what_harfbuzz_makes_of_it(sample: str) -> None:
    family, part = PLAIN[sample]
    compare(part.text, family, [part])


@pytest.mark.parametrize("sample", MIXED)
def test_a_mixed_line_is_in_the_order_of_the_bidirectional_algorithm(sample: str) -> None:
    compare(*MIXED[sample])


def test_the_comparison_sees_wrong_forms_and_a_wrong_order() -> None:
    with pytest.raises(AssertionError):
        compare("直", "Inter", [Part("直", CJK, "Hani", language="ja")])
    text, family, parts = MIXED["numbers after arabic letters, left to right"]
    with pytest.raises(AssertionError):
        compare(text, family, [parts[0], parts[3], parts[2], parts[1], parts[4]])


def test_the_language_of_a_style_chooses_the_forms() -> None:
    shapes = {}
    for language in ("ja", "ko", "zh", "zh-Hans", "zh-Hant", "zh-TW", "zh-HK"):
        part = Part("直骨令述", CJK, "Hani", language=language)
        compare(part.text, "Inter", [part], language=language)
        shapes[language] = drawn(block(part.text, "Inter", language)).tobytes()
    assert shapes["zh"] == shapes["zh-Hans"]
    assert shapes["zh-TW"] == shapes["zh-Hant"]
    assert len(set(shapes.values())) == 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello", "zh-Hans"),
        ("直接骨角", "zh-Hans"),
        ("简体中文", "zh-Hans"),
        ("臺灣的國語", "zh-Hant"),
        ("體 and 简体 together", "zh-Hans"),
        ("國語かな", "ja"),
        ("國語 한국어", "ko"),
    ],
)
def test_the_characters_beside_tell_the_forms_of_chinese_ones(text: str, language: str) -> None:
    assert han_language(text) == language


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("سلام دنیا لا", "Vazirmatn"),
        ("اللُّغَةُ", "Vazirmatn"),
        ("क्षत्रिय श्रृंखला", "Inter"),
        ("ที่นี่มีน้ำใจ", "Inter"),
        ("fi 👨‍👩‍👧 VA", "Inter"),
    ],
)
def test_characters_drawn_one_by_one_are_the_whole_line(text: str, family: str) -> None:
    made = block(text, family)
    whole = drawn(made)
    left_over = np.ones_like(whole)
    for unit in made.characters():
        alone = drawn(made, unit)
        assert alone.sum() > 0
        left_over *= 1 - alone
    assert np.abs(1 - left_over - whole).sum() < 0.01 * whole.sum()


def test_letters_that_join_are_not_spaced_out() -> None:
    """Spacing would tear them apart; Latin letters beside them are spaced all the same."""
    close, wide = (block("سلام", "Vazirmatn", spacing=spacing).block for spacing in (0.0, 20.0))
    assert close == wide
    close, wide = (block("abcd", "Vazirmatn", spacing=spacing).block for spacing in (0.0, 20.0))
    assert wide[2] - wide[0] == pytest.approx(close[2] - close[0] + 80, abs=1)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30))
def test_any_text_at_all_can_be_laid_out_and_drawn(text: str) -> None:
    made = block(text, "Inter")
    drawn(made)
    pieces = made.layout.lines[0].pieces
    shown = [cluster for piece in pieces if not piece.space for cluster in clusters(piece.text)]
    assert abs(len(made.characters()) - len(shown)) <= len(pieces)


@settings(max_examples=200, deadline=None)
@given(st.characters(codec="utf-8"), st.sampled_from(["Inter", "Vazirmatn", "Noto Sans CJK", "Noto Color Emoji"]))
def test_the_light_table_knows_what_the_font_files_have(character: str, family: str) -> None:
    code = ord(character)
    known = shipped().families[family].covers(code)
    assert known == library(default_dir()).covers(family, code) or code < 0x20 or code > 0xE007F
