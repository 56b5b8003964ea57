"""A content seen only where its mask lies."""

from collections.abc import Hashable
from typing import Protocol

import skia

from flatrender.engine.layers_base import Bounds, Content
from flatrender.engine.surface import Affine


class Matte(Protocol):
    """What a mask is drawn by: a layer of its own, its times absolute."""

    def state(self, time: float) -> Hashable: ...
    def bounds(self, base: Affine, time: float) -> Bounds: ...
    def draw(self, canvas: skia.Canvas, base: Affine, time: float) -> None: ...


class Masked:
    """Keeps of `inner` what `matte` covers or, with `invert`, what it leaves free. `start` is when the layer starts."""

    heavy = True

    def __init__(self, inner: Content, matte: Matte, invert: bool, start: float) -> None:
        self.inner = inner
        self.bounds: Bounds = inner.bounds
        self._matte, self._start = matte, start
        self._keep = skia.Paint(BlendMode=skia.BlendMode.kDstOut if invert else skia.BlendMode.kDstIn)
        self._invert = invert

    def state(self, t: float) -> Hashable:
        return self.inner.state(t), self._matte.state(self._start + t)

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def outline(self, t: float) -> Hashable:
        """What a shadow of it depends on: of a picture that fills its box only the mask."""
        return None if self.inner.opaque(t) else self.inner.state(t), self._matte.state(self._start + t)

    def extent(self, base: Affine, t: float) -> Bounds:
        left, top, right, bottom = self.inner.extent(base, t)
        if self._invert:
            return left, top, right, bottom
        hole = self._matte.bounds(base, self._start + t)
        x, y = max(left, hole[0]), max(top, hole[1])
        return x, y, max(x, min(right, hole[2])), max(y, min(bottom, hole[3]))

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        left, top, right, bottom = self.extent(base, t)
        room = skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1)
        time = self._start + t
        canvas.save()
        canvas.resetMatrix()
        # What is drawn goes beyond the mask, so that it must be cut off there as well.
        canvas.clipRect(room)
        canvas.saveLayer(room, paint)
        self.inner.draw(canvas, base, t, skia.Paint())
        canvas.resetMatrix()
        canvas.saveLayer(room, self._keep)
        if self._matte.state(time) is not None:
            self._matte.draw(canvas, base, time)
        canvas.restore()
        canvas.restore()
        canvas.restore()
