"""Captions over time: one cue after the other, drawn once where nothing about it changes.

While words come in, fill up or grow, what was drawn is put together word by word from bitmaps.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, NamedTuple

import skia

from flatrender.composition import captions, limits
from flatrender.composition.captions import Caption, CaptionsFault, Word
from flatrender.composition.fonts import named, shipped
from flatrender.composition.layers_captions import CaptionsLayer, Highlight, inline
from flatrender.composition.layers_text import Plate, Run
from flatrender.engine.easing import curve
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.layers_vector import run_style, stroke_of
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.text import TextBlock, TextOptions, Unit
from flatrender.engine.text_layout import is_rtl
from flatrender.engine.text_shape import han_language

_EPSILON: Final = 1e-6
_LAID_OUT: Final = 3
"""Cues kept ready: the one that is seen, and those next to it."""
_GROW_SECONDS: Final = 0.12
_POP_SECONDS: Final = 0.2
_POP_FROM: Final = 0.6
_STEPS: Final = 256
"""A word fills up in so many steps at most."""


class Motion(NamedTuple):
    """Where a cue is in its words: the unit that is said, how far it has filled, and how far it has come in or grown.

    Units before `current` have been said; those after it have not.
    """

    current: int
    filled: int
    arrived: float


class CaptionsContent:
    """A captions layer. Between cues there is nothing to see."""

    heavy = False

    def __init__(self, layer: CaptionsLayer, place: Place, kit: Kit) -> None:
        self._cues = _captions(layer, kit)
        if layer.style.language is None and han_language("".join(cue.text for cue in self._cues)) == "ja":
            # Kana in one cue tell the language of all: some are written in Chinese characters only.
            layer = layer.model_copy(update={"style": layer.style.model_copy(update={"language": "ja"})})
        self._layer, self._place, self._kit = layer, place, kit
        self._starts = [cue.start + layer.offset for cue in self._cues]
        self._frame = _area(layer, place)
        self._laid_out: OrderedDict[int, _Cue] = OrderedDict()
        left, top, right, bottom = self._frame
        reach = layer.style.size + (
            layer.highlight.plate.padding[0] if layer.highlight and layer.highlight.plate else 0
        )
        self.bounds: Bounds = (left - reach, top - reach, right + reach, bottom + reach)

    def _at(self, t: float) -> int | None:
        index = bisect_right(self._starts, t + _EPSILON) - 1
        if index < 0 or t + _EPSILON >= self._cues[index].end + self._layer.offset:
            return None
        return index

    def _cue(self, index: int) -> "_Cue":
        made = self._laid_out.get(index)
        if made is None:
            made = self._laid_out[index] = _Cue(self._cues[index], self._layer, self._place, self._kit, self._frame)
            while len(self._laid_out) > _LAID_OUT:
                self._laid_out.popitem(last=False)
        return made

    def state(self, t: float) -> Hashable:
        index = self._at(t)
        if index is None:
            return None, None
        cue = self._cue(index)
        return index, cue.motion(t - self._layer.offset), cue.colors(t)

    def outline(self, t: float) -> Hashable:
        """Equal for two times at which a shadow is the same: colours throw none."""
        index, highlight = self._at(t), self._layer.highlight
        if index is None:
            return None
        moves = self._layer.animation == "pop" or (highlight and (highlight.scale > 1 or highlight.plate))
        return index, self._cue(index).motion(t - self._layer.offset) if moves else None

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def extent(self, base: Affine, t: float) -> Bounds:
        index = self._at(t)
        if index is None:
            left, top = self._frame[:2]
            return base.bounds(left, top, left, top)
        cue = self._cue(index)
        return cue.extent(base, t) if cue.motion(t - self._layer.offset) is None else base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        index = self._at(t)
        if index is not None:
            self._cue(index).draw(canvas, base, t, t - self._layer.offset, paint)


class _Cue:
    """One cue, laid out."""

    def __init__(self, cue: Caption, layer: CaptionsLayer, place: Place, kit: Kit, frame: Bounds) -> None:
        self._cue, self._layer, self._place, self._kit = cue, layer, place, kit
        self._highlight = layer.highlight or (Highlight() if layer.animation == "karaoke" else None)
        px, py = layer.plate.padding if layer.plate else (0.0, 0.0)
        self._x, self._y = frame[0] + px, frame[1] + py
        texts, runs, words = _runs(cue.words, layer)
        style = layer.style
        options = TextOptions(
            width=max(1.0, frame[2] - frame[0] - 2 * px),
            height=max(1.0, frame[3] - frame[1] - 2 * py),
            line_height=style.line_height,
            align=layer.align,
            vertical=layer.vertical,
            direction=layer.direction,
            max_lines=layer.max_lines,
            smallest=min(1.0, layer.min_size / style.size),
            balance=True,
        )
        styles = [run_style(run, style, kit) for run in runs]
        self._block = TextBlock(texts, styles, options, kit.fonts)
        self._lit = self._block
        if self._highlight is not None:
            lit = [run.model_copy(update={"fill": self._highlight.fill}) for run in runs]
            self._lit = TextBlock(texts, [run_style(run, style, kit) for run in lit], options, kit.fonts)
        self._fills = [styles[0].fill] if styles else []
        self._lit_fill = Fill(self._highlight.fill, kit.palette) if self._highlight else None
        self._stroke = stroke_of(style, kit)
        self._plate = Fill(layer.plate.fill, kit.palette) if layer.plate else None
        plate = self._highlight.plate if self._highlight else None
        self._word_plate = Fill(plate.fill, kit.palette) if plate else None
        self._units = self._block.units("word")
        self._times = self._unit_times(words)
        ink = self._block.ink
        grow = style.stroke.width if style.stroke else 0.0
        self._ink = (ink[0] - grow, ink[1] - grow, ink[2] + grow, ink[3] + grow)
        bounds = self._moved(_around(self._plate_box(), self._ink))
        self._whole = Drawn(place, bounds, self._draw_all, self.colors, None, kit.palette)
        self._bitmaps: dict[tuple[int, bool], Drawn] = {}

    def _unit_times(self, words: Sequence[int]) -> list[tuple[float, float]]:
        """When each unit begins and ends to be said: units of one word share its time."""
        of = [words[self._block.layout.lines[line].pieces[first or 0].run] for line, first in self._units]
        times = []
        for index, word in enumerate(of):
            first, count = of.index(word), of.count(word)
            start, end = self._cue.words[word].start, self._cue.words[word].end
            share = (end - start) / count
            times.append((start + share * (index - first), start + share * (index - first + 1)))
        return times

    def _moved(self, bounds: Bounds) -> Bounds:
        return bounds[0] + self._x, bounds[1] + self._y, bounds[2] + self._x, bounds[3] + self._y

    def _plate_box(self) -> Bounds | None:
        plate, block = self._layer.plate, self._block.block
        if plate is None or block[2] <= block[0]:
            return None
        x, y = plate.padding
        return block[0] - x, block[1] - y, block[2] + x, block[3] + y

    def motion(self, t: float) -> Motion | None:
        """Where the cue is in its words at `t` of the captions; None where words are all alike and rest."""
        animation, highlight = self._layer.animation, self._highlight
        if (animation == "none" and highlight is None) or not self._units:
            return None
        current = max(0, sum(1 for start, _ in self._times if start <= t + _EPSILON) - 1)
        start, end = self._times[current]
        filled, arrived = 0, 1.0
        if animation == "karaoke":
            filled = round(min(1.0, max(0.0, (t - start) / max(end - start, _EPSILON))) * _STEPS)
        if animation == "pop":
            arrived = round(min(1.0, max(0.0, (t - start) / _POP_SECONDS)), 4)
        elif highlight is not None and highlight.scale > 1:
            arrived = round(min(1.0, max(0.0, (t - start) / _GROW_SECONDS)), 4)
        return Motion(current, filled, arrived)

    def colors(self, t: float) -> Hashable:
        fills = [self._stroke[0] if self._stroke else None, self._plate, self._lit_fill, self._word_plate]
        return tuple(fill.state(t) for fill in [*self._fills, *fills] if fill)

    def extent(self, base: Affine, t: float) -> Bounds:
        return self._whole.extent(base, t)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, spoken: float, paint: skia.Paint) -> None:
        """Draw at `t` of the layer, `spoken` being the time of the captions."""
        motion = self.motion(spoken)
        if motion is None:
            self._whole.draw(canvas, base, t, paint)
            return
        canvas.setMatrix(base.translate(self._x, self._y).matrix())
        box = self._plate_box()
        if self._layer.plate and self._plate and box:
            _plate(canvas, self._plate, self._layer.plate, box, t, paint)
        karaoke, pop = self._layer.animation == "karaoke", self._layer.animation == "pop"
        placed, faded = self._placed(base, t, motion, paint)
        self._draw_word_plate(canvas, placed, t, motion.current, faded)
        for index in range(len(self._units)):
            if index != motion.current and not (pop and index > motion.current):
                self._bitmap(index, karaoke and index < motion.current).draw(canvas, base, t, paint)
        if karaoke:
            self._draw_filling(canvas, placed, t, motion, faded)
        else:
            self._bitmap(motion.current, True).draw(canvas, placed, t, faded)

    def _placed(self, base: Affine, t: float, motion: Motion, paint: skia.Paint) -> tuple[Affine, skia.Paint]:
        """Where the word that is said lies, and how far it can be seen."""
        left, top, right, bottom = self._bitmap(motion.current, True).bitmap(t).box
        scale, faded = 1.0, skia.Paint(paint)
        if self._layer.animation == "pop":
            scale = _POP_FROM + (1 - _POP_FROM) * curve("ease-out-back")(motion.arrived)
            faded.setAlphaf(paint.getAlphaf() * min(1.0, motion.arrived * 2))
        if self._highlight is not None:
            scale *= 1 + (self._highlight.scale - 1) * curve("ease-out")(motion.arrived)
        x, y = (left + right) / 2, (top + bottom) / 2
        return base if scale == 1 else base.translate(x, y).scale(scale, scale).translate(-x, -y), faded

    def _draw_word_plate(self, canvas: skia.Canvas, placed: Affine, t: float, index: int, paint: skia.Paint) -> None:
        plate = self._highlight.plate if self._highlight else None
        if plate is None or self._word_plate is None:
            return
        left, _, right, _ = self._bitmap(index, True).bitmap(t).box
        _, top, _, bottom = self._moved(self._block.line_box(self._units[index][0]))
        x, y = plate.padding
        canvas.setMatrix(placed.matrix())
        _plate(canvas, self._word_plate, plate, (left - x, top - y, right + x, bottom + y), t, paint)

    def _draw_filling(self, canvas: skia.Canvas, placed: Affine, t: float, motion: Motion, paint: skia.Paint) -> None:
        plain, lit = self._bitmap(motion.current, False), self._bitmap(motion.current, True)
        left, top, right, bottom = lit.bitmap(t).box
        done, rtl = motion.filled / _STEPS, self._rtl(motion.current)
        edge = right - (right - left) * done if rtl else left + (right - left) * done
        for bitmap, ends in ((lit, rtl), (plain, not rtl)):
            side = (edge, top, right, bottom) if ends else (left, top, edge, bottom)
            canvas.save()
            canvas.setMatrix(placed.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*side), skia.ClipOp.kIntersect, True)
            bitmap.draw(canvas, placed, t, paint)
            canvas.restore()

    def _rtl(self, index: int) -> bool:
        line, first = self._units[index]
        own = is_rtl(self._block.layout.lines[line].pieces[first or 0].text)
        return self._block.layout.lines[line].rtl if own is None else own

    def _bitmap(self, index: int, lit: bool) -> Drawn:
        made = self._bitmaps.get((index, lit))
        if made is None:
            draw = partial(self._draw_unit, self._units[index], self._lit if lit else self._block)
            bounds = self._moved(self._ink)
            made = self._bitmaps[index, lit] = Drawn(
                self._place, bounds, draw, self.colors, None, self._kit.palette
            )  # fmt: skip
        return made

    def _draw_unit(self, unit: Unit, block: TextBlock, canvas: skia.Canvas, _base: Affine, t: float) -> None:
        canvas.translate(self._x, self._y)
        block.draw(canvas, t, self._stroke, unit)

    def _draw_all(self, canvas: skia.Canvas, _base: Affine, t: float) -> None:
        canvas.translate(self._x, self._y)
        box = self._plate_box()
        if self._layer.plate and self._plate and box:
            _plate(canvas, self._plate, self._layer.plate, box, t, skia.Paint())
        self._block.draw(canvas, t, self._stroke)


def _plate(  # noqa: PLR0917  a rectangle has these parts
    canvas: skia.Canvas, fill: Fill, plate: Plate, box: Bounds, t: float, paint: skia.Paint
) -> None:
    own = fill.paint(t, box)
    own.setAlphaf(own.getAlphaf() * paint.getAlphaf())
    own.setBlendMode(paint.getBlendMode())
    canvas.drawRoundRect(skia.Rect.MakeLTRB(*box), plate.radius, plate.radius, own)


def _around(one: Bounds | None, other: Bounds) -> Bounds:
    if one is None:
        return other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _area(layer: CaptionsLayer, place: Place) -> Bounds:
    """Where captions lie, in the layer's units: the box, or the safe part of the canvas."""
    if layer.box is not None:
        return 0.0, 0.0, place.width, place.height
    width, height = place.width, place.height
    if height > width:  # phones lay their own controls over the lowest fifth
        return 0.08 * width, 0.5 * height, 0.92 * width, 0.78 * height
    return 0.1 * width, 0.6 * height, 0.9 * width, 0.92 * height


def _runs(words: Sequence[Word], layer: CaptionsLayer) -> tuple[list[str], list[Run], list[int]]:
    """Texts, their styles, and the word that each belongs to."""
    texts, runs, of = [], [], []
    base = layer.style.weight or 400
    for index, word in enumerate(words):
        for number, span in enumerate(word.spans):
            last = number == len(word.spans) - 1
            texts.append(span.text + (word.after if last and index < len(words) - 1 else ""))
            runs.append(
                Run(
                    text=texts[-1],
                    weight=min(900, max(700, base + 200)) if span.bold else None,
                    italic=True if span.italic else None,
                    underline=span.underline,
                )
            )
            of.append(index)
    return texts, runs, of


def _captions(layer: CaptionsLayer, kit: Kit) -> Sequence[Caption]:
    """What a layer shows. Raises UnreadableMedia for a file that is missing, is none, or cannot be written in the
    layer's font.
    """
    if layer.asset is None:
        cues: Sequence[Caption] = inline(layer)
    else:
        path = kit.assets.get(layer.asset)
        if path is None:
            raise UnreadableMedia(f"The captions {layer.asset} are missing.")
        family = run_style(None, layer.style, kit).families[0]
        cues = _file(path, path.stat().st_mtime_ns, family)
    return captions.divided(cues, layer.max_words) if layer.max_words else cues


@lru_cache(maxsize=4)
def _file(path: Path, _modified: int, family: str) -> Sequence[Caption]:
    """The cues of a file, read once for all chunks that a process draws."""
    try:
        with path.open("rb") as file:
            cues = captions.parse(file.read(limits.MAX_CAPTIONS_BYTES + 1))
    except CaptionsFault as fault:
        raise UnreadableMedia(f"The captions cannot be read. {fault}") from fault
    missing = shipped().missing("\n".join(cue.text for cue in cues), family)
    if missing:
        raise UnreadableMedia(f"No font has these characters of the captions: {named(missing)}.")
    return cues
