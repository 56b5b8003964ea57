"""Text and shapes as contents of layers."""

from collections.abc import Hashable

import skia

from flatrender.composition import paths
from flatrender.composition.fonts import DEFAULT_FAMILY
from flatrender.composition.layers import (
    Ellipse,
    Rectangle,
    Run,
    ShapeLayer,
    TextLayer,
    TextStyle,
)
from flatrender.engine.easing import Track, curve
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.text import RunStyle, TextBlock, TextOptions


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
        if animation is None or t >= animation.duration + animation.stagger * (self._unit_count - 1):
            return None
        return tuple(
            min(1.0, max(0.0, (t - index * animation.stagger) / animation.duration)) for index in range(self._unit_count)
        )

    def state(self, t: float) -> Hashable:
        return self._colors(t), self._progress(t)

    def opaque(self, t: float) -> bool:
        return False

    def _draw_plate(self, canvas: skia.Canvas, t: float) -> None:
        box = self._plate_box()
        if self._plate and box and self._layer.plate:
            rect = skia.Rect.MakeLTRB(*box)
            canvas.drawRoundRect(rect, self._layer.plate.radius, self._layer.plate.radius, self._plate.paint(t, box))

    def _draw_all(self, canvas: skia.Canvas, base: Affine, t: float) -> None:
        self._draw_plate(canvas, t)
        self.block.draw(canvas, t, self._stroke)

    def extent(self, base: Affine, t: float) -> Bounds:
        return self._whole.extent(base, t) if self._progress(t) is None else base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        progress = self._progress(t)
        if progress is None or self._animation is None:
            self._whole.draw(canvas, base, t, paint)
            return
        if self._plate:
            canvas.setMatrix(base.matrix())
            plate = self._plate.paint(t, self._plate_box() or (0, 0, 1, 1))
            plate.setAlphaf(plate.getAlphaf() * paint.getAlphaf() * min(1.0, t / self._animation.duration))
            box = self._plate_box()
            if box and self._layer.plate:
                canvas.drawRoundRect(skia.Rect.MakeLTRB(*box), self._layer.plate.radius, self._layer.plate.radius, plate)
        for unit, p in zip(self._unit_bitmaps(), progress, strict=True):
            if p > 0:
                self._draw_unit(canvas, base, t, paint, unit, self._curve(p), p)

    def _unit_bitmaps(self) -> list[Drawn]:
        if self._units is None and self._animation is not None:
            ink, kit, layer = self.block.ink, self._kit, self._layer
            self._units = [
                Drawn(
                    self._place,
                    ink,
                    lambda canvas, base, t, unit=unit: self.block.draw(canvas, t, self._stroke, unit),  # type: ignore[misc]
                    self._colors,
                    layer.shadow,
                    kit.palette,
                )
                for unit in self.block.units(self._animation.by)
            ]
        return self._units or []

    def _draw_unit(
        self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint, unit: Drawn, eased: float, p: float
    ) -> None:
        assert self._animation is not None
        away, faded = (1 - eased) * self._animation.distance, skia.Paint(paint)
        faded.setAlphaf(paint.getAlphaf() * min(1.0, max(0.0, p * 1.6)))
        match self._animation.preset:
            case "rise":
                base = base.translate(0, away)
            case "drop":
                base = base.translate(0, -away)
            case "slide":
                base = base.translate(away if self.block.layout.lines and self.block.layout.lines[0].rtl else -away, 0)
            case "zoom":
                left, top, right, bottom = unit.bitmap(t).box
                x, y, zoom = (left + right) / 2, (top + bottom) / 2, 0.6 + 0.4 * eased
                base = base.translate(x, y).scale(zoom, zoom).translate(-x, -y)
            case "fade":
                pass
        unit.draw(canvas, base, t, faded)


def shape(layer: ShapeLayer, place: Place, kit: Kit) -> Drawn:
    """A rectangle, an ellipse, or a path stretched to the box."""
    fill = Fill(layer.fill, kit.palette) if layer.fill is not None else None
    stroke = Fill(layer.stroke.color, kit.palette) if layer.stroke else None
    line = layer.stroke.width if layer.stroke else 0.0
    box = (0.0, 0.0, place.width, place.height)
    geometry = layer.geometry
    radius = Track(geometry.radius) if isinstance(geometry, Rectangle) else Track(0.0)
    path = skia.Path()
    if not isinstance(geometry, (Rectangle, Ellipse)):
        x, y, width, height = geometry.view_box
        matrix = Affine().scale(place.width / max(width, 1e-6), place.height / max(height, 1e-6)).translate(-x, -y)
        parse_path(geometry.data).transform(matrix.matrix(), path)

    def draw(canvas: skia.Canvas, base: Affine, t: float) -> None:
        paints = [fill.paint(t, box)] if fill else []
        if stroke:
            outline = stroke.paint(t, box)
            outline.setStyle(skia.Paint.kStroke_Style)
            outline.setStrokeWidth(line)
            outline.setStrokeJoin(skia.Paint.kRound_Join)
            paints.append(outline)
        rect = skia.Rect.MakeWH(place.width, place.height)
        for paint in paints:
            if isinstance(geometry, Rectangle):
                canvas.drawRoundRect(rect, radius.at(t), radius.at(t), paint)
            elif isinstance(geometry, Ellipse):
                canvas.drawOval(rect, paint)
            else:
                canvas.drawPath(path, paint)

    def state(t: float) -> Hashable:
        return radius.at(t), fill.state(t) if fill else None, stroke.state(t) if stroke else None

    half = line / 2
    bounds = (-half, -half, place.width + half, place.height + half)
    if not isinstance(geometry, (Rectangle, Ellipse)):
        drawn = path.getBounds()
        bounds = (
            min(bounds[0], drawn.left() - line),
            min(bounds[1], drawn.top() - line),
            max(bounds[2], drawn.right() + line),
            max(bounds[3], drawn.bottom() + line),
        )
    return Drawn(place, bounds, draw, state, layer.shadow, kit.palette)


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
