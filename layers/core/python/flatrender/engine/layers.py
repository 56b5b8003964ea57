"""Layers over time: where each one is, how it moves, what it draws, and whether it changes from frame to frame."""

from collections.abc import Hashable
from typing import Final, NamedTuple

import skia

from flatrender.composition.layers import (
    CounterLayer,
    GradientLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    LayerBase,
    Motion,
    ProgressLayer,
    ShapeLayer,
    SolidLayer,
    TextLayer,
    Transform,
    VideoLayer,
)
from flatrender.composition.timeline import EPSILON, span
from flatrender.engine import layers_fill, layers_media, layers_vector
from flatrender.engine.easing import Track, curve
from flatrender.engine.effects import Blurred
from flatrender.engine.layers_base import Bounds, Content, Kit, Place
from flatrender.engine.paints import BLEND
from flatrender.engine.surface import Affine

_WIPES: Final = {"wipe-right": (0, 2), "wipe-left": (2, 0), "wipe-down": (1, 3), "wipe-up": (3, 1)}

_FAR: Final = 1e6
"""Canvas units; a group that does not clip may draw anywhere."""


class Pose(NamedTuple):
    """How a layer lies at one time: offset, scales, rotation, opacity, blur, and which part a wipe leaves (preset, 0…1)."""

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

    def peak(self) -> float:
        """The largest scale in either direction."""
        return self.scale.peak() * max(self.scale_x.peak(), self.scale_y.peak())


class LayerNode:
    """A layer on the timeline, from `start` to `end` (absolute seconds). All times it is asked for are absolute."""

    def __init__(self, layer: Layer, within: tuple[float, float], parent: Place, kit: Kit) -> None:
        self.start, self.end = span(layer, *within)
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
        )
        self._kit = kit
        self._content: Content | None = None
        self._blurred: Blurred | None = None

    @property
    def content(self) -> Content:
        """What it shows; made when it is first asked for, so that a chunk decodes only what it draws."""
        if self._content is None:
            self._content = _content(self._layer, self._place, self._kit, (self.start, self.end))
        return self._content

    def visible(self, time: float) -> bool:
        return self.start - EPSILON <= time < self.end - EPSILON

    def pose(self, time: float) -> Pose:
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
        return pose, self.content.state(time - self.start)

    def affine(self, base: Affine, pose: Pose) -> Affine:
        """The layer's own units → pixels, `base` being its parent's."""
        ax, ay = self._anchor
        moved = base.translate(self._left + pose.x + ax, self._top + pose.y + ay)
        return moved.rotate(pose.rotation).scale(pose.scale_x, pose.scale_y).translate(-ax, -ay)

    def covers(self, base: Affine, time: float, width: int, height: int) -> bool:
        """Whether it hides everything beneath it on a canvas of that size."""
        pose = self.pose(time)
        if self.blends or pose.opacity < 1 or pose.blur > 0 or pose.wipe or not self.content.opaque(time - self.start):
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
        return left - reach, top - reach, right + reach, bottom + reach

    def cost(self, time: float) -> float:
        """Roughly how many times as long as copying its pixels drawing it takes."""
        pose = self.pose(time)
        turned = pose.rotation % 360 != 0 or (pose.scale_x, pose.scale_y) != (1.0, 1.0)
        heavy = isinstance(self.content, GroupContent) or isinstance(self.content, layers_media.MovingPicture)
        return 1.0 + 2.0 * turned + 2.0 * heavy + (pose.blur > 0)

    def draw(self, canvas: skia.Canvas, base: Affine, time: float) -> None:
        pose, t = self.pose(time), time - self.start
        matrix = self.affine(base, pose)
        paint = skia.Paint(Alphaf=pose.opacity, BlendMode=self._blend)
        canvas.save()
        if pose.wipe:
            self._clip(canvas, matrix, *pose.wipe)
        if pose.blur > 0:
            if self._blurred is None:
                self._blurred = Blurred(self.content, self._place)
            self._blurred.draw(canvas, matrix, t, pose.blur, paint)
        else:
            self.content.draw(canvas, matrix, t, paint)
        canvas.restore()

    def _clip(self, canvas: skia.Canvas, matrix: Affine, preset: str, p: float) -> None:
        edges = list(self.content.bounds)
        fixed, moving = _WIPES[preset]
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


class GroupContent:
    """Layers drawn as one."""

    def __init__(self, layer: GroupLayer, place: Place, kit: Kit, within: tuple[float, float]) -> None:
        self._start = within[0]
        self._clip = layer.clip
        self._nodes = [LayerNode(child, within, place, kit) for child in layer.layers]
        self.bounds: Bounds = (0.0, 0.0, place.width, place.height) if layer.clip else (-_FAR, -_FAR, _FAR, _FAR)
        self._box = (0.0, 0.0, place.width, place.height)

    def state(self, t: float) -> Hashable:
        return tuple(node.state(self._start + t) for node in self._nodes)

    def opaque(self, t: float) -> bool:
        return False

    def extent(self, base: Affine, t: float) -> Bounds:
        time = self._start + t
        every = [node.bounds(base, time) for node in self._nodes if node.state(time) is not None]
        if not every:
            return base.bounds(0, 0, 0, 0)
        edges = [side(bounds[i] for bounds in every) for i, side in enumerate((min, min, max, max))]
        if self._clip:
            box = base.bounds(*self._box)
            edges = [side(edge, limit) for edge, limit, side in zip(edges, box, (max, max, min, min), strict=True)]
        return edges[0], edges[1], edges[2], edges[3]

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        time = self._start + t
        shown = [node for node in self._nodes if node.state(time) is not None]
        canvas.save()
        if self._clip:
            canvas.setMatrix(base.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*self._box), skia.ClipOp.kIntersect, not base.upright)
        as_one = paint.getAlphaf() < 1 or paint.getBlendMode() != skia.BlendMode.kSrcOver
        if as_one:
            canvas.resetMatrix()
            left, top, right, bottom = self.extent(base, t)
            canvas.saveLayer(skia.Rect.MakeLTRB(left - 1, top - 1, right + 1, bottom + 1), paint)
        for node in shown:
            node.draw(canvas, base, time)
        if as_one:
            canvas.restore()
        canvas.restore()


def _content(layer: LayerBase, place: Place, kit: Kit, within: tuple[float, float]) -> Content:
    match layer:
        case TextLayer():
            return layers_vector.TextContent(layer, place, kit)
        case ImageLayer():
            return layers_media.picture(layer, place, kit)
        case VideoLayer():
            return layers_media.VideoContent(layer, place, kit)
        case ShapeLayer():
            return layers_vector.shape(layer, place, kit)
        case SolidLayer() | GradientLayer():
            return layers_fill.fill(layer, place, kit)
        case ProgressLayer():
            return layers_fill.progress(layer, place, kit)
        case CounterLayer():
            return layers_fill.counter(layer, place, kit)
        case GroupLayer():
            return GroupContent(layer, place, kit, within)
    raise TypeError(f"no way to draw a {type(layer).__name__}")
