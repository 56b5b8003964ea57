"""Captions over time: one cue after the other, drawn once where nothing about it changes.

While words come in, fill up or grow, what was drawn is put together word by word from bitmaps.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import skia

from flatrender.composition.captions import Caption
from flatrender.composition.han import han_language
from flatrender.composition.layers_captions import CaptionsLayer, Highlight
from flatrender.composition.layers_text import Plate
from flatrender.engine.captions_cues import cues_of, runs_of
from flatrender.engine.captions_room import anchor, aside, gain, line_height, narrowed, word_widths
from flatrender.engine.easing import curve
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.layers_vector import run_style, stroke_of
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine, bitmap
from flatrender.engine.text import TextBlock, TextOptions, Unit
from flatrender.engine.text_layout import is_rtl

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
        self._cues = cues_of(layer, kit)
        language = han_language("".join(cue.text for cue in self._cues))
        if layer.style.language is None and language != "zh-Hans":
            # All cues tell the language of each: a Japanese one may be written in Chinese characters only.
            layer = layer.model_copy(update={"style": layer.style.model_copy(update={"language": language})})
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
        texts, runs, words = runs_of(cue.words, layer)
        style = layer.style
        self._most = self._highlight.scale if self._highlight else 1.0
        options = TextOptions(
            width=max(1.0, frame[2] - frame[0] - 2 * px),
            height=max(1.0, frame[3] - frame[1] - 2 * py),
            line_height=self._line_height(),
            align=layer.align,
            vertical=layer.vertical,
            direction=layer.direction,
            max_lines=layer.max_lines,
            smallest=min(1.0, layer.min_size / style.size),
            balance=True,
        )
        styles = [run_style(run, style, kit) for run in runs]
        self._block = TextBlock(texts, styles, options, kit.fonts)
        self._anchor = anchor(layer.align, any(line.rtl for line in self._block.layout.lines[:1]))
        if self._most > 1:
            gains = self._gains_of(self._block)
            narrow = narrowed(self._block.layout, gains, options.width, self._most)
            if narrow is not None:
                self._x += self._anchor * (options.width - narrow)
                options = replace(options, width=max(1.0, narrow))
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
        self._gains = self._gains_of(self._block)
        self._boxes: dict[tuple[int, float], Bounds] = {}
        ink = self._block.ink
        grow = style.stroke.width if style.stroke else 0.0
        self._ink = (ink[0] - grow, ink[1] - grow, ink[2] + grow, ink[3] + grow)
        bounds = self._moved(_around(self._plate_box(), self._ink))
        self._whole = Drawn(place, bounds, self._draw_all, self.colors, None, kit.palette)
        self._bitmaps: dict[tuple[int, bool, float], Drawn] = {}

    def _line_height(self) -> float:
        given, plate = self._layer.style.line_height, self._highlight.plate if self._highlight else None
        if self._most == 1:
            return given
        return line_height(given, self._most, plate.padding[1] / self._layer.style.size if plate else None)

    def _gains_of(self, block: TextBlock) -> list[float]:
        """How much more room each word takes in its line while it is said."""
        if self._highlight is None or self._most == 1:
            return [0.0] * len(block.units("word"))
        plate = self._highlight.plate.padding[0] if self._highlight.plate else 0.0
        size = self._layer.style.size * block.layout.factor
        return [gain(wide, self._most, size, plate) for wide in word_widths(block.layout, block.units("word"))]

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
        # As wide as the lines become.
        edges = [(block[0], block[2])]
        for (line, _), more in zip(self._units, self._gains, strict=True):
            left, _, right, _ = self._block.line_box(line)
            edges.append((left - self._anchor * more, right + (1 - self._anchor) * more))
        return min(left for left, _ in edges) - x, block[1] - y, max(right for _, right in edges) + x, block[3] + y

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
        grown = self._grown(motion)
        moved = self._moved_aside(motion, grown)
        placed, faded = self._placed(base.translate(moved[motion.current], 0.0), motion, grown, paint)
        self._draw_word_plate(canvas, placed, t, motion.current, faded)
        for index in range(len(self._units)):
            if index != motion.current and not (pop and index > motion.current):
                word = self._bitmap(index, karaoke and index < motion.current)
                here = base.translate(moved[index], 0.0)
                here = _larger(here, self._box(index), grown[index]) if index in grown else here
                word.draw(canvas, here, t, paint)
        if karaoke:
            self._draw_filling(canvas, placed, t, motion, faded)
        else:
            self._bitmap(motion.current, True, self._most).draw(canvas, placed, t, faded)

    def _grown(self, motion: Motion) -> dict[int, float]:
        """How many times as large words are: the one that is said grows while the one before it shrinks."""
        if self._most == 1:
            return {}
        way = curve("ease-out")(motion.arrived)
        grown = {motion.current: 1 + (self._most - 1) * way}
        if motion.current and way < 1:
            grown[motion.current - 1] = 1 + (self._most - 1) * (1 - way)
        return grown

    def _moved_aside(self, motion: Motion, grown: Mapping[int, float]) -> list[float]:
        """How far each word moves, so that those that have grown meet none; on whole pixels where they rest."""
        if not grown:
            return [0.0] * len(self._units)
        gains = {index: self._gains[index] * (scale - 1) / (self._most - 1) for index, scale in grown.items()}
        boxes = [self._box(index) for index in range(len(self._units))]
        moved = aside(boxes, [line for line, _ in self._units], gains, self._anchor)
        scale = self._place.scale
        return moved if motion.arrived < 1 else [round(away * scale) / scale for away in moved]

    def _placed(
        self, base: Affine, motion: Motion, grown: Mapping[int, float], paint: skia.Paint
    ) -> tuple[Affine, skia.Paint]:
        """Where the word that is said lies, and how far it can be seen."""
        scale, faded = grown.get(motion.current, 1.0), skia.Paint(paint)
        if self._layer.animation == "pop":
            scale *= _POP_FROM + (1 - _POP_FROM) * curve("ease-out-back")(motion.arrived)
            faded.setAlphaf(paint.getAlphaf() * min(1.0, motion.arrived * 2))
        return _larger(base, self._box(motion.current), scale), faded

    def _draw_word_plate(self, canvas: skia.Canvas, placed: Affine, t: float, index: int, paint: skia.Paint) -> None:
        plate = self._highlight.plate if self._highlight else None
        if plate is None or self._word_plate is None:
            return
        left, _, right, _ = self._box(index)
        _, top, _, bottom = self._moved(self._block.line_box(self._units[index][0]))
        x, y = plate.padding
        canvas.setMatrix(placed.matrix())
        _plate(canvas, self._word_plate, plate, (left - x, top - y, right + x, bottom + y), t, paint)

    def _draw_filling(self, canvas: skia.Canvas, placed: Affine, t: float, motion: Motion, paint: skia.Paint) -> None:
        plain, lit = (self._bitmap(motion.current, on, self._most) for on in (False, True))
        left, top, right, bottom = self._box(motion.current, self._most)
        done, rtl = motion.filled / _STEPS, self._rtl(motion.current)
        edge = right - (right - left) * done if rtl else left + (right - left) * done
        for word, ends in ((lit, rtl), (plain, not rtl)):
            side = (edge, top, right, bottom) if ends else (left, top, edge, bottom)
            canvas.save()
            canvas.setMatrix(placed.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*side), skia.ClipOp.kIntersect, True)
            word.draw(canvas, placed, t, paint)
            canvas.restore()

    def _rtl(self, index: int) -> bool:
        line, first = self._units[index]
        own = is_rtl(self._block.layout.lines[line].pieces[first or 0].text)
        return self._block.layout.lines[line].rtl if own is None else own

    def _box(self, index: int, larger: float = 1.0) -> Bounds:
        """Where a word lies when it is drawn to be shown so many times as large: as its shape is, not as its colours
        are, since those may be transparent at first and nothing may depend on which frame came first.
        """
        known = self._boxes.get((index, larger))
        if known is None:
            stroke, unit = self._stroke[1] if self._stroke else None, self._units[index]

            def draw(canvas: skia.Canvas, _base: Affine) -> None:
                canvas.translate(self._x, self._y)
                self._block.draw_shape(canvas, stroke, unit)

            scale = self._place.scale * larger
            known = self._boxes[index, larger] = bitmap(self._moved(self._ink), self._place.origin, scale, draw).box
        return known

    def _bitmap(self, index: int, lit: bool, larger: float = 1.0) -> Drawn:
        """A word, drawn to be shown so many times as large."""
        made = self._bitmaps.get((index, lit, larger))
        if made is None:
            draw = partial(self._draw_unit, self._units[index], self._lit if lit else self._block)
            bounds = self._moved(self._ink)
            place = replace(self._place, scale=self._place.scale * larger)
            made = self._bitmaps[index, lit, larger] = Drawn(place, bounds, draw, self.colors, None, self._kit.palette)
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


def _larger(base: Affine, box: Bounds, scale: float) -> Affine:
    """`base` with what lies in `box` so many times as large, its middle where it was."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return base if scale == 1 else base.translate(x, y).scale(scale, scale).translate(-x, -y)


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
