"""Writes `fonts.json` of the fonts folder and the table that validation uses, from the font files themselves.

Run `python -m flatrender.engine.fonts_manifest` after a font file has come or gone.
"""

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import skia

import flatrender.composition.fonts

_ROLES: Final[dict[str, tuple[list[str], list[str], str]]] = {
    "Inter": (["body", "caption"], ["Latin", "Greek", "Cyrillic"], "Inter-OFL.txt"),
    "Outfit": (["display", "heading"], ["Latin"], "Outfit-OFL.txt"),
    "Fraunces": (["quote", "heading"], ["Latin"], "Fraunces-OFL.txt"),
    "Vazirmatn": (["body", "heading", "display"], ["Arabic", "Latin"], "Vazirmatn-OFL.txt"),
    "Noto Emoji": (["emoji"], ["Emoji"], "NotoEmoji-OFL.txt"),
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
_LAST_CHARACTER: Final = 0x1FFFF


def _characters(path: Path) -> set[int]:
    typeface = skia.Typeface.MakeFromFile(str(path))
    every = list(range(0x20, _LAST_CHARACTER + 1))
    glyphs = typeface.unicharsToGlyphs(every)
    return {character for character, glyph in zip(every, glyphs, strict=True) if glyph}


def _ranges(characters: set[int]) -> str:
    ordered = sorted(characters)
    starts = [ordered[0], *(b for a, b in pairwise(ordered) if b != a + 1)]
    ends = [*(a for a, b in pairwise(ordered) if b != a + 1), ordered[-1]]
    return ",".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in zip(starts, ends, strict=True))


def build(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest of a fonts folder, and the table of families with the characters that all faces of each have."""
    fonts: list[dict[str, Any]] = []
    families: dict[str, dict[str, Any]] = {}
    for name, (roles, scripts, licence) in _ROLES.items():
        faces, common = [], None
        for path in sorted(folder.glob(f"{name.replace(' ', '')}-*.ttf")):
            face = path.stem.partition("-")[2]
            style = "italic" if face == "Italic" else "normal"
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            faces.append({"file": path.name, "weight": _WEIGHTS[face], "style": style, "sha256": sha256})
            own = _characters(path)
            common = own if common is None else common & own
        families[name] = {"faces": faces, "characters": _ranges(common or set())}
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
