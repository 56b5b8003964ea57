"""Colours, gradients, progress bars and counters as contents of layers."""

from collections.abc import Hashable
from typing import Final

import skia

from flatrender.composition.layers import GradientLayer, ProgressLayer, SolidLayer
from flatrender.composition.layers_base import Shadow
from flatrender.composition.layers_text import CounterLayer
from flatrender.composition.values import Gradient, Keyframes
from flatrender.engine.easing import Track, curve
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.layers_text import run_style, stroke_of
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.text import TextBlock, TextOptions

_DIGITS: Final = {"latin": "0123456789", "persian": "۰۱۲۳۴۵۶۷۸۹", "arabic": "٠١٢٣٤٥٦٧٨٩"}
_SEPARATORS: Final = {"latin": (",", "."), "persian": ("\u066c", "\u066b"), "arabic": ("\u066c", "\u066b")}


class FillContent:
    """A box full of colour or gradient. An opaque colour is drawn straight; skia copies anything else faster than it
    computes it.
    """

    heavy = False

    def __init__(
        self, paint: str | Keyframes[str] | Gradient, place: Place, kit: Kit, shadow: Shadow | None = None
    ) -> None:
        self._fill = Fill(paint, kit.palette)
        self._box = (0.0, 0.0, place.width, place.height)
        self._drawn = Drawn(place, self._box, self._straight, self.state, shadow, kit.palette)
        self._simple = shadow is None and not self._fill.is_gradient
        self.bounds = self._drawn.bounds

    def state(self, t: float) -> Hashable:
        return self._fill.state(t)

    def opaque(self, t: float) -> bool:
        return self._fill.opaque(t)

    def extent(self, base: Affine, t: float) -> Bounds:  # noqa: ARG002  part of Content
        return base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        plain = paint.getAlphaf() == 1 and paint.getBlendMode() == skia.BlendMode.kSrcOver
        if self._simple and plain and self._fill.opaque(t):
            self._straight(canvas, base, t)
        else:
            self._drawn.draw(canvas, base, t, paint)

    def _straight(self, canvas: skia.Canvas, base: Affine, t: float) -> None:
        own = self._fill.paint(t, self._box)
        own.setAntiAlias(not base.upright)
        canvas.setMatrix(base.matrix())
        canvas.drawRect(skia.Rect.MakeLTRB(*self._box), own)


def fill(layer: SolidLayer | GradientLayer, place: Place, kit: Kit) -> FillContent:
    """A solid or gradient layer."""
    return FillContent(layer.color if isinstance(layer, SolidLayer) else layer.gradient, place, kit, layer.shadow)


def progress(layer: ProgressLayer, place: Place, kit: Kit) -> Drawn:
    """A bar whose filled part grows towards `direction`."""
    bar, track = Fill(layer.fill, kit.palette), Fill(layer.track, kit.palette) if layer.track is not None else None
    value = Track(layer.value) if layer.value is not None else None
    box = (0.0, 0.0, place.width, place.height)

    def at(t: float) -> float:
        return min(1.0, max(0.0, value.at(t) if value else t / place.life if place.life else 1.0))

    def draw(canvas: skia.Canvas, _base: Affine, t: float) -> None:
        p, (width, height) = at(t), box[2:]
        outline = skia.RRect.MakeRectXY(skia.Rect.MakeLTRB(*box), layer.radius, layer.radius)
        if track:
            canvas.drawRRect(outline, track.paint(t, box))
        part = {
            "right": (0.0, 0.0, width * p, height),
            "left": (width * (1 - p), 0.0, width, height),
            "down": (0.0, 0.0, width, height * p),
            "up": (0.0, height * (1 - p), width, height),
        }[layer.direction]
        canvas.save()
        canvas.clipRRect(outline, skia.ClipOp.kIntersect, True)
        canvas.drawRect(skia.Rect.MakeLTRB(*part), bar.paint(t, box))
        canvas.restore()

    def state(t: float) -> Hashable:
        return at(t), bar.state(t), track.state(t) if track else None

    return Drawn(place, box, draw, state, layer.shadow, kit.palette)


class _Figures:
    """Draws numbers with every digit on the same width, so that a running counter does not tremble."""

    def __init__(self, layer: CounterLayer, kit: Kit) -> None:
        self._layer, self._kit = layer, kit
        self._style = run_style(None, layer.style, kit)
        self.stroke = stroke_of(layer.style, kit)
        self._blocks: dict[str, TextBlock] = {}
        self._pitch = max(self._width(digit) for digit in _DIGITS[layer.digits])

    def _block(self, text: str) -> TextBlock:
        if text not in self._blocks:
            options = TextOptions(1e6, 1e6, self._layer.style.line_height, "left", "top", "auto", 1, 1.0, False)
            self._blocks[text] = TextBlock([text], [self._style], options, self._kit.fonts)
        return self._blocks[text]

    def _width(self, text: str) -> float:
        block = self._block(text).block
        return block[2] - block[0]

    def draw(self, canvas: skia.Canvas, text: str, width: float, height: float, t: float) -> None:
        """Paint prefix, figures and suffix in one line within `width` x `height`."""
        layer = self._layer
        # Spaces at the ends of a text vanish; here they lie between words and figures.
        before, after = (words.replace(" ", "\u00a0") for words in (layer.prefix, layer.suffix))
        parts = [part for part in (before, *text, after) if part]
        widths = [
            self._pitch if len(part) == 1 and part in _DIGITS[layer.digits] else self._width(part) for part in parts
        ]
        line = self._style.size * layer.style.line_height
        x = (width - sum(widths)) * {"left": 0.0, "center": 0.5, "right": 1.0}[layer.align]
        y = (height - line) * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[layer.vertical]
        left, right = x, x + sum(widths)
        for part, room in zip(parts, widths, strict=True):
            canvas.save()
            block = self._block(part)
            moved = x + (room - self._width(part)) / 2 - block.block[0]
            canvas.translate(moved, y)
            over = (left - moved, block.block[1], right - moved, block.block[3])
            block.draw(canvas, t, self.stroke, over=over)
            canvas.restore()
            x += room


def number(value: float, layer: CounterLayer) -> str:
    """A number as the counter shows it: decimals, grouping, digits of its language."""
    text = f"{abs(value):{',' if layer.grouping else ''}.{layer.decimals}f}"
    group, point = _SEPARATORS[layer.digits]
    shown = "".join(
        _DIGITS[layer.digits][int(c)] if c.isdigit() else group if c == "," else point if c == "." else c for c in text
    )
    negative = value < 0 and any(c in "123456789" for c in text)
    return ("\u2212" if negative else "") + shown


def counter(layer: CounterLayer, place: Place, kit: Kit) -> Drawn:
    """A running number."""
    figures, along = _Figures(layer, kit), curve(layer.easing)
    fill = Fill(layer.style.fill, kit.palette)
    lasts = layer.count_duration or place.life or 1.0

    def text(t: float) -> str:
        p = along(min(1.0, max(0.0, t / lasts)))
        return number(layer.from_value + (layer.to_value - layer.from_value) * p, layer)

    reach = layer.style.size
    return Drawn(
        place,
        (-reach, -reach / 2, place.width + reach, place.height + reach / 2),
        lambda canvas, _base, t: figures.draw(canvas, text(t), place.width, place.height, t),
        lambda t: (text(t), fill.state(t), figures.stroke and figures.stroke[0].state(t)),
        layer.shadow,
        kit.palette,
    )
