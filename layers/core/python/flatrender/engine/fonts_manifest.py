"""Writes `fonts.json` of the fonts folder and the table that validation uses, from the font files themselves.

Run `python -m flatrender.engine.fonts_manifest` after a font file has come or gone.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import skia

import flatrender.composition.fonts

_ROLES: Final[dict[str, tuple[list[str], list[str], str]]] = {
    "Inter": (["body", "caption"], ["Latin", "Greek", "Cyrillic"], "Inter-OFL.txt"),
    "Outfit": (["display", "heading"], ["Latin"], "Outfit-OFL.txt"),
    "Fraunces": (["quote", "heading"], ["Latin"], "Fraunces-OFL.txt"),
    "Vazirmatn": (["body", "heading", "display"], ["Arabic", "Latin"], "Vazirmatn-OFL.txt"),
    "Noto Sans Hebrew": (["body", "heading"], ["Hebrew"], "NotoSans-OFL.txt"),
    "Noto Sans Devanagari": (["body", "heading"], ["Devanagari"], "NotoSans-OFL.txt"),
    "Noto Sans Thai": (["body", "heading"], ["Thai"], "NotoSans-OFL.txt"),
    "Noto Sans CJK": (["body", "heading"], ["Han", "Hiragana", "Katakana", "Hangul"], "NotoSansCJK-OFL.txt"),
    "Noto Emoji": (["emoji"], ["Emoji"], "NotoEmoji-OFL.txt"),
    "Noto Color Emoji": (["emoji"], ["Emoji"], "NotoColorEmoji-OFL.txt"),
    "Anton": (["display"], ["Latin"], "Anton-OFL.txt"),
    "Bebas Neue": (["display"], ["Latin"], "BebasNeue-OFL.txt"),
    "Caveat": (["hand"], ["Latin", "Cyrillic"], "Caveat-OFL.txt"),
    "JetBrains Mono": (["mono"], ["Latin", "Greek", "Cyrillic"], "JetBrainsMono-OFL.txt"),
}
_WEIGHTS: Final = {
    "Light": 300,
    "Regular": 400,
    "Italic": 400,
    "Medium": 500,
    "SemiBold": 600,
    "Bold": 700,
    "ExtraBold": 800,
    "Black": 900,
}
_LAST_CHARACTER: Final = 0xE007F


def _characters(path: Path) -> set[int]:
    typeface = skia.Typeface.MakeFromFile(str(path))
    every = list(range(0x20, _LAST_CHARACTER + 1))
    glyphs = typeface.unicharsToGlyphs(every)
    return {character for character, glyph in zip(every, glyphs, strict=True) if glyph}


def _pages(characters: set[int]) -> dict[str, str]:
    """Pages of 256 characters, each a number in hex whose bits say which are there: an eighth of the size of a list."""
    pages: dict[int, int] = {}
    for character in characters:
        pages[character >> 8] = pages.get(character >> 8, 0) | 1 << (character & 0xFF)
    return {f"{page:x}": f"{bits:x}" for page, bits in sorted(pages.items())}


def build(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest of a fonts folder, and the table of families with the characters that all faces of each have."""
    fonts: list[dict[str, Any]] = []
    families: dict[str, dict[str, Any]] = {}
    for name, (roles, scripts, licence) in _ROLES.items():
        faces, common = [], None
        for path in sorted(folder.glob(f"{name.replace(' ', '')}-*.[to]tf")):
            face = path.stem.partition("-")[2]
            style = "italic" if face == "Italic" else "normal"
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            faces.append({"file": path.name, "weight": _WEIGHTS[face], "style": style, "sha256": sha256})
            own = _characters(path)
            common = own if common is None else common & own
        families[name] = {"faces": faces, "characters": _pages(common or set())}
        fonts += [{"family": name, **face, "licence": licence, "roles": roles, "scripts": scripts} for face in faces]
    return {"fonts": fonts}, {"families": families}


def main() -> None:
    folder = Path(flatrender.composition.fonts.__file__).resolve().parents[4] / "fonts"
    manifest, table = build(folder)
    (folder / "fonts.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    Path(flatrender.composition.fonts.__file__).with_suffix(".json").write_text(
        json.dumps(table, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
