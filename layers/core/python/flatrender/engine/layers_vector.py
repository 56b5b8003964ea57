"""Text and shapes as contents of layers."""

from collections.abc import Hashable
from functools import partial

import skia

from flatrender.composition import paths
from flatrender.composition.fonts import DEFAULT_FAMILY
from flatrender.composition.layers import ShapeLayer
from flatrender.composition.layers_base import Path, Rectangle
from flatrender.composition.layers_text import Run, TextAnimation, TextLayer, TextStyle
from flatrender.engine.easing import Track, curve
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.text import RunStyle, TextBlock, TextOptions, Unit


def run_style(run: Run | None, style: TextStyle, kit: Kit) -> RunStyle:
    """A run's own settings over those of its layer, with theme roles looked up."""
    font = (run.font if run else None) or style.font
    role = kit.roles.get(font.removeprefix("theme:")) if font.startswith("theme:") else None
    family = role.family if role else DEFAULT_FAMILY if font.startswith("theme:") else font
    weight = (run.weight if run else None) or style.weight or (role.weight if role else 400)
    italic = style.italic if run is None or run.italic is None else run.italic
    size = (run.size if run else None) or style.size
    fill = run.fill if run is not None and run.fill is not None else style.fill
    return RunStyle(
        families=tuple(kit.fonts.chain(family)),
        size=size,
        weight=weight,
        italic=italic,
        underline=bool(run and run.underline),
        fill=Fill(fill, kit.palette),
        spacing=style.letter_spacing * size,
    )


def stroke_of(style: TextStyle, kit: Kit) -> tuple[Fill, float] | None:
    return (Fill(style.stroke.color, kit.palette), style.stroke.width) if style.stroke else None


class TextContent:
    """A text layer: drawn once per state; while its animation runs, unit by unit."""

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
            smallest=min(1.0, layer.min_size / largest) if layer.fit == "shrink" else 1.0,
            balance=layer.wrap == "balance",
        )
        self.block = TextBlock([run.text for run in layer.runs], styles, options, kit.fonts)
        self._fills = [style.fill for style in styles]
        self._stroke = stroke_of(layer.style, kit)
        self._plate = Fill(layer.plate.fill, kit.palette) if layer.plate else None
        self._animation = layer.animation
        grow = layer.style.stroke.width if layer.style.stroke else 0.0
        ink = self.block.ink
        ink = (ink[0] - grow, ink[1] - grow, ink[2] + grow, ink[3] + grow)
        plate = self._plate_box()
        if plate:
            ink = (min(ink[0], plate[0]), min(ink[1], plate[1]), max(ink[2], plate[2]), max(ink[3], plate[3]))
        self._whole = Drawn(place, ink, self._draw_all, self._colors, layer.shadow, kit.palette)
        self.bounds = self._whole.bounds
        self._units: list[Drawn] | None = None
        self._unit_count = len(self.block.units(self._animation.by)) if self._animation else 0
        if self._animation:
            room = self._animation.distance
            self.bounds = (self.bounds[0] - room, self.bounds[1] - room, self.bounds[2] + room, self.bounds[3] + room)
            self._curve = curve(self._animation.easing)
            self._stagger = min(self._animation.stagger, self._animation.within / max(1, self._unit_count - 1))

    def _plate_box(self) -> Bounds | None:
        plate, block = self._layer.plate, self.block.block
        if plate is None or block[2] <= block[0]:
            return None
        x, y = plate.padding
        return block[0] - x, block[1] - y, block[2] + x, block[3] + y

    def _colors(self, t: float) -> Hashable:
        extra = [fill for fill in (self._stroke[0] if self._stroke else None, self._plate) if fill]
        return tuple(fill.state(t) for fill in self._fills + extra)

    def _progress(self, t: float) -> tuple[float, ...] | None:
        """How far each unit has come; None outside the animation."""
        animation = self._animation
        if animation is None or t >= animation.duration + self._stagger * (self._unit_count - 1):
            return None
        return tuple(
            min(1.0, max(0.0, (t - index * self._stagger) / animation.duration)) for index in range(self._unit_count)
        )

    def state(self, t: float) -> Hashable:
        return self._colors(t), self._progress(t)

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
        return self._whole.extent(base, t) if self._progress(t) is None else base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        progress, motion = self._progress(t), self._animation
        if progress is None or motion is None:
            self._whole.draw(canvas, base, t, paint)
            return
        canvas.setMatrix(base.matrix())
        self._draw_plate(canvas, t, paint.getAlphaf() * min(1.0, t / motion.duration))
        for unit, p in zip(self._unit_bitmaps(), progress, strict=True):
            if p > 0:
                faded = skia.Paint(paint)
                faded.setAlphaf(paint.getAlphaf() * min(1.0, p * 1.6))
                unit.draw(canvas, self._moved(base, t, motion, unit, self._curve(p)), t, faded)

    def _draw_unit(self, unit: Unit, canvas: skia.Canvas, _base: Affine, t: float) -> None:
        self.block.draw(canvas, t, self._stroke, unit)

    def _unit_bitmaps(self) -> list[Drawn]:
        if self._units is None and self._animation is not None:
            ink, kit, layer = self.block.ink, self._kit, self._layer
            self._units = [
                Drawn(
                    self._place,
                    ink,
                    partial(self._draw_unit, unit),
                    self._colors,
                    layer.shadow,
                    kit.palette,
                )
                for unit in self.block.units(self._animation.by)
            ]
        return self._units or []

    def _moved(self, base: Affine, t: float, motion: TextAnimation, unit: Drawn, eased: float) -> Affine:
        """Where a unit is that has come `eased` (0…1) of its way."""
        away = (1 - eased) * motion.distance
        match motion.preset:
            case "rise":
                return base.translate(0, away)
            case "drop":
                return base.translate(0, -away)
            case "slide":
                rtl = bool(self.block.layout.lines) and self.block.layout.lines[0].rtl
                return base.translate(away if rtl else -away, 0)
            case "zoom":
                left, top, right, bottom = unit.bitmap(t).box
                x, y, zoom = (left + right) / 2, (top + bottom) / 2, 0.6 + 0.4 * eased
                return base.translate(x, y).scale(zoom, zoom).translate(-x, -y)
        return base


class ShapeContent:
    """A rectangle, an ellipse, or a path stretched to the box: a bitmap where it rests, drawn anew where it turns or
    grows.
    """

    heavy = False

    def __init__(self, layer: ShapeLayer, place: Place, kit: Kit) -> None:
        self._place = place
        self._fill = Fill(layer.fill, kit.palette) if layer.fill is not None else None
        self._stroke = Fill(layer.stroke.color, kit.palette) if layer.stroke else None
        self._line = line = layer.stroke.width if layer.stroke else 0.0
        geometry = layer.geometry
        self._radius = Track(geometry.radius) if isinstance(geometry, Rectangle) else None
        self._path: skia.Path | None = None
        self.bounds: Bounds = (-line / 2, -line / 2, place.width + line / 2, place.height + line / 2)
        if isinstance(geometry, Path):
            x, y, width, height = geometry.view_box
            matrix = Affine().scale(place.width / max(width, 1e-6), place.height / max(height, 1e-6)).translate(-x, -y)
            self._path = skia.Path()
            parse_path(geometry.data).transform(matrix.matrix(), self._path)
            drawn = self._path.getBounds()
            edges = drawn.left() - line, drawn.top() - line, drawn.right() + line, drawn.bottom() + line
            pairs = zip(self.bounds, edges, (min, min, max, max), strict=True)
            left, top, right, bottom = (side(a, b) for a, b, side in pairs)
            self.bounds = (left, top, right, bottom)
        plain = skia.Paint()
        self._drawn = Drawn(
            place, self.bounds, lambda c, b, t: self._vector(c, b, t, plain), self.state, layer.shadow, kit.palette
        )
        self._anew = place.turning and layer.shadow is None
        if not self._anew:
            self.bounds = self._drawn.bounds

    def state(self, t: float) -> Hashable:
        radius = self._radius.at(t) if self._radius else None
        return radius, self._fill.state(t) if self._fill else None, self._stroke.state(t) if self._stroke else None

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def extent(self, base: Affine, t: float) -> Bounds:
        return base.bounds(*self.bounds) if self._anew else self._drawn.extent(base, t)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        if self._anew:
            self._vector(canvas, base, t, paint)
        else:
            self._drawn.draw(canvas, base, t, paint)

    def _vector(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        box = (0.0, 0.0, self._place.width, self._place.height)
        paints = [self._fill.paint(t, box)] if self._fill else []
        if self._stroke:
            outline = self._stroke.paint(t, box)
            outline.setStyle(skia.Paint.kStroke_Style)
            outline.setStrokeWidth(self._line)
            outline.setStrokeJoin(skia.Paint.kRound_Join)
            paints.append(outline)
        rect, radius = skia.Rect.MakeLTRB(*box), self._radius.at(t) if self._radius else 0.0
        canvas.setMatrix(base.matrix())
        for own in paints:
            own.setAlphaf(own.getAlphaf() * paint.getAlphaf())
            own.setBlendMode(paint.getBlendMode())
            if self._path is not None:
                canvas.drawPath(self._path, own)
            elif self._radius is not None:
                canvas.drawRoundRect(rect, radius, radius, own)
            else:
                canvas.drawOval(rect, own)


def parse_path(data: str) -> skia.Path:
    """SVG path data as a skia path; ValueError when it is none."""
    path = skia.Path()
    for name, numbers in paths.parse(data):
        match name:
            case "M":
                path.moveTo(*numbers)
            case "L":
                path.lineTo(*numbers)
            case "C":
                path.cubicTo(*numbers)
            case "Q":
                path.quadTo(*numbers)
            case "A":
                rx, ry, rotation, large, sweep, x, y = numbers
                size = skia.Path.ArcSize.kLarge_ArcSize if large else skia.Path.ArcSize.kSmall_ArcSize
                turn = skia.PathDirection.kCW if sweep else skia.PathDirection.kCCW
                path.arcTo(rx, ry, rotation, size, turn, x, y)
            case _:
                path.close()
    return path
