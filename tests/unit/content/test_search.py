"""Words are found however they are typed."""

import pytest

from flatrender.content import search

KEHEH, YEH = "\u06a9", "\u06cc"
ARABIC_KAF, ARABIC_YEH = "\u0643", "\u064a"
ZWNJ = "\u200c"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Café RÉSUMÉ", ["cafe", "resume"]),
        ("Straße", ["strasse"]),
        ("photo-promo_16:9", ["photo", "promo", "16", "9"]),
        (f"تبری{ARABIC_KAF}", [f"تبری{KEHEH}"]),
        (f"عال{ARABIC_YEH}", [f"عال{YEH}"]),
        ("آغاز", ["اغاز"]),
        ("نـــوروز", ["نوروز"]),
        ("سَلام", ["سلام"]),
        ("۱۴۰۴ ٢٠٢٦", ["1404", "2026"]),
        (f"می{ZWNJ}خواهم", ["می", "خواهم"]),
        ("dog dog DOG", ["dog"]),
        ("!!! — …", []),
    ],
)
def test_words_are_normalised(typed: str, found: list[str]) -> None:
    assert search.words(typed) == found


def test_a_joined_word_is_found_by_its_parts_and_in_one_piece() -> None:
    assert search.index_words([f"می{ZWNJ}خواهم"], 10) == ["می", "خواهم", "میخواهم"]


def test_the_first_texts_win_when_there_is_no_room() -> None:
    assert search.index_words(["Promo video", "a promo for shops"], 3) == ["promo", "video", "a"]


def test_words_end_at_the_length_that_is_indexed() -> None:
    assert search.words("x" * 100) == ["x" * search.MAX_WORD]


def test_a_tag_is_compared_without_case_and_punctuation() -> None:
    assert search.tag(" Real-Estate ") == search.tag("real estate") == "real estate"
