"""Layers over time: where each one is, how it moves, what it draws, and whether it changes from frame to frame."""

from collections.abc import Hashable
from typing import Final, NamedTuple

import skia

from flatrender.composition.expressions import Scope
from flatrender.composition.layers import Layer
from flatrender.composition.layers_base import LayerBase, Motion, Transform
from flatrender.composition.scopes import bound
from flatrender.composition.timeline import EPSILON, span
from flatrender.engine.easing import Track, curve
from flatrender.engine.effects import Blurred
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.layers_base import FAR, Bounds, Content, Kit, Place
from flatrender.engine.masked import TrackMatte
from flatrender.engine.paints import BLEND
from flatrender.engine.surface import Affine, Bitmap, bitmap

_WIPES: Final = {"wipe-right": (0, 2), "wipe-left": (2, 0), "wipe-down": (1, 3), "wipe-up": (3, 1)}


class Pose(NamedTuple):
    """How a layer lies at one time: offset, scales, rotation, opacity, blur, and which part a wipe leaves (preset,
    0…1).
    """

    x: float
    y: float
    scale_x: float
    scale_y: float
    rotation: float
    opacity: float
    blur: float
    wipe: tuple[str, float] | None


class _Transform:
    def __init__(self, transform: Transform) -> None:
        self.x, self.y = Track(transform.x), Track(transform.y)
        self.scale = Track(transform.scale)
        self.scale_x, self.scale_y = Track(transform.scale_x), Track(transform.scale_y)
        self.rotation, self.opacity = Track(transform.rotation), Track(transform.opacity)

    @property
    def turning(self) -> bool:
        return not all(track.constant for track in (self.scale, self.scale_x, self.scale_y, self.rotation))

    @property
    def still(self) -> bool:
        return not self.turning and all(track.constant for track in (self.x, self.y, self.opacity))

    def peak(self) -> float:
        """The largest scale in either direction."""
        return self.scale.peak() * max(self.scale_x.peak(), self.scale_y.peak())


class LayerNode:
    """A layer on the timeline, from `start` to `end` (absolute seconds). All times it is asked for are absolute."""

    def __init__(self, layer: Layer, within: tuple[float, float], parent: Place, kit: Kit, index: int = 0) -> None:
        self.start, self.end = span(layer, *within)
        layer = bound(layer, Scope(max(0.0, self.end - self.start), index, parent.width, parent.height))
        self._layer: LayerBase = layer
        box = getattr(layer, "box", None) or [0.0, 0.0, parent.width, parent.height]
        self._left, self._top, self._width, self._height = box
        self._transform = _Transform(layer.transform)
        self._anchor = layer.transform.anchor[0] * self._width, layer.transform.anchor[1] * self._height
        self._blur = Track(layer.blur)
        self._enter = (layer.enter, curve(layer.enter.easing)) if layer.enter else None
        self._exit = (layer.exit, curve(layer.exit.easing)) if layer.exit else None
        self._blend = BLEND[layer.blend]
        self.blends = layer.blend != "normal"
        self._place = Place(
            self._width,
            self._height,
            (parent.origin[0] + self._left, parent.origin[1] + self._top),
            max(0.0, self.end - self.start),
            parent.scale * max(0.05, self._transform.peak()),
            parent.turning or self._transform.turning,
        )
        self._matte_node: LayerNode | None = None
        self._matte: TrackMatte | None = None
        if layer.matte is not None:
            self._matte_node = LayerNode(layer.matte.layer, (self.start, self.end), parent, kit)
            self._matte = TrackMatte(self._matte_node, layer.matte.mode)
        self._still = self._transform.still and self._blur.constant
        self._rest: Pose | None = None
        self._kit = kit
        self._content: Content | None = None
        self._blurred: Blurred | None = None
        self._kept = KeptBitmap()

    @property
    def content(self) -> Content:
        """What it shows; made when it is first asked for, so that a chunk decodes only what it draws."""
        if self._content is None:
            self._content = self._kit.content(self._layer, self._place, self._kit, (self.start, self.end))
        return self._content

    def release(self) -> None:
        """Let go of what was made for drawing. It is made again if it is asked for."""
        self._content = self._blurred = None
        self._kept = KeptBitmap()
        if self._matte_node is not None:
            self._matte_node.release()

    def visible(self, time: float) -> bool:
        return self.start - EPSILON <= time < self.end - EPSILON

    def pose(self, time: float) -> Pose:
        if not self._still or self._arriving(time):
            return self._pose(time)
        if self._rest is None:
            self._rest = self._pose(time)
        return self._rest

    def _arriving(self, time: float) -> bool:
        """Whether it is on its way in or out."""
        return (self._enter is not None and (time - self.start) / self._enter[0].duration < 1) or (
            self._exit is not None and (self.end - time) / self._exit[0].duration < 1
        )

    def _pose(self, time: float) -> Pose:
        t, transform = time - self.start, self._transform
        scale = transform.scale.at(t)
        x, y, opacity, wipe = transform.x.at(t), transform.y.at(t), transform.opacity.at(t), None
        zoom = 1.0
        for motion, leaving in ((self._enter, False), (self._exit, True)):
            if motion is None:
                continue
            spec, along = motion
            gone = (self.end - time if leaving else t) / spec.duration
            if gone >= 1:
                continue
            p = along(max(0.0, gone)) if not leaving else 1 - along(1 - max(0.0, gone))
            x, y = x + _shift(spec, p, leaving)[0], y + _shift(spec, p, leaving)[1]
            zoom *= {"zoom-in": 0.8 + 0.2 * p, "zoom-out": 1.2 - 0.2 * p}.get(spec.preset, 1.0)
            if spec.preset in _WIPES:
                wipe = (spec.preset, p)
            else:
                opacity *= min(1.0, max(0.0, gone * 1.5)) if spec.preset != "fade" else min(1.0, max(0.0, p))
        return Pose(
            x,
            y,
            scale * transform.scale_x.at(t) * zoom,
            scale * transform.scale_y.at(t) * zoom,
            transform.rotation.at(t),
            min(1.0, max(0.0, opacity)),
            max(0.0, self._blur.at(t)),
            wipe,
        )

    def state(self, time: float) -> Hashable:
        """Equal for two times at which it draws the same; None when nothing is to be seen."""
        if not self.visible(time):
            return None
        pose = self.pose(time)
        if pose.opacity <= 0 or pose.scale_x == 0 or pose.scale_y == 0:
            return None
        own = pose, self.content.state(time - self.start)
        return own if self._matte is None else (own, self._matte.state(time))

    def affine(self, base: Affine, pose: Pose) -> Affine:
        """The layer's own units → pixels, `base` being its parent's."""
        ax, ay = self._anchor
        moved = base.translate(self._left + pose.x + ax, self._top + pose.y + ay)
        return moved.rotate(pose.rotation).scale(pose.scale_x, pose.scale_y).translate(-ax, -ay)

    def covers(self, base: Affine, time: float, width: int, height: int) -> bool:
        """Whether it hides everything beneath it on a canvas of that size."""
        pose = self.pose(time)
        if (
            self._matte is not None
            or self.blends
            or pose.opacity < 1
            or pose.blur > 0
            or pose.wipe
            or not self.content.opaque(time - self.start)
        ):
            return False
        matrix = self.affine(base, pose)
        left, top, right, bottom = matrix.bounds(0, 0, self._width, self._height)
        return matrix.upright and left <= 0.01 and top <= 0.01 and right >= width - 0.01 and bottom >= height - 0.01

    def bounds(self, base: Affine, time: float) -> Bounds:
        """The pixels that it may touch."""
        pose = self.pose(time)
        matrix = self.affine(base, pose)
        reach = 3 * pose.blur * max(abs(part) for part in matrix[:4])
        left, top, right, bottom = self.content.extent(matrix, time - self.start)
        edges = (left - reach, top - reach, right + reach, bottom + reach)
        return edges if self._matte is None else self._matte.cut(edges, base, time)

    def cost(self, time: float) -> float:
        """Roughly how many times as long as copying its pixels drawing it takes."""
        pose = self.pose(time)
        turned = pose.rotation % 360 != 0 or (pose.scale_x, pose.scale_y) != (1.0, 1.0)
        return 1.0 + 5.0 * turned + 2.0 * (self.content.heavy or self._matte is not None) + (pose.blur > 0)

    def draw(self, canvas: skia.Canvas, base: Affine, time: float) -> None:
        pose = self.pose(time)
        paint = skia.Paint(Alphaf=pose.opacity, BlendMode=self._blend)
        if self._matte is None:
            self._draw(canvas, base, time, paint)
            return
        with self._matte.seen_through(canvas, base, time, self.bounds(base, time), paint):
            self._draw(canvas, base, time, skia.Paint())

    def _draw(self, canvas: skia.Canvas, base: Affine, time: float, paint: skia.Paint) -> None:
        pose, t = self.pose(time), time - self.start
        matrix = self.affine(base, pose)
        canvas.save()
        if pose.wipe:
            self._clip(canvas, matrix, *pose.wipe)
        if pose.blur > 0:
            if self._blurred is None:
                self._blurred = Blurred(self.content, self._place)
            self._blurred.draw(canvas, matrix, t, pose.blur, paint)
        elif not matrix.upright and self._only_moves(base, matrix, time):
            self._turned(matrix, t).draw(canvas, Affine(tx=matrix.tx, ty=matrix.ty), paint)
        else:
            self.content.draw(canvas, matrix, t, paint)
        canvas.restore()

    def _only_moves(self, base: Affine, matrix: Affine, time: float) -> bool:
        """Whether beside this frame there is one that differs at most in place: then the turned picture is worth
        keeping.
        """
        for beside in (time + self._kit.frame, time - self._kit.frame):
            if not self.visible(beside) or self.content.state(beside - self.start) != self.content.state(
                time - self.start
            ):
                continue
            if self.affine(base, self.pose(beside))[:4] == matrix[:4]:
                return True
        return False

    def _turned(self, matrix: Affine, t: float) -> Bitmap:
        """The content as it lies under the rotation and scale of `matrix`, in pixels from where that puts the
        layer's (0, 0).
        """
        linear = matrix._replace(tx=0.0, ty=0.0)

        def draw(canvas: skia.Canvas, base: Affine) -> None:
            self.content.draw(canvas, linear._replace(tx=base.tx, ty=base.ty), t, skia.Paint())

        key = (self.content.state(t), matrix[:4])
        return self._kept.get(key, lambda: bitmap(self.content.extent(linear, t), (0.0, 0.0), 1.0, draw))

    def _clip(self, canvas: skia.Canvas, matrix: Affine, preset: str, p: float) -> None:
        edges = list(self.content.bounds)
        fixed, moving = _WIPES[preset]
        if max(abs(edge) for edge in edges) >= FAR:
            # What may draw anywhere is uncovered along its box.
            box = (0.0, 0.0, self._width, self._height)
            edges[moving] = box[fixed] + (box[moving] - box[fixed]) * p
        else:
            edges[moving] = edges[fixed] + (edges[moving] - edges[fixed]) * p
        canvas.setMatrix(matrix.matrix())
        canvas.clipRect(skia.Rect.MakeLTRB(*edges), skia.ClipOp.kIntersect, True)


def _shift(motion: Motion, p: float, leaving: bool) -> tuple[float, float]:
    """How far a preset puts a layer from its place; leaving layers go on in the direction in which they came."""
    away = (1 - p) * motion.distance * (-1 if leaving else 1)
    match motion.preset:
        case "rise":
            return 0.0, away
        case "drop":
            return 0.0, -away
        case "slide-left":
            return away, 0.0
        case "slide-right":
            return -away, 0.0
        case _:
            return 0.0, 0.0
