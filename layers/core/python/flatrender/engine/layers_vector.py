"""Shapes as contents of layers."""

from collections.abc import Hashable

import skia

from flatrender.composition import paths
from flatrender.composition.layers import ShapeLayer
from flatrender.composition.layers_base import Path, Rectangle
from flatrender.engine.easing import Track
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.layers_text import run_style, stroke_of
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine

__all__ = ["ShapeContent", "parse_path", "run_style", "stroke_of"]


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
