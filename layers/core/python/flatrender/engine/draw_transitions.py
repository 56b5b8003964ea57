"""Transitions: two scenes become one picture."""

from collections.abc import Callable
from typing import Final

import skia

from flatrender.composition.schemas import CrossFade, Dip, Slide, Transition, Wipe, Zoom
from flatrender.engine.easing import curve
from flatrender.engine.paints import Palette, color4f
from flatrender.engine.surface import LINEAR, NEAREST, Canvas

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
) -> None:
    """Fill `canvas` with the old and the new scene as the transition shows them at `progress` (0…1).

    `old` and `new` draw their scene when they are called, `old_here` the old one straight onto `canvas`; a
    transition calls only for what it shows.
    """
    match transition:
        case CrossFade():
            old_here()
            canvas.resetMatrix()
            _place(canvas, new(), 0, 0, skia.Paint(Alphaf=_EVEN(progress)))
        case Slide():
            _slide(canvas, _SMOOTH(progress), transition.direction, old(), new())
        case Wipe():
            _wipe(canvas, _SMOOTH(progress), transition, old(), new())
        case Zoom():
            p = _SMOOTH(progress)
            _zoom(canvas, new(), 1 + transition.amount * 0.3 * (1 - p), _COPY)
            _zoom(canvas, old(), 1 + transition.amount * p, skia.Paint(Alphaf=1 - p))
        case Dip():
            color = palette.parse(transition.color)
            shown, veil = (old(), 2 * progress) if progress < 0.5 else (new(), 2 - 2 * progress)
            _place(canvas, shown, 0, 0, _COPY)
            canvas.drawColor(color4f((*color[:3], 1.0), _EVEN(veil)))
        case _:
            _place(canvas, new(), 0, 0, _COPY)


def _place(canvas: skia.Canvas, scene: Canvas, x: int, y: int, paint: skia.Paint) -> None:
    canvas.drawImage(scene.image(), x, y, NEAREST, paint)


def _slide(canvas: skia.Canvas, p: float, direction: str, old: Canvas, new: Canvas) -> None:
    dx, dy = _TOWARDS[direction]
    x, y = round(dx * p * old.width), round(dy * p * old.height)
    _place(canvas, old, x, y, _COPY)
    _place(canvas, new, x - dx * old.width, y - dy * old.height, _COPY)


def _wipe(canvas: skia.Canvas, p: float, wipe: Wipe, old: Canvas, new: Canvas) -> None:
    _place(canvas, old, 0, 0, _COPY)
    dx, dy = _TOWARDS[wipe.direction]
    length = abs(dx) * old.width + abs(dy) * old.height
    soft = max(1.0, wipe.softness * length)
    # The edge runs from just outside one side to just outside the other, measured along the direction of the wipe.
    edge = p * (length + soft)
    far = (old.width if dx < 0 else 0, old.height if dy < 0 else 0)
    ends = [skia.Point(far[0] + dx * d, far[1] + dy * d) for d in (edge - soft, edge)]
    mask = skia.GradientShader.MakeLinear(ends, [skia.ColorBLACK, skia.ColorTRANSPARENT], [0.0, 1.0])
    picture = new.image().makeShader(skia.TileMode.kClamp, skia.TileMode.kClamp, NEAREST)
    canvas.drawPaint(skia.Paint(Shader=skia.Shaders.Blend(skia.BlendMode.kDstIn, picture, mask)))


def _zoom(canvas: skia.Canvas, scene: Canvas, factor: float, paint: skia.Paint) -> None:
    canvas.save()
    canvas.translate(scene.width / 2, scene.height / 2)
    canvas.scale(factor, factor)
    canvas.translate(-scene.width / 2, -scene.height / 2)
    canvas.drawImage(scene.image(), 0, 0, LINEAR, paint)
    canvas.restore()
