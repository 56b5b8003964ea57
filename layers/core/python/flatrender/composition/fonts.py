"""The fonts that ship with the product, as a light table: families, faces, hashes, and which characters each family
has.

The table `fonts.json` beside this module is generated from `layers/fonts` by `python -m
flatrender.engine.fonts_manifest`. What a text is drawn with is decided here, per grapheme cluster, for the check of a
document and for the engine alike.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from flatrender.composition.graphemes import invisible, is_emoji

FALLBACK: Final = (
    "Inter",
    "Vazirmatn",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans CJK",
    "Noto Emoji",
    "Noto Color Emoji",
)
"""Tried in this order for a character that the named family lacks."""

EMOJI_FAMILY: Final = "Noto Color Emoji"
"""Tried first for what is to be shown as an emoji, unless the text is set in a family of emoji itself."""

DEFAULT_FAMILY: Final = "Inter"
"""What text is set in when neither layer nor theme names a font."""

_REMEMBERED: Final = 50_000
"""Characters of which a chain of families remembers whether it has them."""

type Covers = Callable[[str, int], bool]
"""Whether a family has a glyph for a code point."""


@dataclass(frozen=True)
class Face:
    file: str
    weight: int
    style: str
    sha256: str


@dataclass(frozen=True)
class Family:
    """`pages` are the characters that every face of the family has: bit n of page p is the character p x 256 + n."""

    name: str
    faces: tuple[Face, ...]
    pages: Mapping[int, int]

    def covers(self, character: int) -> bool:
        return bool(self.pages.get(character >> 8, 0) >> (character & 0xFF) & 1)


def order(cluster: str, family: str) -> tuple[str, ...]:
    """The families to try for a cluster of text that is set in `family`, best first."""
    rest = tuple(name for name in FALLBACK if name != family)
    if is_emoji(cluster) and family != "Noto Emoji":
        return (EMOJI_FAMILY, *(name for name in (family, *rest) if name != EMOJI_FAMILY))
    return (family, *rest)


def choose(cluster: str, family: str, covers: Covers) -> str | None:
    """The first family with glyphs for a whole cluster; else the first with one for its first character; else None.

    Canonically equivalent forms count as the same, because HarfBuzz composes and decomposes.
    """
    names = order(cluster, family)
    wanted = [c for c in cluster if not invisible(c)]
    if not wanted:
        return family
    forms = dict.fromkeys(["".join(wanted)])
    if not cluster.isascii():
        forms |= dict.fromkeys(unicodedata.normalize(form, "".join(wanted)) for form in ("NFC", "NFD"))
    for name in names:
        if any(all(covers(name, ord(c)) for c in form) for form in forms):
            return name
    return next((name for name in names if covers(name, ord(wanted[0]))), None)


class _Chain:
    """What some families can draw together. Remembers what it was asked, and so is asked for sets at their speed."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._pages: dict[int, int] = {}
        for family in families:
            for page, bits in family.pages.items():
                self._pages[page] = self._pages.get(page, 0) | bits
        self._drawn: set[str] = set()
        self._lacking: set[str] = set()

    def lacks(self, characters: set[str]) -> set[str]:
        """Those that neither they nor their canonical parts can be drawn by."""
        if len(self._drawn) + len(self._lacking) > _REMEMBERED:
            self._drawn.clear()
            self._lacking.clear()
        for character in characters - self._drawn - self._lacking:
            known = self._draws(character) or all(map(self._draws, unicodedata.normalize("NFD", character)))
            (self._drawn if known else self._lacking).add(character)
        return characters & self._lacking

    def _draws(self, character: str) -> bool:
        code = ord(character)
        return bool(self._pages.get(code >> 8, 0) >> (code & 0xFF) & 1) or invisible(character)


class FontTable:
    """The shipped families by name."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = {family.name: family for family in families}
        self._chains: dict[str, _Chain] = {}

    def missing(self, text: str, family: str) -> list[str]:
        """The characters of `text` that neither the family nor a fallback can draw, each once, in order.

        Takes the text as a whole, never cluster by cluster: a hostile document has a million characters.
        """
        family = family if family in self.families else DEFAULT_FAMILY
        if family not in self._chains:
            self._chains[family] = _Chain(self.families[name] for name in {family, *FALLBACK} & self.families.keys())
        chain = self._chains[family]
        lacking = chain.lacks(set(text))
        if not lacking:
            return []
        # HarfBuzz composes: a mark that no font has may be part of a letter that one has.
        still = chain.lacks(set(unicodedata.normalize("NFC", text)))
        parts = still.union(*(unicodedata.normalize("NFD", character) for character in still))
        return [character for character in dict.fromkeys(text) if character in lacking and character in parts]

    def hashes(self, families: Iterable[str]) -> list[str]:
        """The sorted content hashes of every face of these families and of the fallbacks: what text drawn with them
        depends on.
        """
        names = {*families, *FALLBACK} & self.families.keys()
        return sorted(face.sha256 for name in names for face in self.families[name].faces)


def named(characters: Sequence[str]) -> str:
    """Characters as a person can find them: itself, its name and its code point; the first eight of many."""
    shown = [f"{c} ({unicodedata.name(c, 'no assigned character')}, U+{ord(c):04X})" for c in characters[:8]]
    return ", ".join(shown) + (f" and {len(characters) - 8} more" if len(characters) > 8 else "")


@lru_cache(maxsize=1)
def shipped() -> FontTable:
    """The fonts of this release."""
    table = json.loads(Path(__file__).with_name("fonts.json").read_text("utf-8"))
    return FontTable(
        Family(
            name,
            tuple(Face(**face) for face in entry["faces"]),
            {int(page, 16): int(bits, 16) for page, bits in entry["characters"].items()},
        )
        for name, entry in table["families"].items()
    )
