"""What a reader takes for one character: text cut into grapheme clusters (UAX #29), emoji sequences whole.

Pure Python on the interpreter's own character data, so that it serves the API and the engine alike. Conjuncts of the
Indic scripts stay whole (rule GB9c), and so does the Arabic ligature of lam and alef, which is one shape.
"""

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import Final

EMOJI_STYLE, TEXT_STYLE = "\ufe0f", "\ufe0e"
_ZWJ, _KEYCAP = "\u200d", "\u20e3"

_EMOJI_IN_BMP: Final = (
    "231a-231b,23e9-23ec,23f0,23f3,25fd-25fe,2614-2615,2648-2653,267f,2693,26a1,26aa-26ab,26bd-26be,26c4-26c5,26ce,"
    "26d4,26ea,26f2-26f3,26f5,26fa,26fd,2705,270a-270b,2728,274c,274e,2753-2755,2757,2795-2797,27b0,27bf,2b1b-2b1c,"
    "2b50,2b55"
)
"""Emoji_Presentation of Unicode 15 in the first plane: shown as a picture unless U+FE0E follows."""
_PICTOGRAPHS: Final = (
    "a9,ae,203c,2049,2122,2139,2194-2199,21a9-21aa,231a-231b,2328,2388,23cf,23e9-23f3,23f8-23fa,24c2,25aa-25ab,25b6,"
    "25c0,25fb-25fe,2600-2605,2607-2612,2614-2685,2690-2705,2708-2712,2714,2716,271d,2721,2728,2733-2734,2744,2747,"
    "274c,274e,2753-2755,2757,2763-2767,2795-2797,27a1,27b0,27bf,2934-2935,2b05-2b07,2b1b-2b1c,2b50,2b55,3030,303d,"
    "3297,3299,1f000-1f0ff,1f10d-1f10f,1f12f,1f16c-1f171,1f17e-1f17f,1f18e,1f191-1f19a,1f1ad-1f1e5,1f201-1f20f,1f21a,"
    "1f22f,1f232-1f23a,1f23c-1f23f,1f249-1f3fa,1f400-1f53d,1f546-1f64f,1f680-1f6ff,1f774-1f77f,1f7d5-1f7ff,"
    "1f80c-1f80f,1f848-1f84f,1f85a-1f85f,1f888-1f88f,1f8ae-1f8ff,1f90c-1f93a,1f93c-1f945,1f947-1faff,1fc00-1fffd"
)
"""Extended_Pictographic of Unicode 15."""
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Format characters with a shape of their own, drawn around or before what follows."""
_LINKERS: Final = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
"""Viramas that join consonants to conjuncts."""
_TRAILING: Final = frozenset("\u0e33\u0eb3\u200c\uff9e\uff9f")
"""No marks by category, but parts of what comes before: Sara Am, the non-joiner, halfwidth voicing marks."""
_LAM, _ALEFS = "\u0644", frozenset("\u0622\u0623\u0625\u0627\u0671")


class Ranges:
    """A set of code points, from inclusive ranges in hex: `41-5a,e9`."""

    def __init__(self, text: str) -> None:
        pairs = [part.partition("-") for part in text.split(",")]
        self._starts = [int(start, 16) for start, _, _ in pairs]
        self._ends = [int(end or start, 16) for start, _, end in pairs]

    def __contains__(self, code: int) -> bool:
        index = bisect_right(self._starts, code) - 1
        return index >= 0 and code <= self._ends[index]


_BMP_EMOJI: Final = Ranges(_EMOJI_IN_BMP)
_PICTOGRAPHIC: Final = Ranges(_PICTOGRAPHS)


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def extends(character: str) -> bool:
    """Whether a character belongs to the one before it: marks, joiners, selectors, skin tones, tags."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in _TRAILING
        or character == _ZWJ
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def invisible(character: str) -> bool:
    """Whether a character needs no glyph: controls, joiners, direction marks, selectors, and spaces other than U+1680.

    HarfBuzz makes up the widths of spaces that a font lacks.
    """
    if character in _PREPENDED or character == "\u1680":
        return False
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F
    return selector or code == 0x34F or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def is_emoji(cluster: str) -> bool:
    """Whether a cluster is to be drawn as a colour picture."""
    first = cluster[0]
    if TEXT_STYLE in cluster:
        return False
    if first in "0123456789#*":
        return _KEYCAP in cluster
    if EMOJI_STYLE in cluster:
        return ord(first) in _PICTOGRAPHIC or _is_flag_letter(first)
    if ord(first) < 0x1F000:
        return ord(first) in _BMP_EMOJI or (len(cluster) > 1 and ord(first) in _PICTOGRAPHIC and not cluster.isalpha())
    return _is_flag_letter(first) or ord(first) in _PICTOGRAPHIC or "\U0001f3fb" <= first <= "\U0001f3ff"


def _hangul(character: str) -> str:
    """L, V, T, LV or LVT of a Korean letter; empty for all else."""
    code = ord(character)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return ""


def _joins(cluster: str, character: str) -> bool:  # noqa: PLR0911  one rule of UAX #29 each
    """Whether `character` goes on with a cluster."""
    last = cluster[-1]
    if last == "\r":
        return character == "\n"
    if unicodedata.category(last) in ("Cc", "Zl", "Zp") or unicodedata.category(character) in ("Cc", "Zl", "Zp"):
        return False
    if extends(character) or last in _PREPENDED:
        return True
    if last == _ZWJ and ord(character) in _PICTOGRAPHIC:
        return ord(cluster[0]) in _PICTOGRAPHIC
    if _is_flag_letter(character):
        return len(cluster) == 1 and _is_flag_letter(last)
    if character in _ALEFS:
        return cluster.rstrip("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652")[-1:] == _LAM
    if unicodedata.category(character) == "Lo":
        before, after = _hangul(last), _hangul(character)
        if before and after:
            return (
                after in {"L": ("L", "V", "LV", "LVT"), "V": ("V", "T"), "LV": ("V", "T"), "T": "T", "LVT": "T"}[before]
            )
        tail = cluster.rstrip(_ZWJ)
        return tail[-1] in _LINKERS and ord(tail[-1]) >> 7 == ord(character) >> 7
    return False


@lru_cache(maxsize=64)
def clusters(text: str) -> tuple[str, ...]:
    """The grapheme clusters of a text, in order; together they are the text."""
    if text.isascii() and "\r" not in text:
        return tuple(text)
    found: list[str] = []
    for character in text:
        if found and _joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)
