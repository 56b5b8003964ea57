"""A second opinion on text: HarfBuzz shapes it with the same font file, and its glyphs are drawn one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import skia
import uharfbuzz as hb

from flatrender.engine.fonts import default_dir, library
from flatrender.engine.paints import Fill, Palette
from flatrender.engine.surface import Canvas
from flatrender.engine.text import Character, RunStyle, TextBlock, TextOptions, Unit

SIZE = 100.0
WIDTH, HEIGHT = 2600, 260

type Alpha = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A stretch of one script: what HarfBuzz is told about it, and the file of the font that must draw it."""

    text: str
    file: str
    script: str
    rtl: bool = False
    language: str = "en"


def block(text: str, family: str, language: str = "", spacing: float = 0.0) -> TextBlock:
    """One line at SIZE, at the left edge."""
    fonts = library(default_dir())
    fill = Fill("#ffffff", Palette({}))
    style = RunStyle(tuple(fonts.chain(family)), SIZE, 400, False, False, fill, spacing, language)
    options = TextOptions(WIDTH, HEIGHT, 1.5, "left", "top", "auto", 1, 1.0, False)
    return TextBlock([text], [style], options, fonts)


def drawn(made: TextBlock, unit: Unit | Character | None = None) -> Alpha:
    """Coverage of the engine's drawing, or of one unit of it, in 0…1."""
    canvas = Canvas(WIDTH, HEIGHT)
    made.draw(canvas.skia, 0.0, None, unit)
    return _coverage(canvas)


def _coverage(canvas: Canvas) -> Alpha:
    return canvas.pixels[:, :, 3].astype(np.float64) / 255


@cache
def _face(file: str) -> tuple[hb.Font, int]:
    face = hb.Face(hb.Blob.from_file_path(str(default_dir() / file)))
    return hb.Font(face), face.upem


def shape(part: Part) -> list[tuple[int, float, float, float]]:
    """The glyphs from left to right: (glyph, x offset, y offset, advance) in pixels at SIZE."""
    font, upem = _face(part.file)
    buffer = hb.Buffer()
    buffer.add_str(part.text)
    buffer.direction, buffer.script, buffer.language = "rtl" if part.rtl else "ltr", part.script, part.language
    hb.shape(font, buffer)
    scale = SIZE / upem
    pairs = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    return [(i.codepoint, p.x_offset * scale, p.y_offset * scale, p.x_advance * scale) for i, p in pairs]


def advance(parts: Sequence[Part]) -> float:
    return sum(glyph[3] for part in parts for glyph in shape(part))


def reference(parts: Sequence[Part], baseline: float) -> Alpha:
    """Coverage of the glyphs that HarfBuzz chose, where it puts them; `parts` from left to right."""
    canvas = Canvas(WIDTH, HEIGHT)
    paint = skia.Paint(Color=skia.ColorWHITE, AntiAlias=True)
    x = 0.0
    for part in parts:
        font = skia.Font(skia.Typeface.MakeFromFile(str(default_dir() / part.file)), SIZE)
        font.setEdging(skia.Font.Edging.kAntiAlias)
        font.setSubpixel(True)
        font.setHinting(skia.FontHinting.kSlight)
        places, glyphs = [], []
        for glyph, dx, dy, step in shape(part):
            glyphs.append(glyph)
            places.append(skia.Point(x + dx, baseline - dy))
            x += step
        builder = skia.TextBlobBuilder()
        builder.allocRunPos(font, glyphs, places)
        canvas.skia.drawTextBlob(builder.make(), 0, 0, paint)
    return _coverage(canvas)
