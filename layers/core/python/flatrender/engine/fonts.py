"""The fonts that ship with the product, as skia sees them. No font of the machine is ever used."""

import json
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import skia

from flatrender.composition.fonts import FALLBACK

_LAYER_DIR: Final = Path("/opt/fonts")


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
