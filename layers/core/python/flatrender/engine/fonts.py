"""The fonts that ship with the product, as skia sees them. No font of the machine is ever used."""

import json
import os
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import skia

from flatrender.composition.fonts import FALLBACK, choose
from flatrender.composition.graphemes import clusters

_LAYER_DIR: Final = Path("/opt/fonts")

_CJK: Final = "Noto Sans CJK"
_OPENING: Final = frozenset("\u201c\u2018")
_SHARED: Final = _OPENING | frozenset("\u201d\u2019\u2026\u2014\u00b7")
_REMEMBERED: Final = 20_000
"""Clusters whose family is remembered, and characters that a family has; a hostile text asks for many."""


class FontMissing(Exception):
    """A font that a composition names, or that the manifest promises, is not there."""


def default_dir() -> Path:
    """Where fonts lie: `FONTS_DIR`, else the fonts layer of a function, else the repository's `layers/fonts`.

    Raises FontMissing when there is none.
    """
    named = os.environ.get("FONTS_DIR")
    places = [Path(named)] if named else [_LAYER_DIR, Path(__file__).resolve().parents[4] / "fonts"]
    for place in places:
        if (place / "fonts.json").is_file():
            return place
    raise FontMissing(f"There is no fonts.json in {' or '.join(str(place) for place in places)}; set FONTS_DIR.")


class FontLibrary:
    """The typefaces of one fonts folder. `collection` is what skia's paragraphs take their fonts from."""

    def __init__(self, folder: Path) -> None:
        manifest = json.loads((folder / "fonts.json").read_text("utf-8"))
        self._folder = folder
        self._faces: dict[str, list[skia.Typeface]] = {}
        self._glyphs: dict[tuple[str, int], bool] = {}
        self._weights: dict[tuple[str, int, bool], int] = {}
        self._chosen: dict[tuple[str, str], str] = {}
        self.provider = skia.textlayout.TypefaceFontProvider()
        self.families: set[str] = set()
        for font in manifest["fonts"]:
            path = folder / font["file"]
            typeface = skia.Typeface.MakeFromFile(str(path)) if path.is_file() else None
            if typeface is None:
                raise FontMissing(
                    f"The font file {font['file']} of the family {font['family']} is missing or unreadable."
                )
            self.provider.registerTypeface(typeface, font["family"])
            self.families.add(font["family"])
            self._faces.setdefault(font["family"], []).append(typeface)
        self.collection = skia.textlayout.FontCollection()
        self.collection.setDefaultFontManager(self.provider)
        self.unicode = skia.Unicodes.ICU.Make()

    def chain(self, family: str) -> Sequence[str]:
        """The family, then what is tried for glyphs that it lacks. Raises FontMissing for a family that is not
        shipped.
        """
        if family not in self.families:
            raise FontMissing(
                f"The font family {family!r} is not shipped; there are {', '.join(sorted(self.families))}."
            )
        return [family, *(name for name in FALLBACK if name != family and name in self.families)]

    def covers(self, family: str, code: int) -> bool:
        """Whether every face of a family has a glyph for a code point."""
        known = self._glyphs.get((family, code))
        if known is None:
            if len(self._glyphs) >= _REMEMBERED:
                self._glyphs.clear()
            known = family in self._faces and all(face.unicharToGlyph(code) for face in self._faces[family])
            self._glyphs[family, code] = known
        return known

    def assign(self, text: str, family: str) -> list[tuple[str, str]]:
        """The grapheme clusters of `text`, each with the family that draws it when the text is set in `family`."""
        found: list[tuple[str, str]] = []
        for cluster in clusters(text):
            name = self._chosen.get((cluster, family))
            if name is None:
                if len(self._chosen) >= _REMEMBERED:
                    self._chosen.clear()
                name = self._chosen[cluster, family] = choose(cluster, family, self.covers) or family
            found.append((cluster, name))
        for index, (cluster, name) in enumerate(found):
            # Quotes and dashes that Chinese and Latin share are as wide as the Chinese beside them.
            if cluster in _SHARED and name != _CJK:
                beside = found[max(0, index - 1) : index] or found[index + 1 : index + 2]
                after = found[index + 1 : index + 2]
                near = after if cluster in _OPENING and after else beside
                if near and near[0][1] == _CJK and near[0][0] not in _SHARED:
                    found[index] = (cluster, _CJK)
        return found

    @cached_property
    def thai_words(self) -> frozenset[str]:
        """The dictionary by which Thai, which has no spaces between words, is broken into lines."""
        path = self._folder / "thai-words.txt"
        if not path.is_file():
            raise FontMissing(f"{path.name} is missing in {self._folder.name}; lines of Thai are broken with it.")
        lines = path.read_text("utf-8").splitlines()
        return frozenset(line.strip() for line in lines if line and not line.startswith("#"))

    def weight(self, family: str, wanted: int, italic: bool) -> int:
        """The weight of the face that is nearest to the wanted one. Asked for more, skia would smear that face."""
        slant = skia.FontStyle.kItalic_Slant if italic else skia.FontStyle.kUpright_Slant
        style = skia.FontStyle(wanted, skia.FontStyle.kNormal_Width, slant)
        key = (family, wanted, italic)
        if key not in self._weights:
            self._weights[key] = int(self.provider.matchFamilyStyle(family, style).fontStyle().weight())
        return self._weights[key]

    def metrics(self, family: str, weight: int, italic: bool) -> tuple[float, float]:
        """Ascent and descent of a face, as fractions of its size."""
        slant = skia.FontStyle.kItalic_Slant if italic else skia.FontStyle.kUpright_Slant
        style = skia.FontStyle(weight, skia.FontStyle.kNormal_Width, slant)
        metrics = skia.Font(self.provider.matchFamilyStyle(family, style), 1000).getMetrics()
        return -metrics.fAscent / 1000, metrics.fDescent / 1000


@lru_cache(maxsize=4)
def library(folder: Path) -> FontLibrary:
    """The library of a folder, loaded once per process."""
    return FontLibrary(folder)
