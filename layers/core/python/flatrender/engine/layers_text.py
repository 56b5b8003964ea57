"""Text as the content of a layer: drawn once per state; while it comes in or leaves, unit by unit."""

from collections.abc import Hashable
from functools import partial
from typing import Final

import skia

from flatrender.composition.fonts import DEFAULT_FAMILY
from flatrender.composition.layers_text import Run, TextAnimation, TextLayer, TextStyle
from flatrender.composition.values import LinearGradient, RadialGradient
from flatrender.engine.easing import curve
from flatrender.engine.effects import Blurred
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.text import Character, RunStyle, TextBlock, TextOptions, Unit

_SHARP_AFTER: Final = 4.0
"""The blur preset starts with a deviation of this fraction of `distance`."""
_BLURS: Final = 12
"""Blurs that a unit goes through on its way: each is made once, however many frames the way takes."""
_MOST_UNITS: Final = 400
"""What moves on its own in one text; of longer texts words or lines move, so that frames stay quick to draw."""
_QUICK: Final = 1.6
"""How many times as fast as it moves a unit becomes opaque."""


def run_style(run: Run | None, style: TextStyle, kit: Kit) -> RunStyle:
    """A run's own settings over those of its layer, with theme roles looked up."""
    font = (run.font if run else None) or style.font
    role = kit.roles.get(font.removeprefix("theme:")) if font.startswith("theme:") else None
    family = role.family if role else DEFAULT_FAMILY if font.startswith("theme:") else font
    weight = (run.weight if run else None) or style.weight or (role.weight if role else 400)
    italic = style.italic if run is None or run.italic is None else run.italic
    size = (run.size if run else None) or style.size
    own = run is not None and isinstance(run.fill, (LinearGradient, RadialGradient))
    fill = run.fill if run is not None and run.fill is not None else style.fill
    return RunStyle(
        families=tuple(kit.fonts.chain(family)),
        size=size,
        weight=weight,
        italic=italic,
        underline=bool(run and run.underline),
        fill=Fill(fill, kit.palette),
        spacing=style.letter_spacing * size,
        language=style.language or "",
        own=own,
    )


def stroke_of(style: TextStyle, kit: Kit) -> tuple[Fill, float] | None:
    return (Fill(style.stroke.color, kit.palette), style.stroke.width) if style.stroke else None


class _Motion:
    """The way of all units in, or out (`leaving`), over the seconds of a layer's life."""

    def __init__(self, spec: TextAnimation, block: TextBlock, life: float, leaving: bool) -> None:
        self.spec, self._leaving = spec, leaving
        self.units = _units(spec, block)
        self.curve = curve(spec.easing)
        steps = max(1, len(self.units) - 1)
        self._each = 0.0 if spec.preset == "typewriter" else spec.duration
        self._stagger = min(spec.stagger, spec.within / steps)
        if leaving:
            self._stagger = min(self._stagger, max(0.0, life - self._each) / steps)
        self._lasts = self._each + self._stagger * (len(self.units) - 1)
        self._start = max(0.0, life - self._lasts) if leaving else 0.0

    def runs(self, t: float) -> bool:
        """Whether units are on their way, or have left."""
        return t >= self._start if self._leaving else t < self._start + self._lasts

    def whole(self, t: float) -> float:
        """How far the first unit has come, or how far from its end the last one is: what a plate goes by."""
        if not self._leaving:
            return min(1.0, t / self.spec.duration)
        return min(1.0, max(0.0, 1 - (t - self._start - self._lasts + self._each) / self.spec.duration))

    def progress(self, t: float, index: int) -> float:
        """How far a unit has come on this way, in 0…1. A typewriter takes back what it wrote last first."""
        typed = self.spec.preset == "typewriter"
        turn = len(self.units) - 1 - index if typed and self._leaving else index
        since = t - self._start - turn * self._stagger
        if typed:
            return 1.0 if since >= -1e-6 else 0.0
        return min(1.0, max(0.0, since / self._each))


def _units(spec: TextAnimation, block: TextBlock) -> list[Unit | Character]:
    """What moves on its own, in reading order. Words of joined letters are not torn apart by tracking."""
    characters = block.characters()
    if spec.by != "character" or len(characters) > _MOST_UNITS:
        words = block.units("word") if spec.by != "line" else []
        return list(words if 0 < len(words) <= _MOST_UNITS else block.units("line"))
    if spec.preset != "tracking":
        return list(characters)
    joined = {block.word(unit) for unit in characters if block.cursive(unit)}
    return list(dict.fromkeys(block.word(unit) if block.word(unit) in joined else unit for unit in characters))


class TextContent:
    """A text layer."""

    heavy = False

    def __init__(self, layer: TextLayer, place: Place, kit: Kit) -> None:
        self._layer, self._place, self._kit = layer, place, kit
        styles = [run_style(run, layer.style, kit) for run in layer.runs]
        largest = max(style.size for style in styles)
        options = TextOptions(
            width=place.width,
            height=place.height,
            line_height=layer.style.line_height,
            align=layer.align,
            vertical=layer.vertical,
            direction=layer.direction,
            max_lines=layer.max_lines,
            smallest=min(1.0, layer.min_size / largest) if layer.fit != "none" else 1.0,
            balance=layer.wrap == "balance",
            largest=max(1.0, layer.max_size / largest) if layer.fit == "grow" else 1.0,
        )
        self.block = TextBlock([run.text for run in layer.runs], styles, options, kit.fonts)
        self._fills = [style.fill for style in styles]
        self._stroke = stroke_of(layer.style, kit)
        self._plate = Fill(layer.plate.fill, kit.palette) if layer.plate else None
        self._grow = layer.style.stroke.width if layer.style.stroke else 0.0
        ink = self.block.ink
        ink = (ink[0] - self._grow, ink[1] - self._grow, ink[2] + self._grow, ink[3] + self._grow)
        plate = self._plate_box()
        if plate:
            ink = (min(ink[0], plate[0]), min(ink[1], plate[1]), max(ink[2], plate[2]), max(ink[3], plate[3]))
        self._whole = Drawn(place, ink, self._draw_all, self._colors, layer.shadow, kit.palette)
        self.bounds = self._whole.bounds
        self._in = _Motion(layer.animation, self.block, place.life, False) if layer.animation else None
        self._out = _Motion(layer.exit_animation, self.block, place.life, True) if layer.exit_animation else None
        self._made: dict[Unit | Character, Drawn] = {}
        self._blurs: dict[Unit | Character, Blurred] = {}
        room = max((motion.spec.distance for motion in (self._in, self._out) if motion), default=0.0)
        self.bounds = (self.bounds[0] - room, self.bounds[1] - room, self.bounds[2] + room, self.bounds[3] + room)

    def _plate_box(self) -> Bounds | None:
        plate, block = self._layer.plate, self.block.block
        if plate is None or block[2] <= block[0]:
            return None
        x, y = plate.padding
        return block[0] - x, block[1] - y, block[2] + x, block[3] + y

    def _colors(self, t: float) -> Hashable:
        extra = [fill for fill in (self._stroke[0] if self._stroke else None, self._plate) if fill]
        return tuple(fill.state(t) for fill in self._fills + extra)

    def _moving(self, t: float) -> _Motion | None:
        """The way that units are on; None at rest. Where a life is too short for both, leaving goes first."""
        if self._out is not None and self._out.runs(t):
            return self._out
        return self._in if self._in is not None and self._in.runs(t) else None

    def state(self, t: float) -> Hashable:
        motion = self._moving(t)
        steps = tuple(motion.progress(t, index) for index in range(len(motion.units))) if motion else None
        return self._colors(t), motion is self._out, steps

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def _draw_plate(self, canvas: skia.Canvas, t: float, opacity: float = 1.0) -> None:
        box = self._plate_box()
        if self._plate and box and self._layer.plate:
            paint, radius = self._plate.paint(t, box), self._layer.plate.radius
            paint.setAlphaf(paint.getAlphaf() * opacity)
            canvas.drawRoundRect(skia.Rect.MakeLTRB(*box), radius, radius, paint)

    def _draw_all(self, canvas: skia.Canvas, _base: Affine, t: float) -> None:
        self._draw_plate(canvas, t)
        self.block.draw(canvas, t, self._stroke)

    def extent(self, base: Affine, t: float) -> Bounds:
        return self._whole.extent(base, t) if self._moving(t) is None else base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        motion = self._moving(t)
        if motion is None:
            self._whole.draw(canvas, base, t, paint)
            return
        canvas.setMatrix(base.matrix())
        self._draw_plate(canvas, t, paint.getAlphaf() * motion.whole(t))
        for index, unit in enumerate(motion.units):
            self._draw_unit(canvas, base, t, paint, motion, unit, motion.progress(t, index))

    def _draw_unit(  # noqa: PLR0917  a frame, then what is drawn in it
        self,
        canvas: skia.Canvas,
        base: Affine,
        t: float,
        paint: skia.Paint,
        motion: _Motion,
        unit: Unit | Character,
        progress: float,
    ) -> None:
        # The way out is the way in backwards: slow at first, then faster.
        shown = 1 - progress if motion is self._out else progress
        there = motion.curve(shown)
        if shown <= 0:
            return
        faded = skia.Paint(paint)
        faded.setAlphaf(paint.getAlphaf() * min(1.0, shown * _QUICK))
        drawn = self._drawn(unit)
        moved = self._moved(base, t, motion, unit, there)
        sigma = round((1 - there) * _BLURS) / _BLURS * motion.spec.distance / _SHARP_AFTER
        if motion.spec.preset == "blur" and sigma > 0:
            if unit not in self._blurs:
                self._blurs[unit] = Blurred(drawn, self._place, kept=2)
            self._blurs[unit].draw(canvas, moved, t, sigma, faded)
        else:
            drawn.draw(canvas, moved, t, faded)

    def _drawn(self, unit: Unit | Character) -> Drawn:
        """A unit's own bitmap."""
        made = self._made.get(unit)
        if made is None:
            # Its line is all that it can touch; drawing no more than that keeps long texts quick.
            left, top, right, bottom = self.block.line_box(unit[0])
            reach = self.block.reach + self._grow
            ink = (left - reach, top - reach, right + reach, bottom + reach)
            draw = partial(self._paint_unit, unit)
            made = Drawn(self._place, ink, draw, self._colors, self._layer.shadow, self._kit.palette)
            self._made[unit] = made
        return made

    def _paint_unit(self, unit: Unit | Character, canvas: skia.Canvas, _base: Affine, t: float) -> None:
        self.block.draw(canvas, t, self._stroke, unit)

    def _moved(self, base: Affine, t: float, motion: _Motion, unit: Unit | Character, there: float) -> Affine:
        """Where a unit is of which so much is `there` (1 at rest); what leaves goes on the way it came."""
        leaving = motion is self._out
        away = (1 - there) * motion.spec.distance * (-1 if leaving else 1)
        match motion.spec.preset:
            case "rise":
                return base.translate(0, away)
            case "drop":
                return base.translate(0, -away)
            case "slide":
                return base.translate(away if self.block.layout.lines[unit[0]].rtl else -away, 0)
            case "zoom":
                left, top, right, bottom = self._drawn(unit).box(t)
                x, y, zoom = (left + right) / 2, (top + bottom) / 2, 0.6 + 0.4 * there
                return base.translate(x, y).scale(zoom, zoom).translate(-x, -y)
            case "tracking":
                return base.translate(abs(away) * self._outward(unit, t), 0)
        return base

    def _outward(self, unit: Unit | Character, t: float) -> float:
        """Where a unit stands in its line, from -1 at the left end to 1 at the right one."""
        line, box = self.block.line_box(unit[0]), self._drawn(unit).box(t)
        half = max(1e-6, (line[2] - line[0]) / 2)
        return max(-1.0, min(1.0, ((box[0] + box[2]) / 2 - (line[0] + line[2]) / 2) / half))
