"""A content seen only where its masks lie, and a layer seen only by its matte."""

import math
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, Protocol

import skia

from flatrender.engine.layers_base import Bounds, Content
from flatrender.engine.surface import NEAREST, Affine, Canvas

_LUMA: Final = skia.ColorFilters.Matrix([*([0.0] * 15), 0.2126, 0.7152, 0.0722, 0.0, 0.0])
"""Luma becomes alpha. Where the matte shows nothing it is black."""

type Mode = Literal["add", "subtract", "intersect"]


class Matte(Protocol):
    """What a mask is drawn by: a layer of its own, its times absolute."""

    def state(self, time: float) -> Hashable: ...
    def bounds(self, base: Affine, time: float) -> Bounds: ...
    def draw(self, canvas: skia.Canvas, base: Affine, time: float) -> None: ...


class Stencil:
    """What a matte covers, as a picture in pixels of the canvas; drawn again only when it changes."""

    def __init__(self, matte: Matte, blend: skia.BlendMode, luma: bool = False) -> None:
        self._matte, self._luma = matte, skia.Paint(ColorFilter=_LUMA) if luma else None
        self._paint = skia.Paint(BlendMode=blend)
        self._key: Hashable = None
        self._canvas: Canvas | None = None

    def cut(self, canvas: skia.Canvas, base: Affine, time: float, room: skia.IRect) -> None:
        """Blend it with all that `canvas` holds within `room`."""
        state = self._matte.state(time)
        key = (state, base, room.left(), room.top(), room.right(), room.bottom())
        if self._canvas is None or self._key != key:
            self._canvas, self._key = self._drawn(base, time, room, state), key
        canvas.resetMatrix()
        canvas.drawImage(self._canvas.image(), room.left(), room.top(), NEAREST, self._paint)

    def forget(self) -> None:
        """Let go of the picture."""
        self._canvas = None

    def _drawn(self, base: Affine, time: float, room: skia.IRect, state: Hashable) -> Canvas:
        held = self._canvas
        if held is None or (held.width, held.height) != (room.width(), room.height()):
            held = Canvas(room.width(), room.height())
            _hold(self)
        else:
            held.skia.clear(skia.ColorTRANSPARENT)
        if state is not None:
            held.skia.save()
            if self._luma is not None:
                held.skia.resetMatrix()
                held.skia.saveLayer(paint=self._luma)
            self._matte.draw(held.skia, base._replace(tx=base.tx - room.left(), ty=base.ty - room.top()), time)
            if self._luma is not None:
                held.skia.restore()
            held.skia.restore()
        return held


_HELD: Final = 6
"""Stencils that keep their picture, of up to the size of the canvas."""
_held: "OrderedDict[int, Stencil]" = OrderedDict()


def _hold(stencil: Stencil) -> None:
    """Keep the pictures of the last few stencils only."""
    _held[id(stencil)] = stencil
    _held.move_to_end(id(stencil))
    while len(_held) > _HELD:
        _held.popitem(last=False)[1].forget()


def _room(canvas: skia.Canvas, edges: Bounds) -> skia.IRect:
    """The whole pixels of the canvas that `edges` touch."""
    clip = canvas.getDeviceClipBounds()
    left, top = max(clip.left(), math.floor(edges[0]) - 1), max(clip.top(), math.floor(edges[1]) - 1)
    right, bottom = min(clip.right(), math.ceil(edges[2]) + 1), min(clip.bottom(), math.ceil(edges[3]) + 1)
    return skia.IRect.MakeLTRB(left, top, max(left, right), max(top, bottom))


class Masked:
    """Keeps of `inner` what `matte` covers or, with `invert`, what it leaves free. `start` is when the layer starts."""

    heavy = True

    def __init__(self, inner: Content, matte: Matte, invert: bool, start: float) -> None:
        self.inner = inner
        self.bounds: Bounds = inner.bounds
        self._matte, self._start = matte, start
        self._stencil = Stencil(matte, skia.BlendMode.kDstOut if invert else skia.BlendMode.kDstIn)
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
        canvas.save()
        canvas.resetMatrix()
        # What is drawn goes beyond the mask, so that it must be cut off there as well.
        room = _room(canvas, self.extent(base, t))
        if not room.isEmpty():
            canvas.clipRect(skia.Rect.Make(room))
            canvas.saveLayer(skia.Rect.Make(room), paint)
            self.inner.draw(canvas, base, t, skia.Paint())
            self._stencil.cut(canvas, base, self._start + t, room)
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
        self._stencil = Stencil(matte, blend, mode.startswith("luma"))

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
        canvas.save()
        canvas.resetMatrix()
        room = _room(canvas, edges)
        canvas.clipRect(skia.Rect.Make(room))
        canvas.saveLayer(skia.Rect.Make(room), paint)
        yield
        if not room.isEmpty():
            self._stencil.cut(canvas, base, time, room)
        canvas.restore()
        canvas.restore()
