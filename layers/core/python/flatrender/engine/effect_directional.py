"""Directional blur: a content smeared evenly along a line, as by a camera that moved.

The content is drawn turned, so that the line runs down the columns of a bitmap, where sums of rows give the mean of
any length at the same cost; only so many rows are made of them as the smear still tells apart. Then it is turned back.
"""

import math
from collections.abc import Hashable
from typing import Final, NamedTuple

import numpy as np
import skia

from flatrender.composition.effects import DirectionalBlur
from flatrender.engine import resample
from flatrender.engine.easing import Track
from flatrender.engine.kept import Kept
from flatrender.engine.layers_base import Bounds, Content, Place
from flatrender.engine.surface import MAX_AREA, MAX_SIDE, Affine, Canvas, Pixels

_LEAST: Final = 0.05
"""Canvas units; what is smeared less is drawn as it is."""
_SAMPLES: Final = 16
"""Rows within the length of a smear."""
_AT_ONCE: Final = 1_000_000
"""Pixels that are summed up at a time, so that the sums stay small."""
_ROWS: Final = 32
"""Rows that are made at a time, so that what is computed on the way stays in the cache."""
_WRAPPED: Final = 256
"""Rows of which 16 bits hold the sum: longer sums may overflow, their differences do not."""


class _Smeared(NamedTuple):
    """A smeared picture, and where it lies: `place` maps its pixels to the layer's units."""

    image: skia.Image
    place: Affine


class _Turned(NamedTuple):
    """A content before it is smeared along its columns: its corner and scale, by how many degrees it is turned, and
    whether rows and columns have changed places.
    """

    pixels: Pixels
    left: int
    top: int
    scale: float
    turn: float
    flat: bool


class Directional:
    """A content with a directional blur. What it makes is kept as long as content and blur do not change."""

    heavy = True

    def __init__(self, inner: Content, blur: DirectionalBlur, place: Place) -> None:
        self.inner, self._place = inner, place
        self._angle, self._distance = Track(blur.angle), Track(blur.distance)
        self._repeats = blur.edges == "repeat"
        reach = self._distance.peak() / 2 + 2
        left, top, right, bottom = inner.bounds
        self._box: Bounds = (0.0, 0.0, place.width, place.height)
        grown = (left - reach, top - reach, right + reach, bottom + reach)
        self.bounds: Bounds = self._box if self._repeats else grown
        self._made: Kept[_Smeared] = Kept(lambda made: 4 * int(made.image.width()) * int(made.image.height()))
        self._drawn: Kept[_Turned] = Kept(lambda drawn: drawn.pixels.nbytes)

    def _smear(self, t: float) -> tuple[float, float]:
        """Angle in degrees and length in canvas units; (0, 0) where nothing is to be seen of it."""
        distance = self._distance.at(t)
        return (self._angle.at(t) % 180, distance) if distance >= _LEAST else (0.0, 0.0)

    def state(self, t: float) -> Hashable:
        return self.inner.state(t), self._smear(t)

    def opaque(self, t: float) -> bool:
        return (self._repeats or self._smear(t)[1] == 0) and self.inner.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        angle, distance = self._smear(t)
        if distance == 0:
            return self.inner.extent(base, t)
        if self._repeats:
            return base.bounds(*self._box)
        left, top, right, bottom = self.inner.extent(Affine(), t)
        x, y = abs(math.cos(math.radians(angle))) * distance / 2, abs(math.sin(math.radians(angle))) * distance / 2
        edge = 2 / self._place.scale
        return base.bounds(left - x - edge, top - y - edge, right + x + edge, bottom + y + edge)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        if self._smear(t)[1] == 0:
            self.inner.draw(canvas, base, t, paint)
            return
        made = self._smeared(t)
        canvas.save()
        if self._repeats:
            canvas.setMatrix(base.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*self._box), skia.ClipOp.kIntersect, True)
        resample.draw(canvas, made.image, _after(base, made.place), paint)
        canvas.restore()

    def _smeared(self, t: float) -> _Smeared:
        return self._made.get(self.state(t), lambda: self._make(t))

    def _make(self, t: float) -> _Smeared:
        angle, distance = self._smear(t)
        drawn = self._turned(t, angle)
        length = distance * drawn.scale
        step = max(1, int(length / _SAMPLES))
        rows, first = smeared(drawn.pixels, length, step)
        x, y = self._place.origin
        place = Affine().translate(-x, -y).rotate(-drawn.turn).scale(1 / drawn.scale, 1 / drawn.scale)
        if drawn.flat:
            rows = _transposed(rows)
            place = place.translate(drawn.left + first - 0.5 * step, drawn.top - 1).scale(step, 1)
        else:
            place = place.translate(drawn.left - 1, drawn.top + first - 0.5 * step).scale(1, step)
        return _Smeared(skia.Image.fromarray(rows, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType), place)

    def _turned(self, t: float, angle: float) -> _Turned:
        """The content, so that the line of the blur runs down the columns; kept while only the length changes."""
        return self._drawn.get((self.inner.state(t), angle), lambda: self._turn(t, angle))

    def _turn(self, t: float, angle: float) -> _Turned:
        flat, turn = angle == 0, 90 - angle if angle % 90 else 0.0
        box, origin = self._box if self._repeats else self.inner.extent(Affine(), t), self._place.origin
        # Half a smear, and from there to the next row that is made.
        room = self._distance.peak() * (0.5 + 1 / _SAMPLES) if self._repeats else 0.0
        beyond = 2 / self._place.scale if self._repeats else 0.0
        beside = (room + beyond, beyond) if flat else (beyond, room + beyond)
        # On the pixel grid of the place where the layer rests: smeared along an axis, it stays sharp across it.
        turned = Affine().rotate(turn).translate(*origin).bounds(*box)
        edges = (turned[0] - beside[0], turned[1] - beside[1], turned[2] + beside[0], turned[3] + beside[1])
        wide, tall = edges[2] - edges[0] + 1e-3, edges[3] - edges[1] + 1e-3
        scale = min(self._place.scale, MAX_SIDE / wide, MAX_SIDE / tall, math.sqrt(MAX_AREA / (wide * tall)))
        left, top = (math.floor(edge * scale + 1e-6) for edge in edges[:2])
        right, bottom = (math.ceil(edge * scale - 1e-6) for edge in edges[2:])
        canvas = Canvas(max(1, right - left), max(1, bottom - top))
        to_pixels = Affine(scale, 0, 0, scale, -left, -top).rotate(turn).translate(*origin)
        if self._repeats:
            self._draw_repeated(canvas.skia, to_pixels, t, scale, (angle, room))
        else:
            canvas.skia.setMatrix(to_pixels.matrix())
            self.inner.draw(canvas.skia, to_pixels, t, skia.Paint())
        return _Turned(_transposed(canvas.pixels) if flat else canvas.pixels, left, top, scale, turn, flat)

    def _draw_repeated(
        self, canvas: skia.Canvas, to_pixels: Affine, t: float, scale: float, along: tuple[float, float]
    ) -> None:
        """The content, what lies at the edges of its box going on for as far `along` a line as a smear reaches."""
        (x, y), box, radians = self._place.origin, self._box, math.radians(along[0])
        left, top = math.floor((x + box[0]) * scale + 1e-6), math.floor((y + box[1]) * scale + 1e-6)
        right, bottom = math.ceil((x + box[2]) * scale - 1e-6), math.ceil((y + box[3]) * scale - 1e-6)
        upright = Canvas(max(1, right - left), max(1, bottom - top))
        base = Affine(scale, 0, 0, scale, x * scale - left, y * scale - top)
        upright.skia.setMatrix(base.matrix())
        self.inner.draw(upright.skia, base, t, skia.Paint())
        dx, dy = (math.ceil(abs(part) * along[1] * scale) + 4 for part in (math.cos(radians), math.sin(radians)))
        more = np.pad(upright.pixels, ((dy, dy), (dx, dx), (0, 0)), mode="edge")
        image = skia.Image.fromarray(more, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType, copy=False)
        place = to_pixels.translate(-x, -y).scale(1 / scale, 1 / scale).translate(left - dx, top - dy)
        resample.draw(canvas, image, place)


def _after(one: Affine, other: Affine) -> Affine:
    """`other`, and then `one`."""
    return Affine(
        one.a * other.a + one.c * other.b,
        one.b * other.a + one.d * other.b,
        one.a * other.c + one.c * other.d,
        one.b * other.c + one.d * other.d,
        one.a * other.tx + one.c * other.ty + one.tx,
        one.b * other.tx + one.d * other.ty + one.ty,
    )


def _transposed(pixels: Pixels) -> Pixels:
    """Rows for columns."""
    whole = np.ascontiguousarray(pixels.view(np.uint32)[:, :, 0].T)
    return whole[:, :, None].view(np.uint8)


def smeared(pixels: Pixels, length: float, step: int) -> tuple[Pixels, float]:
    """The means of `length` rows each, of every `step`-th such stretch from where it first meets the picture; and
    where the middle of the first lies, in rows of the picture. There is one clear column on each side and one clear
    row at each end.
    """
    height, width = pixels.shape[:2]
    whole, part = int(length), length - int(length)
    first = -whole - 1
    begins = np.arange(first, height + 1, step)
    made = np.zeros((len(begins) + 2, width + 2, 4), np.uint8)
    low, high = np.clip(begins, 0, height), np.clip(begins + whole, 0, height)
    beyond = begins + whole
    inside = (beyond >= 0) & (beyond < height)
    sums = np.dtype(np.uint16 if whole < _WRAPPED else np.uint32)
    strip = max(64, _AT_ONCE // (height + 1))
    # The same memory for all strips: new memory costs more than the sums.
    work = np.zeros((2, height + 1, 4 * min(strip, width)), sums)
    for left in range(0, width, strip):
        part_of = pixels[:, left : left + strip].reshape(height, -1)
        rows, totals = work[0, :height, : part_of.shape[1]], work[1, :, : part_of.shape[1]]
        rows[:] = part_of
        # Row by row: numpy's own running sums take many times as long.
        for row in range(height):
            np.add(totals[row], rows[row], out=totals[row + 1])
        shown = made[1:-1, left + 1 : left + 1 + part_of.shape[1] // 4].reshape(len(begins), -1)
        for some in (slice(at, at + _ROWS) for at in range(0, len(begins), _ROWS)):
            mean = (totals[high[some]] - totals[low[some]]).astype(np.float32)
            if part:
                mean[inside[some]] += np.float32(part) * rows[beyond[some][inside[some]]]
            mean *= np.float32(1 / length)
            mean += np.float32(0.5)
            shown[some] = mean
        made[1:-1, left + 1 : left + 1 + part_of.shape[1] // 4] = shown.reshape(len(begins), -1, 4)
    return made, first - step + length / 2
