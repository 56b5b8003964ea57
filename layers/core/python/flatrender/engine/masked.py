"""A content seen only where its masks lie, and a layer seen only by its matte."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, Protocol

import skia

from flatrender.engine.layers_base import Bounds, Content
from flatrender.engine.surface import Affine

_LUMA: Final = skia.ColorFilters.Matrix([*([0.0] * 15), 0.2126, 0.7152, 0.0722, 0.0, 0.0])
"""Luma becomes alpha. Where the matte shows nothing it is black."""

type Mode = Literal["add", "subtract", "intersect"]


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


class Masks:
    """Several mattes put together in order, as one. `inverted` mattes count where they do not lie; `room` is the box
    that is shown whole when the first one does not add.
    """

    def __init__(self, parts: Sequence[tuple[Matte, Mode, bool]], room: Bounds) -> None:
        self._parts, self._room = parts, room
        self._whole = parts[0][1] != "add"

    def state(self, time: float) -> Hashable:
        return tuple(matte.state(time) for matte, _, _ in self._parts)

    def bounds(self, base: Affine, time: float) -> Bounds:
        adding = [matte.bounds(base, time) for matte, mode, inverted in self._parts if mode == "add" and not inverted]
        if self._whole or any(inverted and mode == "add" for _, mode, inverted in self._parts) or not adding:
            adding.append(base.bounds(*self._room))
        edges = [side(box[i] for box in adding) for i, side in enumerate((min, min, max, max))]
        return edges[0], edges[1], edges[2], edges[3]

    def draw(self, canvas: skia.Canvas, base: Affine, time: float) -> None:
        canvas.save()
        if self._whole:
            self._fill(canvas, base)
        for matte, mode, inverted in self._parts:
            canvas.resetMatrix()
            canvas.saveLayer(paint=skia.Paint(BlendMode=_TOGETHER[mode]))
            if inverted:
                self._fill(canvas, base)
                canvas.resetMatrix()
                canvas.saveLayer(paint=skia.Paint(BlendMode=skia.BlendMode.kDstOut))
            if matte.state(time) is not None:
                matte.draw(canvas, base, time)
            if inverted:
                canvas.restore()
            canvas.restore()
        canvas.restore()

    def _fill(self, canvas: skia.Canvas, base: Affine) -> None:
        canvas.setMatrix(base.matrix())
        canvas.drawRect(skia.Rect.MakeLTRB(*self._room), skia.Paint(AntiAlias=not base.upright))


_TOGETHER: Final = {
    "add": skia.BlendMode.kSrcOver,
    "subtract": skia.BlendMode.kDstOut,
    "intersect": skia.BlendMode.kDstIn,
}


class TrackMatte:
    """The matte of a layer: another layer in the same coordinates."""

    def __init__(self, matte: Matte, mode: str) -> None:
        self._matte, self._inverted = matte, mode.endswith("inverted")
        blend = skia.BlendMode.kDstOut if self._inverted else skia.BlendMode.kDstIn
        self._keep = skia.Paint(BlendMode=blend, ColorFilter=_LUMA if mode.startswith("luma") else None)

    def state(self, time: float) -> Hashable:
        return self._matte.state(time)

    def cut(self, edges: Bounds, base: Affine, time: float) -> Bounds:
        """What may be left of the pixels within `edges`."""
        if self._inverted:
            return edges
        hole = (0.0, 0.0, 0.0, 0.0) if self._matte.state(time) is None else self._matte.bounds(base, time)
        left, top = max(edges[0], hole[0]), max(edges[1], hole[1])
        return left, top, max(left, min(edges[2], hole[2])), max(top, min(edges[3], hole[3]))

    @contextmanager
    def seen_through(
        self, canvas: skia.Canvas, base: Affine, time: float, edges: Bounds, paint: skia.Paint
    ) -> Iterator[None]:
        """What is drawn within is laid onto `canvas` with `paint` where the matte lets it through. `edges` hold it."""
        left, top, right, bottom = edges
        room = skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1)
        canvas.save()
        canvas.resetMatrix()
        canvas.clipRect(room)
        canvas.saveLayer(room, paint)
        yield
        canvas.resetMatrix()
        canvas.saveLayer(room, self._keep)
        if self._matte.state(time) is not None:
            self._matte.draw(canvas, base, time)
        canvas.restore()
        canvas.restore()
        canvas.restore()
