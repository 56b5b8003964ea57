"""Text as pixels: set line by line, in either direction and in mixed scripts.

Skia's paragraph always takes left-to-right as its base direction. A right-to-left line is therefore wrapped in an
isolate (U+2067 … U+2069) and placed by us. Sizes and places are in canvas units; the canvas' matrix makes pixels of
them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import skia

from flatrender.engine.fonts import FontLibrary
from flatrender.engine.paints import Fill
from flatrender.engine.surface import bitmap
from flatrender.engine.text_layout import Layout, Line, Piece, lay_out, pieces
from flatrender.engine.text_shape import NO_GAPS, Atom, Gaps, RunStyle, Shaper

__all__ = ["Bounds", "Character", "RunStyle", "TextBlock", "TextOptions", "Unit"]

_MEASURED: Final = 512.0
"""Pixels along the longer side of the bitmap that shows where a run lies."""

type Bounds = tuple[float, float, float, float]
type Unit = tuple[int, int | None]
"""A line, or a word of a line: (line, first piece of the word)."""
type Character = tuple[int, int, int]
"""A grapheme cluster: (line, piece, place within the piece)."""


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
    largest: float = 1.0
    """Largest factor that fitting may grow to; 1 for none."""


@dataclass(frozen=True)
class _Placed:
    line: Line
    left: float
    width: float
    baseline: float
    gaps: Gaps


class TextBlock:
    """Laid-out text: `draw` paints all of it or one unit; `block` is the rectangle of its lines, `ink` a safe one
    around it.
    """

    def __init__(
        self, texts: Sequence[str], styles: Sequence[RunStyle], options: TextOptions, fonts: FontLibrary
    ) -> None:
        self._styles, self._options, self._fonts = styles, options, fonts
        self._shaper = Shaper(texts, styles, fonts)
        self._widths: dict[tuple[str, int], float] = {}
        self._run_boxes: dict[int, Bounds] = {}
        self.layout: Layout = lay_out(
            pieces(texts, self._measure, lambda: fonts.thai_words),
            width=max(1.0, options.width),
            height=max(1.0, options.height),
            line_height=lambda line: self._line_size(line) * options.line_height,
            measure=self._measure,
            max_lines=options.max_lines,
            smallest=options.smallest,
            direction=options.direction,
            balance=options.balance,
            largest=options.largest,
        )
        self._atoms = [
            self._shaper.atoms([(piece.text, piece.run) for piece in line.pieces]) for line in self.layout.lines
        ]
        self._lines = self._place()
        self.block = self._block()
        self.reach = reach = 0.5 * max(style.size for style in styles) * self.layout.factor
        """How far glyphs may stick out of their lines."""
        self.ink: Bounds = (self.block[0] - reach, self.block[1] - reach, self.block[2] + reach, self.block[3] + reach)

    def _measure(self, text: str, run: int) -> float:
        known = self._widths.get((text, run))
        if known is None:
            paragraph = self._shaper.paragraph(self._shaper.atoms([(text, run)]), False, 1.0)
            known = self._widths[text, run] = float(paragraph.MaxIntrinsicWidth)
        return known

    def _line_size(self, line: Line) -> float:
        sizes = [self._styles[piece.run].size for piece in line.pieces]
        return max(sizes) if sizes else self._styles[0].size

    def _place(self) -> list[_Placed]:
        options, factor = self._options, self.layout.factor
        placed: list[_Placed] = []
        heights = [self._line_size(line) * options.line_height * factor for line in self.layout.lines]
        spare = options.height - sum(heights)
        top = spare * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[options.vertical]
        for line, atoms, height in zip(self.layout.lines, self._atoms, heights, strict=True):
            main = max(line.pieces, key=lambda piece: self._styles[piece.run].size).run if line.pieces else 0
            style = self._styles[main]
            ascent, descent = self._fonts.metrics(style.families[0], style.weight, style.italic)
            size = style.size * factor
            baseline = top + (height - (ascent + descent) * size) / 2 + ascent * size
            width, gaps = 0.0, NO_GAPS
            if line.pieces:
                width = float(self._shaper.paragraph(atoms, line.rtl, factor).MaxIntrinsicWidth)
            if options.align == "justify" and not line.last and width < options.width:
                gaps = _justified(atoms, options.width - width)
                width = width if gaps == NO_GAPS else options.width
            placed.append(_Placed(line, self._left(line.rtl, width), width, baseline, gaps))
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

    def characters(self) -> list[Character]:
        """Grapheme clusters but for spaces, in reading order."""
        return [
            (line, atom.piece, atom.place)
            for line, atoms in enumerate(self._atoms)
            for atom in atoms
            if not self.layout.lines[line].pieces[atom.piece].space
        ]

    def cursive(self, unit: Character) -> bool:
        """Whether a character joins its neighbours."""
        line, piece, index = unit
        return any(atom.cursive for atom in self._atoms[line] if (atom.piece, atom.place) == (piece, index))

    def word(self, unit: Character) -> Unit:
        """The word that a character belongs to."""
        return unit[0], _word_of(self.layout.lines[unit[0]].pieces, unit[1])

    def draw(
        self,
        canvas: skia.Canvas,
        t: float,
        stroke: tuple[Fill, float] | None = None,
        unit: Unit | Character | None = None,
        over: Bounds | None = None,
    ) -> None:
        """Paint at time `t` of the layer; `stroke` is a paint and a width in canvas units, drawn beneath the fill.

        Gradients run over the block, or `over` another rectangle of which it is a part.
        """
        whole = over or self.block

        def outline(_run: int) -> skia.Paint:
            assert stroke is not None  # noqa: S101  asked for only when there is one
            return _outlined(stroke[0].paint(t, whole), stroke[1])

        def filled(run: int) -> skia.Paint:
            style = self._styles[run]
            return style.fill.paint(t, self.run_box(run) if style.own and style.fill.is_gradient else whole)

        self._paint_unit(canvas, (outline, filled) if stroke else (filled,), unit)

    def draw_shape(
        self, canvas: skia.Canvas, stroke: float | None = None, unit: Unit | Character | None = None
    ) -> None:
        """Paint in opaque white all that `draw` covers, also where its colours are transparent; `stroke` is a width."""
        fill, line = _white(), _outlined(_white(), stroke or 0.0)
        inks = (lambda _: line, lambda _: fill) if stroke is not None else (lambda _: fill,)
        self._paint_unit(canvas, inks, unit)

    def _paint_unit(
        self, canvas: skia.Canvas, inks: Sequence[Callable[[int], skia.Paint]], unit: Unit | Character | None
    ) -> None:
        lines = range(len(self._lines)) if unit is None else (unit[0],)
        shows = self._shows(unit)
        for ink in inks:
            self._paint(canvas, lines, ink, shows)

    def _paint(
        self,
        canvas: skia.Canvas,
        lines: Sequence[int],
        ink: Callable[[int], skia.Paint],
        shows: Callable[[Atom], bool] | None,
    ) -> None:
        for index in lines:
            placed = self._lines[index]
            if placed.line.pieces:
                paragraph = self._shaper.paragraph(
                    self._atoms[index], placed.line.rtl, self.layout.factor, placed.gaps, ink, shows
                )
                # Skia puts half of the room beside a letter before it.
                outdent = placed.gaps.ideograph / 2 if self._atoms[index][0].ideographic else 0.0
                paragraph.paint(canvas, placed.left - outdent, placed.baseline - paragraph.AlphabeticBaseline)

    def _shows(self, unit: Unit | Character | None) -> Callable[[Atom], bool] | None:
        if unit is None or unit[1] is None:
            return None
        if len(unit) == 3:
            return lambda atom: (atom.piece, atom.place) == unit[1:]
        pieces_of = self.layout.lines[unit[0]].pieces
        return lambda atom: _word_of(pieces_of, atom.piece) == unit[1]

    def run_box(self, run: int) -> Bounds:
        """The rectangle of what a run draws, over all its lines; the whole block where it draws nothing."""
        known = self._run_boxes.get(run)
        if known is None:
            left, top, right, bottom = self.ink
            scale = _MEASURED / max(right - left, bottom - top, 1.0)
            white = _white()
            drawn = bitmap(
                self.ink,
                (0.0, 0.0),
                scale,
                lambda canvas, _: self._paint(
                    canvas, range(len(self._lines)), lambda _: white, lambda atom: atom.run == run
                ),
            )
            empty = drawn.image.width() <= 1
            known = self._run_boxes[run] = self.block if empty else drawn.box
        return known


def _white() -> skia.Paint:
    return skia.Paint(AntiAlias=True, Color=skia.ColorWHITE)


def _outlined(paint: skia.Paint, width: float) -> skia.Paint:
    """`paint` as that of a stroke that sticks out by `width`."""
    paint.setStyle(skia.Paint.kStroke_Style)
    paint.setStrokeWidth(width * 2)
    paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def _justified(atoms: Sequence[Atom], spare: float) -> Gaps:
    """Room shared out between ideographs, where there are any, else between words."""
    ideographs = sum(atom.ideographic for atom in atoms[:-1])
    spaces = sum(atom.text == " " for atom in atoms)
    if ideographs:
        return Gaps(0.0, spare / ideographs)
    return Gaps(spare / spaces, 0.0) if spaces else NO_GAPS


def _word_of(line: Sequence[Piece], index: int) -> int:
    """The index of the first piece of the word that piece `index` belongs to; a space belongs to the word before it."""
    while index > 0 and (line[index].glued or line[index].space):
        index -= 1
    return index
