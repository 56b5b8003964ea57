"""Colours and gradients of the format as skia paints."""

import math
import re
from collections.abc import Mapping
from typing import Final

import skia

from flatrender.composition.layers_base import BlendMode
from flatrender.composition.values import Gradient, Keyframes, LinearGradient, RadialGradient
from flatrender.engine.easing import ColorTrack, Rgba

_HEX: Final = re.compile(r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$")

BLEND: Final[Mapping[BlendMode, skia.BlendMode]] = {
    "normal": skia.BlendMode.kSrcOver,
    "multiply": skia.BlendMode.kMultiply,
    "screen": skia.BlendMode.kScreen,
    "overlay": skia.BlendMode.kOverlay,
    "darken": skia.BlendMode.kDarken,
    "lighten": skia.BlendMode.kLighten,
    "add": skia.BlendMode.kPlus,
    "soft-light": skia.BlendMode.kSoftLight,
    "hard-light": skia.BlendMode.kHardLight,
    "color-dodge": skia.BlendMode.kColorDodge,
    "color-burn": skia.BlendMode.kColorBurn,
    "difference": skia.BlendMode.kDifference,
    "exclusion": skia.BlendMode.kExclusion,
    "hue": skia.BlendMode.kHue,
    "saturation": skia.BlendMode.kSaturation,
    "color": skia.BlendMode.kColor,
    "luminosity": skia.BlendMode.kLuminosity,
}


class Palette:
    """Turns colour strings into (r, g, b, a) in 0…1, straight alpha; looks `theme:` names up."""

    def __init__(self, colors: Mapping[str, str]) -> None:
        self._colors = colors

    def parse(self, color: str) -> Rgba:
        for _ in range(8):
            if not color.startswith("theme:"):
                break
            color = self._colors[color.removeprefix("theme:")]
        if color == "transparent":
            return 0.0, 0.0, 0.0, 0.0
        if not _HEX.match(color):
            raise ValueError(f"not a colour: {color}")
        digits = color[1:]
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        r, g, b, a = (int((digits + "ff")[i : i + 2], 16) / 255 for i in (0, 2, 4, 6))
        return r, g, b, a


def color4f(color: Rgba, opacity: float = 1.0) -> skia.Color4f:
    return skia.Color4f(color[0], color[1], color[2], color[3] * opacity)


class Fill:
    """A paint of the format, ready to be used: a colour over time, or a gradient over a box."""

    def __init__(self, paint: str | Keyframes[str] | Gradient, palette: Palette) -> None:
        self._gradient: Gradient | None = None
        self._colors: ColorTrack | None = None
        if isinstance(paint, (LinearGradient, RadialGradient)):
            self._gradient = paint
            self._stops = [palette.parse(stop.color) for stop in paint.stops]
        else:
            self._colors = ColorTrack(paint, palette.parse)

    def state(self, t: float) -> Rgba | None:
        """What changes over time: the colour; nothing for a gradient."""
        return self._colors.at(t) if self._colors else None

    @property
    def is_gradient(self) -> bool:
        return self._gradient is not None

    def opaque(self, t: float) -> bool:
        return self._colors.at(t)[3] == 1 if self._colors else all(stop[3] == 1 for stop in self._stops)

    def paint(self, t: float, box: tuple[float, float, float, float]) -> skia.Paint:
        """The skia paint at `t`; gradients run over `box` (left, top, right, bottom in the canvas' current units)."""
        paint = skia.Paint(AntiAlias=True, Dither=self._gradient is not None)
        if self._colors is not None:
            paint.setColor4f(color4f(self._colors.at(t)))
        elif self._gradient is not None:
            # What takes a colour and no shader, such as an underline, has that of the first stop.
            paint.setColor4f(color4f((*self._stops[0][:3], 1.0)))
            paint.setShader(_shader(self._gradient, self._stops, box))
        return paint


def _shader(gradient: Gradient, colors: list[Rgba], box: tuple[float, float, float, float]) -> skia.Shader:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    positions = [stop.offset for stop in gradient.stops]
    values = [color4f(color).toColor() for color in colors]
    if isinstance(gradient, RadialGradient):
        x, y = left + gradient.center[0] * width, top + gradient.center[1] * height
        reach = max(math.hypot(x - cx, y - cy) for cx in (left, right) for cy in (top, bottom))
        return skia.GradientShader.MakeRadial(skia.Point(x, y), max(1e-3, reach * gradient.radius), values, positions)
    radians = math.radians(gradient.angle)
    dx, dy = math.cos(radians), math.sin(radians)
    half = (abs(dx) * width + abs(dy) * height) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    ends = [skia.Point(x - dx * half, y - dy * half), skia.Point(x + dx * half, y + dy * half)]
    return skia.GradientShader.MakeLinear(ends, values, positions)
