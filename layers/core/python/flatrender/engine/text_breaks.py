"""Where a line may end: at spaces, after hyphens, between ideographs, and between Thai words.

A small part of UAX #14, with the Japanese and Chinese rules of what may not begin or end a line (kinsoku). Korean is
broken at its spaces only. Thai has no spaces; its words are found in a dictionary.
"""
# ruff: noqa: RUF001  fullwidth and curly punctuation is what this is about

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from itertools import pairwise
from typing import Final

from flatrender.composition.graphemes import clusters, is_emoji

_NO_START: Final = frozenset(
    "、。，．・：；？！ヽヾゝゞ々ー〜）］｝〉》」』】〕〗〙〟ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ…‥％‰℃"
    ",.:;!?)]}%»”’"
)
"""May not begin a line next to an ideograph."""
_NO_END: Final = frozenset("（［｛〈《「『【〔〖〘〝([{«“‘￥＄$£€#")
"""May not end a line next to an ideograph."""
_IDEOGRAPHS: Final = re.compile(
    "[\u2e80-\u2fdf\u3000-\u303f\u3040-\u30ff\u3105-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]"
)
_HYPHENS: Final = "-\u2010\u2013\u2014"
_GLUE: Final = frozenset("\u00a0\u202f\u2007\u2060\ufeff")
"""Forbids a break on either side."""
_SPACES: Final = " \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000"
_TOKENS: Final = re.compile(
    rf"\n|[{_SPACES}]+|[\u0e01-\u0e5b\u200c\u200d]*[\u0e01-\u0e5b]|[^{_SPACES}\n\u0e01-\u0e5b]+"
)
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb]")
_NEWLINES: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LONGEST_WORD: Final = 30
_THAI_LEADING: Final = frozenset("เแโใไ")
"""Vowels written before their consonant."""
_THAI_TRAILING: Final = frozenset("ะาำๅ")
"""Vowels written after it."""
_THAI_SIGNS: Final = frozenset("ๆฯ")
"""Repetition and abbreviation, which belong to the word before."""
_WINDOW: Final = 400
"""Characters that are looked at together; a phrase without any space is hardly ever as long."""
_UNKNOWN: Final = 4
"""What a Thai cluster that no word covers costs, against 1 for a word."""


def plain(text: str) -> str:
    """The text with one kind of line break, tabs as spaces, and without control characters."""
    return _CONTROLS.sub("", _NEWLINES.sub("\n", text).replace("\t", " "))


def is_space(token: str) -> bool:
    return bool(token) and token[0] in _SPACES


def tokens(text: str, thai: Callable[[], Collection[str]]) -> list[str]:
    """What no line break may divide, spaces and newlines included; together it is `text` (which must be `plain`).

    `thai` gives the words of Thai; it is asked only when there is some.
    """
    found: list[str] = []
    for match in _TOKENS.finditer(text):
        part = match.group()
        if part == "\n" or is_space(part):
            found.append(part)
            continue
        is_thai = _is_thai(part[0])
        words = _thai(part, thai()) if is_thai else _words(part)
        last = found[-1][-1] if found else "\n"
        if last in _GLUE or (is_thai and last in _NO_END) or (_is_thai(last) and words[0][0] in _GLUE | _NO_START):
            words[0] = found.pop() + words[0]
        found += words
    return found


def _is_thai(character: str) -> bool:
    return "\u0e01" <= character <= "\u0e5b"


def _words(token: str) -> list[str]:
    if token.isascii() and "-" not in token:
        return [token]
    parts = clusters(token)
    words = [parts[0]]
    for before, after in pairwise(parts):
        if _may_break(before, after, words[-1]):
            words.append(after)
        else:
            words[-1] += after
    return words


def _may_break(before: str, after: str, word: str) -> bool:
    if before[-1] == "\u200b":
        return True
    if before[-1] in _GLUE or after[0] in _GLUE or after[0] == "\u200b":
        return False
    if before[0] in _HYPHENS:
        return after.isalpha() and word.strip(_HYPHENS) != ""
    if _IDEOGRAPHS.match(before) or _IDEOGRAPHS.match(after):
        return after[0] not in _NO_START and before[0] not in _NO_END
    return is_emoji(before) and is_emoji(after)


def _thai(phrase: str, words: Collection[str]) -> list[str]:
    """Thai cut into words: the cover with the fewest words and the fewest unknown clusters."""
    found: list[str] = []
    for start in range(0, len(phrase), _WINDOW):
        found += _thai_words(phrase[start : start + _WINDOW], frozenset(words))
    joined: list[str] = []
    for word in found:
        if joined and (word[0] in _THAI_TRAILING | _THAI_SIGNS or joined[-1][-1] in _THAI_LEADING):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


@lru_cache(maxsize=256)
def _thai_words(phrase: str, words: frozenset[str]) -> tuple[str, ...]:
    edges = [0]
    for part in _thai_clusters(phrase):
        edges.append(edges[-1] + len(part))
    inner = set(edges)
    best: dict[int, tuple[int, int, bool]] = {0: (0, 0, True)}
    for position, start in enumerate(edges[:-1]):
        cost = best[start][0]
        nearest = edges[position + 1]
        steps = [(nearest, _UNKNOWN, False)]
        limit = min(len(phrase), start + _LONGEST_WORD)
        steps += [(end, 1, True) for end in range(start + 1, limit + 1) if end in inner and phrase[start:end] in words]
        for end, price, known in steps:
            if end not in best or cost + price < best[end][0]:
                best[end] = (cost + price, start, known)
    found: list[tuple[str, bool]] = []
    end = len(phrase)
    while end:
        _, start, known = best[end]
        found.append((phrase[start:end], known))
        end = start
    merged: list[tuple[str, bool]] = []
    for word, known in reversed(found):
        if merged and not known and not merged[-1][1]:
            merged[-1] = (merged[-1][0] + word, False)
        else:
            merged.append((word, known))
    return tuple(word for word, _ in merged)


def _thai_clusters(phrase: str) -> list[str]:
    """Clusters that no reader would divide: leading vowels with their consonant, trailing ones with theirs."""
    parts: list[str] = []
    for part in clusters(phrase):
        if parts and (parts[-1][-1] in _THAI_LEADING or part[0] in _THAI_TRAILING):
            parts[-1] += part
        else:
            parts.append(part)
    return parts
