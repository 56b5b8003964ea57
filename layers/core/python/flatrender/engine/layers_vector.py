"""Shapes as contents of layers."""

from collections.abc import Hashable

import skia

from flatrender.composition.layers import ShapeLayer
from flatrender.composition.layers_base import Path, Rectangle, Trim
from flatrender.engine.easing import Track
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.layers_text import run_style, stroke_of
from flatrender.engine.paints import Fill
from flatrender.engine.paths import PathTrack
from flatrender.engine.surface import Affine

__all__ = ["ShapeContent", "run_style", "stroke_of"]


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
        self._path: PathTrack | None = None
        self._trim = Trimmed(layer.trim) if layer.trim is not None and layer.stroke is not None else None
        self.bounds: Bounds = (-line / 2, -line / 2, place.width + line / 2, place.height + line / 2)
        if isinstance(geometry, Path):
            x, y, width, height = geometry.view_box
            self._units = Affine().scale(place.width / max(width, 1e-6), place.height / max(height, 1e-6))
            self._units = self._units.translate(-x, -y)
            self._path = PathTrack(geometry.data)
            drawn = self._units.bounds(*self._path.bounds())
            edges = drawn[0] - line, drawn[1] - line, drawn[2] + line, drawn[3] + line
            pairs = zip(self.bounds, edges, (min, min, max, max), strict=True)
            left, top, right, bottom = (side(a, b) for a, b, side in pairs)
            self.bounds = (left, top, right, bottom)
        plain = skia.Paint()
        self._drawn = Drawn(
            place, self.bounds, lambda c, b, t: self._vector(c, b, t, plain), self.state, layer.shadow, kit.palette
        )
        changing = self._path is not None and not self._path.constant
        changing = changing or (self._trim is not None and not self._trim.constant)
        self._anew = (place.turning or changing) and layer.shadow is None
        if not self._anew:
            self.bounds = self._drawn.bounds

    def state(self, t: float) -> Hashable:
        radius = self._radius.at(t) if self._radius else None
        path, trim = self._path.state(t) if self._path else None, self._trim.at(t) if self._trim else None
        return (
            radius,
            path,
            trim,
            self._fill.state(t) if self._fill else None,
            self._stroke.state(t) if self._stroke else None,
        )

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
        parts = [(self._outline(t), self._fill.paint(t, box))] if self._fill else []
        span = self._trim.at(t) if self._trim else None
        if self._stroke and (span is None or span[1] > 0):
            line = self._stroke.paint(t, box)
            line.setStyle(skia.Paint.kStroke_Style)
            line.setStrokeWidth(self._line)
            line.setStrokeJoin(skia.Paint.kRound_Join)
            if self._trim is not None and span is not None:
                self._trim.cut(line, *span)
            parts.append((self._outline(t), line))
        canvas.setMatrix(base.matrix())
        for outline, own in parts:
            own.setAlphaf(own.getAlphaf() * paint.getAlphaf())
            own.setBlendMode(paint.getBlendMode())
            canvas.drawPath(outline, own)

    def _outline(self, t: float) -> skia.Path:
        """The shape in the units of the layer. Rectangles and ellipses begin at the top and run clockwise."""
        path, rect = skia.Path(), skia.Rect.MakeWH(self._place.width, self._place.height)
        if self._path is not None:
            self._path.at(t).transform(self._units.matrix(), path)
        elif self._radius is not None:
            radius = self._radius.at(t)
            path.addRRect(skia.RRect.MakeRectXY(rect, radius, radius), skia.PathDirection.kCW, 0)
        else:
            path.addOval(rect, skia.PathDirection.kCW, 0)
        return path


class Trimmed:
    """Which part of a stroke is drawn."""

    def __init__(self, trim: Trim) -> None:
        self._start, self._end, self._offset = Track(trim.start), Track(trim.end), Track(trim.offset)
        self._cap = {
            "butt": skia.Paint.kButt_Cap,
            "round": skia.Paint.kRound_Cap,
            "square": skia.Paint.kSquare_Cap,
        }[trim.cap]
        self.constant = self._start.constant and self._end.constant and self._offset.constant

    def at(self, t: float) -> tuple[float, float]:
        """Where the part begins, 0…1, and how long it is."""
        start, end = (min(1.0, max(0.0, track.at(t))) for track in (self._start, self._end))
        return (start + self._offset.at(t)) % 1.0, max(0.0, end - start)

    def cut(self, paint: skia.Paint, start: float, length: float) -> None:
        """Have a stroke's paint draw only that part."""
        paint.setStrokeCap(self._cap)
        if length >= 1:
            return
        end = start + length
        if end <= 1:
            paint.setPathEffect(skia.TrimPathEffect.Make(start, end))
        else:
            paint.setPathEffect(skia.TrimPathEffect.Make(end - 1, start, skia.TrimPathEffect.Mode.kInverted))
