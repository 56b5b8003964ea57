"""Groups: layers drawn as one."""

from collections.abc import Hashable
from dataclasses import replace

import skia

from flatrender.composition.layers import GroupLayer
from flatrender.composition.nested import UsedComposition
from flatrender.composition.timeline import inner
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers import LayerNode
from flatrender.engine.layers_base import FAR, Bounds, Kit, Place
from flatrender.engine.surface import Affine, Bitmap, bitmap
from flatrender.engine.time_map import OwnTime


class GroupContent:
    """Layers drawn as one."""

    heavy = True

    def __init__(self, layer: GroupLayer, place: Place, kit: Kit, within: tuple[float, float]) -> None:
        self._start, self._place, self._frame = within[0], place, kit.frame
        times = inner(layer, *within)
        self._own = OwnTime(layer.time, times[1]) if layer.time is not None else None
        self._inside, self._fit, self._shift = place, 1.0, (0.0, 0.0)
        if isinstance(layer, UsedComposition):
            width, height = layer.size
            self._fit = min(place.width / width, place.height / height)
            self._shift = (place.width - width * self._fit) / 2, (place.height - height * self._fit) / 2
            x, y = ((at + shift) / self._fit for at, shift in zip(place.origin, self._shift, strict=True))
            scale = place.scale * self._fit
            self._inside = replace(place, width=width, height=height, origin=(x, y), scale=scale)
        self._clip = layer.clip
        self._nodes = [LayerNode(child, times, self._inside, kit, index) for index, child in enumerate(layer.layers)]
        self.bounds: Bounds = (0.0, 0.0, place.width, place.height) if layer.clip else (-FAR, -FAR, FAR, FAR)
        self._box = (0.0, 0.0, self._inside.width, self._inside.height)
        self._flat = KeptBitmap()

    def _time(self, t: float) -> float:
        """What the layers in it take for the time."""
        return self._start + t if self._own is None else self._own.at(t)

    def _base(self, base: Affine) -> Affine:
        """The units of the layers in it → pixels."""
        return (
            base
            if self._fit == 1 and self._shift == (0.0, 0.0)
            else base.translate(*self._shift).scale(self._fit, self._fit)
        )

    def state(self, t: float) -> Hashable:
        time = self._time(t)
        return tuple(node.state(time) for node in self._nodes)

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def extent(self, base: Affine, t: float) -> Bounds:
        time, base = self._time(t), self._base(base)
        every = [node.bounds(base, time) for node in self._nodes if node.state(time) is not None]
        if not every:
            return base.bounds(0, 0, 0, 0)
        edges = [side(bounds[i] for bounds in every) for i, side in enumerate((min, min, max, max))]
        if self._clip:
            box = base.bounds(*self._box)
            edges = [side(edge, limit) for edge, limit, side in zip(edges, box, (max, max, min, min), strict=True)]
        return edges[0], edges[1], edges[2], edges[3]

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        as_one = paint.getAlphaf() < 1 or paint.getBlendMode() != skia.BlendMode.kSrcOver
        turned = not base.upright or abs(base.a - self._place.scale) > FAR**-1
        if (as_one or turned) and self._rests(t):
            self._flattened(t).draw(canvas, base, paint)
            return
        canvas.save()
        if as_one:
            left, top, right, bottom = self.extent(base, t)
            canvas.resetMatrix()
            canvas.saveLayer(skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1), paint)
        self._children(canvas, base, t)
        if as_one:
            canvas.restore()
        canvas.restore()

    def _children(self, canvas: skia.Canvas, base: Affine, t: float) -> None:
        time, base = self._time(t), self._base(base)
        canvas.save()
        if self._clip:
            canvas.setMatrix(base.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*self._box), skia.ClipOp.kIntersect, not base.upright)
        for node in self._nodes:
            if node.state(time) is not None:
                node.draw(canvas, base, time)
        canvas.restore()

    def _rests(self, t: float) -> bool:
        """Whether the layers in it look the same in the frame before or after; the same answer whatever was drawn
        before.
        """
        now = self.state(t)
        return now == self.state(t + self._frame) or now == self.state(t - self._frame)

    def _flattened(self, t: float) -> Bitmap:
        def make() -> Bitmap:
            bounds = self.extent(Affine(), t)
            return bitmap(bounds, self._place.origin, self._place.scale, lambda c, b: self._children(c, b, t))

        return self._flat.get(self.state(t), make)
