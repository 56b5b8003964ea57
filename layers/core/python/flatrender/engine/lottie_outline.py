"""Outlines of text for Lotties: shaped, wrapped and fitted like all text, then taken as paths."""

import re
from typing import Final

import skia

from flatrender.composition.layers_text import TextStyle
from flatrender.engine.layers_base import Kit
from flatrender.engine.layers_vector import run_style
from flatrender.engine.lottie_text import Outline, TextSpec, unwritable
from flatrender.engine.text import TextBlock, TextOptions

_PATH: Final = re.compile(r'<path[^>]*? d="([^"]*)"')
_MOVE: Final = re.compile(r"([MLQC])?(-?[\d.]+(?:e-?\d+)?)[ ,]+(-?[\d.]+(?:e-?\d+)?)")
_WIDE: Final = 100_000.0
_SMALLEST: Final = 0.3
"""How far text in a box shrinks before it is cut."""
_UNIT: Final = 100.0
"""Texts are outlined at this size, and scaled: fonts of a few units would be rounded to a grid."""


def outliner(font: str, kit: Kit) -> Outline:
    """Outlines in a family or theme role."""

    def outline(spec: TextSpec) -> str:
        factor = spec.size / _UNIT
        style = run_style(None, TextStyle(font=font, size=_UNIT, weight=spec.weight, italic=spec.italic), kit)
        style = type(style)(**{**vars(style), "spacing": spec.tracking / factor})
        leading = spec.line_height / spec.size
        width, height = (spec.box[2] / factor, spec.box[3] / factor) if spec.box else (_WIDE, _WIDE)
        options = TextOptions(
            width=width,
            height=height,
            line_height=leading,
            align=spec.align if spec.box or spec.align != "justify" else "left",
            vertical="top",
            direction="auto",
            max_lines=None,
            smallest=_SMALLEST if spec.box else 1.0,
            balance=False,
        )
        block = TextBlock([spec.text], [style], options, kit.fonts)
        if spec.box:
            x, y = spec.box[:2]
        else:
            ascent, descent = kit.fonts.metrics(style.families[0], style.weight, style.italic)
            x = {"center": -_WIDE / 2, "right": -_WIDE}.get(spec.align, 0.0) * factor
            y = -((leading - ascent - descent) / 2 + ascent) * spec.size
        return _paths(block, spec.text, (x, y, factor))

    return outline


def _paths(block: TextBlock, text: str, place: tuple[float, float, float]) -> str:
    """The path data of a text, scaled by the third number of `place` and moved by the first two."""
    stream = skia.DynamicMemoryWStream()
    flags = skia.SVGCanvas.kConvertTextToPaths_Flag | skia.SVGCanvas.kNoPrettyXML_Flag
    canvas = skia.SVGCanvas.Make(skia.Rect.MakeWH(_WIDE, _WIDE), stream, flags)
    block.draw(canvas, 0.0)
    del canvas  # what it holds back is written when it goes
    written = bytes(stream.detachAsData()).decode()
    if "<image" in written or "<text" in written:
        unwritable(text)
    x, y, factor = place

    def moved(match: re.Match[str]) -> str:
        return f"{match[1] or ' '}{float(match[2]) * factor + x:.4f} {float(match[3]) * factor + y:.4f}"

    return "".join(_MOVE.sub(moved, data) for data in _PATH.findall(written))
