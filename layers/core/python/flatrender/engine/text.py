"""Text as pixels: shaped by skia's paragraphs, line by line, in either direction and in mixed scripts.

Skia's paragraph always takes left-to-right as its base direction. A right-to-left line is therefore wrapped in an
isolate (U+2067 … U+2069) and placed by us. Sizes and places are in canvas units; the canvas' matrix makes pixels of
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import skia

from flatrender.engine.fonts import FontLibrary
from flatrender.engine.paints import Fill
from flatrender.engine.text_layout import Layout, Line, Piece, lay_out, pieces

_RLI, _PDI = "\u2067", "\u2069"
_ENDLESS: Final = 100_000.0
_CLEAR: Final = skia.Color4f(0, 0, 0, 0)

type Bounds = tuple[float, float, float, float]
type Unit = tuple[int, int | None]
"""A line, or a word of a line: (line, first piece of the word)."""


@dataclass(frozen=True)
class RunStyle:
    """How a run looks. `families` is the font and its fallbacks, `spacing` extra pixels between letters."""

    families: tuple[str, ...]
    size: float
    weight: int
    italic: bool
    underline: bool
    fill: Fill
    spacing: float


@dataclass(frozen=True)
class TextOptions:
    width: float
    height: float
    line_height: float
    align: Literal["start", "center", "end", "left", "right", "justify"]
    vertical: Literal["top", "middle", "bottom"]
    direction: Literal["auto", "ltr", "rtl"]
    max_lines: int | None
    smallest: float
    """Smallest factor that fitting may shrink to; 1 for none."""
    balance: bool


@dataclass(frozen=True)
class _Placed:
    line: Line
    left: float
    width: float
    baseline: float
    word_spacing: float


class TextBlock:
    """Laid-out text: `draw` paints all of it or one unit; `block` is the rectangle of its lines, `ink` a safe one
    around it.
    """

    def __init__(
        self, texts: Sequence[str], styles: Sequence[RunStyle], options: TextOptions, fonts: FontLibrary
    ) -> None:
        self._styles, self._options, self._fonts = styles, options, fonts
        self._widths: dict[tuple[str, int], float] = {}
        self.layout: Layout = lay_out(
            pieces(texts, self._measure),
            width=max(1.0, options.width),
            height=max(1.0, options.height),
            line_height=lambda line: self._line_size(line) * options.line_height,
            measure=self._measure,
            max_lines=options.max_lines,
            smallest=options.smallest,
            direction=options.direction,
            balance=options.balance,
        )
        self._lines = self._place()
        self.block = self._block()
        reach = 0.5 * max(style.size for style in styles) * self.layout.factor
        self.ink: Bounds = (self.block[0] - reach, self.block[1] - reach, self.block[2] + reach, self.block[3] + reach)

    def _measure(self, text: str, run: int) -> float:
        known = self._widths.get((text, run))
        if known is None:
            paragraph = self._build([(text, run, True)], False, 1.0, 0.0, None)
            known = self._widths[text, run] = float(paragraph.MaxIntrinsicWidth)
        return known

    def _line_size(self, line: Line) -> float:
        sizes = [self._styles[piece.run].size for piece in line.pieces]
        return max(sizes) if sizes else self._styles[0].size

    def _build(
        self,
        parts: Sequence[tuple[str, int, bool]],
        rtl: bool,
        factor: float,
        word_spacing: float,
        ink: "_Ink | None",
    ) -> skia.textlayout.Paragraph:
        """A one-line paragraph of `(text, run, visible)` parts; `ink` says how it is painted."""
        builder = skia.textlayout.ParagraphBuilder.make(
            skia.textlayout.ParagraphStyle(), self._fonts.collection, self._fonts.unicode
        )
        for position, (text, run, visible) in enumerate(parts):
            style = self._styles[run]
            text_style = skia.textlayout.TextStyle()
            text_style.setFontFamilies(list(style.families))
            text_style.setFontSize(style.size * factor)
            slant = skia.FontStyle.kItalic_Slant if style.italic else skia.FontStyle.kUpright_Slant
            text_style.setFontStyle(skia.FontStyle(style.weight, skia.FontStyle.kNormal_Width, slant))
            text_style.setLetterSpacing(style.spacing * factor)
            text_style.setWordSpacing(word_spacing)
            if ink is not None:
                paint = ink.paint(style) if visible else skia.Paint(_CLEAR)
                text_style.setForegroundPaint(paint)
                if style.underline and visible:
                    text_style.setDecoration(skia.textlayout.TextDecoration.kUnderline)
                    text_style.setDecorationColor(paint.getColor())
            builder.pushStyle(text_style)
            before = _RLI if rtl and position == 0 else ""
            after = _PDI if rtl and position == len(parts) - 1 else ""
            builder.addText(before + text + after)
            builder.pop()
        paragraph = builder.Build()
        paragraph.layout(_ENDLESS)
        return paragraph

    def _parts(self, line: Line, word: int | None = None) -> list[tuple[str, int, bool]]:
        """The line's pieces joined where run and visibility agree; with `word`, only that word is visible."""
        parts: list[tuple[str, int, bool]] = []
        for index, piece in enumerate(line.pieces):
            visible = word is None or _word_of(line.pieces, index) == word
            if parts and parts[-1][1:] == (piece.run, visible):
                parts[-1] = (parts[-1][0] + piece.text, piece.run, visible)
            else:
                parts.append((piece.text, piece.run, visible))
        return parts

    def _place(self) -> list[_Placed]:
        options, factor = self._options, self.layout.factor
        placed: list[_Placed] = []
        heights = [self._line_size(line) * options.line_height * factor for line in self.layout.lines]
        spare = options.height - sum(heights)
        top = spare * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[options.vertical]
        for line, height in zip(self.layout.lines, heights, strict=True):
            main = max(line.pieces, key=lambda piece: self._styles[piece.run].size).run if line.pieces else 0
            style = self._styles[main]
            ascent, descent = self._fonts.metrics(style.families[0], style.weight, style.italic)
            size = style.size * factor
            baseline = top + (height - (ascent + descent) * size) / 2 + ascent * size
            width, spacing = 0.0, 0.0
            if line.pieces:
                width = float(self._build(self._parts(line), line.rtl, factor, 0.0, None).MaxIntrinsicWidth)
            gaps = sum(piece.space for piece in line.pieces)
            if options.align == "justify" and not line.last and gaps and width < options.width:
                spacing = (options.width - width) / gaps
                width = options.width
            placed.append(_Placed(line, self._left(line.rtl, width), width, baseline, spacing))
            top += height
        return placed

    def _left(self, rtl: bool, width: float) -> float:
        align = self._options.align
        if align == "center":
            return (self._options.width - width) / 2
        right = align == "right" or (rtl and align in ("start", "justify")) or (not rtl and align == "end")
        return self._options.width - width if right else 0.0

    def _block(self) -> Bounds:
        shown = [placed for placed in self._lines if placed.line.pieces]
        if not shown:
            return 0.0, 0.0, 0.0, 0.0
        tops, bottoms = [], []
        for placed in shown:
            style = max((self._styles[piece.run] for piece in placed.line.pieces), key=lambda style: style.size)
            ascent, descent = self._fonts.metrics(style.families[0], style.weight, style.italic)
            tops.append(placed.baseline - ascent * style.size * self.layout.factor)
            bottoms.append(placed.baseline + descent * style.size * self.layout.factor)
        return (
            min(placed.left for placed in shown),
            min(tops),
            max(placed.left + placed.width for placed in shown),
            max(bottoms),
        )

    def line_box(self, index: int) -> Bounds:
        """The rectangle of one line, from its ascent to its descent."""
        placed = self._lines[index]
        style = max((self._styles[piece.run] for piece in placed.line.pieces), key=lambda style: style.size)
        ascent, descent = self._fonts.metrics(style.families[0], style.weight, style.italic)
        size = style.size * self.layout.factor
        top, bottom = placed.baseline - ascent * size, placed.baseline + descent * size
        return placed.left, top, placed.left + placed.width, bottom

    def units(self, by: Literal["line", "word"]) -> list[Unit]:
        """Lines, or words, in reading order."""
        if by == "line":
            return [(index, None) for index, placed in enumerate(self._lines) if placed.line.pieces]
        return [
            (index, start)
            for index, placed in enumerate(self._lines)
            for start, piece in enumerate(placed.line.pieces)
            if not piece.space and _word_of(placed.line.pieces, start) == start
        ]

    def draw(
        self, canvas: skia.Canvas, t: float, stroke: tuple[Fill, float] | None = None, unit: Unit | None = None
    ) -> None:
        """Paint at time `t` of the layer; `stroke` is a paint and a width in canvas units, drawn beneath the fill."""
        inks = [_Ink(t, self.block, stroke), _Ink(t, self.block, None)] if stroke else [_Ink(t, self.block, None)]
        for ink in inks:
            for index, placed in enumerate(self._lines):
                if not placed.line.pieces or (unit is not None and unit[0] != index):
                    continue
                parts = self._parts(placed.line, unit[1] if unit else None)
                paragraph = self._build(parts, placed.line.rtl, self.layout.factor, placed.word_spacing, ink)
                paragraph.paint(canvas, placed.left, placed.baseline - paragraph.AlphabeticBaseline)


@dataclass(frozen=True)
class _Ink:
    """How runs are painted at one time: filled, or outlined with a stroke."""

    t: float
    block: Bounds
    stroke: tuple[Fill, float] | None

    def paint(self, style: RunStyle) -> skia.Paint:
        fill = self.stroke[0] if self.stroke else style.fill
        paint = fill.paint(self.t, self.block)
        if self.stroke:
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(self.stroke[1] * 2)
            paint.setStrokeJoin(skia.Paint.kRound_Join)
        return paint


def _word_of(line: Sequence[Piece], index: int) -> int:
    """The index of the first piece of the word that piece `index` belongs to; a space belongs to the word before it."""
    while index > 0 and (line[index].glued or line[index].space):
        index -= 1
    return index
