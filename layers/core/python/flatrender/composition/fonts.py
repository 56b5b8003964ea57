"""The fonts that ship with the product, as a light table: families, faces, hashes, and which characters each family
has.

The table `fonts.json` beside this module is generated from `layers/fonts` by `python -m
flatrender.engine.fonts_manifest`.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FALLBACK: Final = ("Inter", "Vazirmatn", "Noto Emoji")
"""Tried in this order for a character that the named family lacks."""

DEFAULT_FAMILY: Final = "Inter"
"""What text is set in when neither layer nor theme names a font."""

_INVISIBLE: Final = frozenset(
    [
        *range(0x20),
        0x7F,
        0xAD,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
    ]
)
"""Characters without a picture of their own: controls, joiners, direction marks, variation selectors."""


@dataclass(frozen=True)
class Face:
    file: str
    weight: int
    style: str
    sha256: str


@dataclass(frozen=True)
class Family:
    """`starts` and `ends` are the inclusive ranges of characters that every face of the family has."""

    name: str
    faces: tuple[Face, ...]
    starts: Sequence[int]
    ends: Sequence[int]

    def covers(self, character: int) -> bool:
        index = bisect_right(self.starts, character) - 1
        return index >= 0 and character <= self.ends[index]


class FontTable:
    """The shipped families by name."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = {family.name: family for family in families}

    def missing(self, text: str, family: str) -> list[str]:
        """The characters of `text` that neither the family nor a fallback can draw, each once, in order."""
        chain = [self.families[name] for name in (family, *FALLBACK) if name in self.families]
        wanted = dict.fromkeys(text)
        return [c for c in wanted if ord(c) not in _INVISIBLE and not any(font.covers(ord(c)) for font in chain)]

    def hashes(self, families: Iterable[str]) -> list[str]:
        """The sorted content hashes of every face of these families and of the fallbacks: what text drawn with them
        depends on.
        """
        names = {*families, *FALLBACK} & self.families.keys()
        return sorted(face.sha256 for name in names for face in self.families[name].faces)


@lru_cache(maxsize=1)
def shipped() -> FontTable:
    """The fonts of this release."""
    table = json.loads(Path(__file__).with_name("fonts.json").read_text("utf-8"))
    families = []
    for name, entry in table["families"].items():
        ranges = [tuple(int(end, 16) for end in part.split("-")) for part in entry["characters"].split(",")]
        faces = tuple(Face(**face) for face in entry["faces"])
        families.append(Family(name, faces, [part[0] for part in ranges], [part[-1] for part in ranges]))
    return FontTable(families)
