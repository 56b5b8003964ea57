"""Transitions: two scenes become one picture."""

from collections.abc import Callable
from typing import Final

import skia

from flatrender.composition.transitions import (
    CrossFade,
    Dip,
    Lasting,
    LumaMatte,
    Push,
    Slide,
    Transition,
    Wipe,
    Zoom,
)
from flatrender.engine import resample
from flatrender.engine.draw_mattes import Mattes
from flatrender.engine.easing import curve
from flatrender.engine.paints import Palette, color4f
from flatrender.engine.surface import NEAREST, Affine, Canvas

_COPY: Final = skia.Paint(BlendMode=skia.BlendMode.kSrc)
_TOWARDS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_SMOOTH: Final = curve("ease-in-out")
_EVEN: Final = curve("ease-in-out-quad")


def combine(
    canvas: skia.Canvas,
    transition: Transition,
    progress: float,
    *,
    old: Callable[[], Canvas],
    new: Callable[[], Canvas],
    old_here: Callable[[], None],
    palette: Palette,
    mattes: Mattes,
) -> None:
    """Fill `canvas` with the old and the new scene as the transition shows them at `progress` (0…1).

    `old` and `new` draw their scene when they are called, `old_here` the old one straight onto `canvas`; a
    transition calls only for what it shows.
    """
    p = _eased(transition, progress)
    match transition:
        case CrossFade():
            old_here()
            canvas.resetMatrix()
            _place(canvas, new(), 0, 0, skia.Paint(Alphaf=p))
        case Slide(cover=True):
            _place(canvas, old(), 0, 0, _COPY)
            _slide(canvas, p, transition.direction, None, new())
        case Slide() | Push():
            _slide(canvas, p, transition.direction, old(), new())
        case Wipe() | LumaMatte():
            _place(canvas, old(), 0, 0, _COPY)
            mattes.uncover(canvas, transition, p, new().image())
        case Zoom():
            _zoom(canvas, new(), 1 + transition.amount * 0.3 * (1 - p), skia.Paint())
            _zoom(canvas, old(), 1 + transition.amount * p, skia.Paint(Alphaf=1 - p))
        case Dip():
            color = palette.parse(transition.color)
            shown, veil = (old(), 2 * p) if p < 0.5 else (new(), 2 - 2 * p)
            _place(canvas, shown, 0, 0, _COPY)
            canvas.drawColor(color4f((*color[:3], 1.0), _EVEN(veil)))
        case _:
            _place(canvas, new(), 0, 0, _COPY)


def _eased(transition: Transition, progress: float) -> float:
    """How far it has come; easings that overshoot are held at their ends, beyond which there is nothing to show."""
    easing = transition.easing if isinstance(transition, Lasting) else None
    if easing is not None:
        return min(1.0, max(0.0, curve(easing)(progress)))
    match transition:
        case CrossFade():
            return _EVEN(progress)
        case Dip() | LumaMatte():
            return progress
        case _:
            return _SMOOTH(progress)


def _place(canvas: skia.Canvas, scene: Canvas, x: int, y: int, paint: skia.Paint) -> None:
    canvas.drawImage(scene.image(), x, y, NEAREST, paint)


def _slide(canvas: skia.Canvas, p: float, direction: str, old: Canvas | None, new: Canvas) -> None:
    dx, dy = _TOWARDS[direction]
    x, y = round(dx * p * new.width), round(dy * p * new.height)
    if old is not None:
        _place(canvas, old, x, y, _COPY)
    _place(canvas, new, x - dx * new.width, y - dy * new.height, _COPY)


def _zoom(canvas: skia.Canvas, scene: Canvas, factor: float, paint: skia.Paint) -> None:
    x, y = scene.width / 2, scene.height / 2
    around = Affine().translate(x, y).scale(factor, factor).translate(-x, -y)
    canvas.save()
    resample.draw(canvas, scene.image(), around, paint)
    canvas.restore()
