"""What a drawn layer is made of: the kit it is built with, and its content."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import skia

from flatrender.composition.layers import Shadow
from flatrender.composition.schemas import FontRole
from flatrender.engine.fonts import FontLibrary
from flatrender.engine.paints import Palette, color4f
from flatrender.engine.surface import Affine, Bitmap, bitmap

type Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True)
class Kit:
    """What all layers of a composition share. `scale` is pixels per canvas unit, `duration` seconds of the whole."""

    palette: Palette
    fonts: FontLibrary
    roles: Mapping[str, FontRole]
    assets: Mapping[str, Path]
    scale: float
    duration: float
    decoded: dict[str, skia.Image] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a layer is built: its size and resting origin in canvas units, its life in seconds, its pixels per unit at most."""

    width: float
    height: float
    origin: tuple[float, float]
    life: float
    scale: float


class Content(Protocol):
    """What a layer shows, in its own units from the top left of its box. Times are seconds from the start of the layer."""

    bounds: Bounds

    def state(self, t: float) -> Hashable:
        """Equal for two times at which the same is drawn."""
        ...

    def opaque(self, t: float) -> bool:
        """Whether every pixel of the box is covered."""
        ...

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        """Draw under `base` (units → pixels); `paint` carries opacity and blend mode."""
        ...


class Drawn:
    """Content that is drawn once per state into a bitmap and then only copied."""

    def __init__(
        self,
        place: Place,
        bounds: Bounds,
        draw: Callable[[skia.Canvas, Affine, float], None],
        state: Callable[[float], Hashable],
        shadow: Shadow | None,
        palette: Palette,
        fills: Callable[[float], bool] = lambda t: False,
    ) -> None:
        self._place, self._draw, self._state, self._fills = place, draw, state, fills
        self._shadow = _shadow_paint(shadow, palette, place.scale) if shadow else None
        self.bounds = shadowed(bounds, shadow)
        self._last: tuple[Hashable, Bitmap] | None = None

    def state(self, t: float) -> Hashable:
        return self._state(t)

    def opaque(self, t: float) -> bool:
        return self._fills(t)

    def bitmap(self, t: float) -> Bitmap:
        state = self._state(t)
        if self._last is None or self._last[0] != state:
            self._last = (state, bitmap(self.bounds, self._place.origin, self._place.scale, lambda c, b: self._render(c, b, t)))
        return self._last[1]

    def _render(self, canvas: skia.Canvas, base: Affine, t: float) -> None:
        if self._shadow is None:
            self._draw(canvas, base, t)
            return
        canvas.save()
        canvas.resetMatrix()
        canvas.saveLayer(paint=self._shadow)
        canvas.setMatrix(base.matrix())
        self._draw(canvas, base, t)
        canvas.restore()
        canvas.restore()

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        self.bitmap(t).draw(canvas, base, paint)


def shadowed(bounds: Bounds, shadow: Shadow | None) -> Bounds:
    """Bounds with room for a shadow."""
    if shadow is None:
        return bounds
    reach = 3 * shadow.blur + 1
    return (
        bounds[0] - max(0.0, reach - shadow.x),
        bounds[1] - max(0.0, reach - shadow.y),
        bounds[2] + max(0.0, reach + shadow.x),
        bounds[3] + max(0.0, reach + shadow.y),
    )


def _shadow_paint(shadow: Shadow, palette: Palette, scale: float) -> skia.Paint:
    sigma = shadow.blur * scale / 2
    color = color4f(palette.parse(shadow.color)).toColor()
    return skia.Paint(ImageFilter=skia.ImageFilters.DropShadow(shadow.x * scale, shadow.y * scale, sigma, sigma, color))
