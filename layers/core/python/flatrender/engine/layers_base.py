"""What a drawn layer is made of: the kit it is built with, and its content."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import skia

from flatrender.composition.audio import AudioTrack
from flatrender.composition.layers_base import LayerBase, Shadow
from flatrender.composition.schemas import FontRole
from flatrender.engine.fonts import FontLibrary
from flatrender.engine.kept import KeptBitmap
from flatrender.engine.paints import Palette
from flatrender.engine.shadows import caster, room, shadowed
from flatrender.engine.surface import Affine, Bitmap, bitmap

type Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom."""


FAR: Final = 1e6
"""Canvas units; a group that does not clip may draw anywhere."""


@dataclass(frozen=True)
class Kit:
    """What all layers of a composition share. `scale` is pixels per canvas unit, `frame` the seconds of a frame.

    `content` makes what a layer shows, in a place, within absolute seconds. `tracks` are what is heard.
    """

    palette: Palette
    fonts: FontLibrary
    roles: Mapping[str, FontRole]
    assets: Mapping[str, Path]
    scale: float
    frame: float
    content: "Callable[[LayerBase, Place, Kit, tuple[float, float]], Content]"
    tracks: Sequence[AudioTrack] = ()


@dataclass(frozen=True)
class Place:
    """Where a layer is built: its size and resting origin in canvas units, its life in seconds, its pixels per unit
    at most.

    `turning` says that it is rotated or scaled while it lives.
    """

    width: float
    height: float
    origin: tuple[float, float]
    life: float
    scale: float
    turning: bool = False


class Content(Protocol):
    """What a layer shows, in its own units from the top left of its box. Times are seconds from the start of the
    layer.
    """

    bounds: Bounds
    heavy: bool
    """Whether drawing it takes much longer than copying its pixels."""

    def state(self, t: float) -> Hashable:
        """Equal for two times at which the same is drawn."""
        ...

    def opaque(self, t: float) -> bool:
        """Whether every pixel of the box is covered."""
        ...

    def extent(self, base: Affine, t: float) -> Bounds:
        """The pixels that it may touch when drawn under `base`."""
        ...

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        """Draw under `base` (units → pixels); `paint` carries opacity and blend mode."""
        ...


class Drawn:
    """Content that is drawn once per state into a bitmap and then only copied."""

    heavy = False

    def __init__(  # noqa: PLR0917  the parts of every drawn thing, in one order everywhere
        self,
        place: Place,
        bounds: Bounds,
        draw: Callable[[skia.Canvas, Affine, float], None],
        state: Callable[[float], Hashable],
        shadow: Shadow | None,
        palette: Palette,
        fills: Callable[[float], bool] = lambda _t: False,
    ) -> None:
        self._place, self._draw, self._state, self._fills = place, draw, state, fills
        self._shadow = caster(shadow, palette) if shadow else None
        self._bare, self._room = bounds, room(shadow)
        self.bounds = shadowed(bounds, shadow)
        self._kept = KeptBitmap()

    def state(self, t: float) -> Hashable:
        return self._state(t)

    def opaque(self, t: float) -> bool:
        return self._fills(t)

    def extent(self, base: Affine, t: float) -> Bounds:
        return base.bounds(*self.box(t))

    def bitmap(self, t: float) -> Bitmap:
        return self._kept.get(self._state(t), lambda: self._make(t))

    def box(self, t: float) -> Bounds:
        """Where its bitmap lies, in the layer's units."""
        return self._kept.box(self._state(t), lambda: self._make(t))

    def _make(self, t: float) -> Bitmap:
        place, room = self._place, self._room
        return bitmap(self._bare, place.origin, place.scale, lambda c, b: self._draw(c, b, t), self._shadow, room=room)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        self.bitmap(t).draw(canvas, base, paint)
