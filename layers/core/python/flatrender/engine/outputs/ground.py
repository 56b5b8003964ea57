"""Transitions between scenes that something shines through."""

from collections.abc import Callable

import numpy as np
import skia

from flatrender.engine.surface import NEAREST, Canvas

_GROUNDS = (skia.Color4f(0, 0, 0, 1), skia.Color4f(1, 1, 1, 1))


class Doubled:
    """Draws what knows only opaque pictures, over black and over white; the difference is what shines through.

    It is exact for whatever mixes pixels evenly, as transitions do: c over black is c·a, over white c·a + 1 - a.
    """

    def __init__(self, width: int, height: int) -> None:
        self._over = [Canvas(width, height, opaque=True) for _ in _GROUNDS]
        self._flat = [Canvas(width, height, opaque=True) for _ in range(2)]

    def draw(self, target: Canvas, old: Canvas, new: Canvas, mix: Callable[[Canvas, Canvas, Canvas], None]) -> None:
        """Fill `target` (premultiplied) with what `mix(canvas, old, new)` makes of two premultiplied pictures."""
        for over, ground in zip(self._over, _GROUNDS, strict=True):
            for flat, scene in zip(self._flat, (old, new), strict=True):
                flatten(scene, flat, ground)
            over.skia.resetMatrix()
            mix(over, *self._flat)
        black, white = (over.pixels for over in self._over)
        through = np.clip(white[..., :3].astype(np.int16) - black[..., :3], 0, 255).min(axis=2).astype(np.uint8)
        alpha = 255 - through
        np.minimum(black[..., :3], alpha[..., None], out=target.pixels[..., :3])
        target.pixels[..., 3] = alpha


def flatten(scene: Canvas, onto: Canvas, ground: skia.Color4f) -> None:
    """Lay `scene` on a colour."""
    onto.skia.resetMatrix()
    onto.skia.clear(ground)
    onto.skia.drawImage(scene.image(), 0, 0, NEAREST)
