"""Given a character, when it is looked for, then the family that draws it is known without any font being loaded."""
# ruff: noqa: RUF001  letters of other scripts look like Latin ones

import time
import unicodedata
from pathlib import Path

import pytest
from tests.unit.composition.documents import document

from flatrender.composition.fonts import choose, named, shipped
from flatrender.composition.graphemes import clusters, invisible, is_emoji
from flatrender.composition.validate import validate

ROOT = Path(__file__).resolve().parents[3]
FAMILY, ENGLAND = "👨‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301a\r\n", ["e\u0301", "a", "\r\n"]),
        (f"a{FAMILY}b", ["a", FAMILY, "b"]),
        ("🇮🇷🇩🇪🇫", ["🇮🇷", "🇩🇪", "🇫"]),
        ("👍🏽❤️1️⃣", ["👍🏽", "❤️", "1️⃣"]),
        (ENGLAND + "🏳️‍🌈", [ENGLAND, "🏳️‍🌈"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("ที่น้ำ", ["ที่", "น้ำ"]),
        ("שָׁלוֹם", ["שָׁ", "ל", "וֹ", "ם"]),
        ("می‌خ", ["م", "ی‌", "خ"]),
        ("سلام", ["س", "لا", "م"]),
        ("الله", ["ا", "ل", "ل", "ه"]),
        ("\u1112\u1161\u11ab한", ["\u1112\u1161\u11ab", "한"]),
        ("が\u3099か\u3099", ["が\u3099", "か\u3099"]),
        ("\u0600123", ["\u06001", "2", "3"]),
        ("", []),
    ],
)
def test_a_cluster_is_what_a_reader_takes_for_a_character(text: str, expected: list[str]) -> None:
    assert list(clusters(text)) == expected


@pytest.mark.parametrize("cluster", [FAMILY, "🇮🇷", "👍🏽", "❤️", "1️⃣", "😀", "☕", ENGLAND, "🏽"])
def test_pictures_are_told(cluster: str) -> None:
    assert is_emoji(cluster)
    assert choose(cluster, "Inter", covers) == "Noto Color Emoji"


@pytest.mark.parametrize("cluster", ["1", "#", "❤", "☀", "☕\ufe0e", "©", "a", "漢", "1\ufe0f"])
def test_text_is_no_picture(cluster: str) -> None:
    assert not is_emoji(cluster)
    assert choose(cluster, "Inter", covers) != "Noto Color Emoji"


def covers(family: str, code: int) -> bool:
    return shipped().families[family].covers(code)


@pytest.mark.parametrize(
    ("cluster", "set_in", "drawn_in"),
    [
        ("س", "Anton", "Vazirmatn"),
        ("שׁ", "Inter", "Noto Sans Hebrew"),
        ("क्षि", "Inter", "Noto Sans Devanagari"),
        ("น้ำ", "Inter", "Noto Sans Thai"),
        ("漢", "Fraunces", "Noto Sans CJK"),
        ("한", "Inter", "Noto Sans CJK"),
        ("\u1112\u1161\u11ab", "Inter", "Noto Sans CJK"),
        ("Ж", "Outfit", "Inter"),
        ("e\u0301", "Anton", "Anton"),
        ("😀", "Noto Emoji", "Noto Emoji"),
        (" ", "Anton", "Anton"),
        ("\u200f", "Anton", "Anton"),
    ],
)
def test_a_cluster_is_drawn_by_one_family(cluster: str, set_in: str, drawn_in: str) -> None:
    assert choose(cluster, set_in, covers) == drawn_in


def test_what_no_font_has_is_named_once_and_in_order() -> None:
    fonts = shipped()
    assert fonts.missing("ab\U00013000c\u16a0\U00013000", "Inter") == ["\U00013000", "\u16a0"]
    assert fonts.missing("\U000f1234", "Inter") == ["\U000f1234"]
    assert (
        named(["\u16a0", "\U000f1234"])
        == "ᚠ (RUNIC LETTER FEHU FEOH FE F, U+16A0), \U000f1234 (no assigned character, U+F1234)"
    )
    assert named([chr(0x13000 + n) for n in range(10)]).endswith("and 2 more")


def test_the_ideographs_that_the_recipe_promises_are_there() -> None:
    recipe = (ROOT / "infra/fonts/build.py").read_text("utf-8")
    for codec in ("gb2312", "euc_jp", "big5"):
        assert f'_encoded("{codec}"' in recipe
    fonts = shipped()
    for codec, leads in (("gb2312", range(0xA1, 0xF8)), ("euc_jp", range(0xA1, 0xF5)), ("big5", range(0xA4, 0xC7))):
        trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)] if codec == "big5" else range(0xA1, 0xFF)
        every = "".join(bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
        assert len(every) > 5000
        assert fonts.missing("".join(filter(str.isalpha, every)), "Inter") == []
    hangul = "".join(bytes((a, b)).decode("euc_kr", "ignore") for a in range(0xB0, 0xC9) for b in range(0xA1, 0xFF))
    assert len(hangul) == 2350
    assert fonts.missing(hangul, "Inter") == []


def test_characters_without_a_picture_are_nothing_to_miss() -> None:
    silent = (
        "\t\n\r\x07\u00a0\u00ad\u061c\u200b\u200c\u200d\u200e\u2028\u202f\u2060\u2066\u2069\ufe0e\ufe0f\ufeff\u3000"
    )
    assert all(invisible(character) for character in silent)
    assert shipped().missing(silent, "Anton") == []
    assert not any(invisible(character) for character in "a\u0600\u06dd\u1680漢\ufffc")


def test_composed_and_decomposed_text_count_alike() -> None:
    fonts = shipped()
    for text in ("Größe, ñandú, Ǻ, ế", "한국어", "が", "עִבְרִית", "क़लम", "اللّٰه"):
        for form in ("NFC", "NFD"):
            assert fonts.missing(unicodedata.normalize(form, text), "Inter") == [], (text, form)


@pytest.mark.parametrize(
    ("layer", "pointer"),
    [
        ({"type": "text", "runs": [{"text": "ok"}, {"text": "no \u16a0"}]}, "runs/1/text"),
        ({"type": "counter", "to_value": 1, "prefix": "\u16a0 "}, "prefix"),
        ({"type": "counter", "to_value": 1, "suffix": " \u16a0"}, "suffix"),
        ({"type": "captions", "cues": [{"start": 0, "end": 1, "text": "a \u16a0"}]}, "cues/0/text"),
    ],
)
def test_a_document_with_it_is_refused_by_pointer_name_and_code_point(layer: dict[str, object], pointer: str) -> None:
    made = document()
    made["scenes"][0]["layers"] = [{"box": [0, 0, 100, 100], **layer}]
    made["scenes"], made["overlays"], made["audio"] = made["scenes"][:1], [], []
    found = [fault for fault in validate(made, {})[1] if fault.code == "glyph_missing"]
    assert [fault.pointer for fault in found] == [f"/scenes/0/layers/0/{pointer}"]
    assert "ᚠ (RUNIC LETTER FEHU FEOH FE F, U+16A0)" in found[0].message


@pytest.mark.parametrize(
    "words",
    ["".join(chr(0x11F00 + i % 3) for i in range(2000)), "\u1100" * 2000, "".join(map(chr, range(0x4E00, 0x55D0)))],
    ids=["marks", "letters of Hangul", "rare ideographs"],
)
def test_a_million_unknown_characters_are_refused_quickly(words: str) -> None:
    layers = [{"type": "text", "box": [0, 0, 100, 100], "runs": [{"text": words}]} for _ in range(490)]
    started = time.process_time()
    _, faults = validate({**document(), "scenes": [{"duration": 1, "layers": layers}], "overlays": [], "audio": []}, {})
    assert faults[0].code == "glyph_missing"
    assert time.process_time() - started < 3


def test_a_mark_counts_as_part_of_its_letter_and_not_alone() -> None:
    """Hangul vowels have no glyphs of their own, and are drawn as parts of syllables all the same."""
    assert shipped().missing("\u1112\u1161\u11ab", "Inter") == []
    assert shipped().missing("\u1112\u1161\u11ab \u1161\u1161", "Inter") == ["\u1161"]
