"""Luma mattes of transitions: where the new scene shows first, and where last."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import skia

from flatrender.composition.transitions import LumaMatte
from flatrender.engine.surface import CUBIC, LINEAR, NEAREST, Canvas, shrink

_BLINDS: Final = 10
"""Strips, from top to bottom."""
_STEPS: Final = 255
_SEED: Final = 20_240_601


class Mattes:
    """Uncovers one scene over the other. Pictures are prepared once, for a canvas of `width` x `height` pixels."""

    def __init__(self, assets: Mapping[str, Path], width: int, height: int) -> None:
        self._assets, self._width, self._height = assets, width, height
        self._made: dict[str, skia.Image] = {}

    def uncover(self, canvas: skia.Canvas, transition: LumaMatte, p: float, scene: skia.Image) -> None:
        """Draw `scene` where the matte has let it through at `p` (0…1)."""
        if transition.asset is not None or transition.matte == "noise":
            mask = self._levels(transition, p)
        else:
            mask = self._shape(transition, p)
        picture = scene.makeShader(skia.TileMode.kClamp, skia.TileMode.kClamp, NEAREST)
        canvas.resetMatrix()
        canvas.drawPaint(skia.Paint(Shader=skia.Shaders.Blend(skia.BlendMode.kDstIn, picture, mask)))

    def _shape(self, transition: LumaMatte, p: float) -> skia.Shader:
        width, height = self._width, self._height
        middle, corner = skia.Point(width / 2, height / 2), math.hypot(width, height) / 2
        length = {"radial": corner, "blinds": height / _BLINDS, "diagonal": 2 * corner}.get(transition.matte, corner)
        offsets, colors = _ramp(p, max(transition.softness, 1.5 / length), transition.invert)
        match transition.matte:
            case "radial":
                return skia.GradientShader.MakeRadial(middle, corner, colors, offsets)
            case "clock":
                upwards = skia.Matrix.RotateDeg(-90, middle)
                return skia.GradientShader.MakeSweep(
                    middle.x(), middle.y(), colors, offsets, skia.TileMode.kClamp, 0, 360, 0, upwards
                )
            case "blinds":
                ends = [skia.Point(0, 0), skia.Point(0, length)]
                return skia.GradientShader.MakeLinear(ends, colors, offsets, skia.TileMode.kRepeat)
            case _:
                ends = [skia.Point(0, 0), skia.Point(width, height)]
                return skia.GradientShader.MakeLinear(ends, colors, offsets)

    def _levels(self, transition: LumaMatte, p: float) -> skia.Shader:
        """The mask of a matte that is a picture: its 256 levels through a table."""
        key = transition.asset or transition.matte
        if key not in self._made:
            levels = self._luma(transition.asset) if transition.asset else _noise(self._width, self._height)
            self._made[key] = skia.Image.fromarray(levels, skia.kAlpha_8_ColorType)
        softness = max(transition.softness, 2 / _STEPS)
        edge = p * (1 + softness)
        values = [n / _STEPS for n in range(_STEPS + 1)]
        ways = [(edge - (1 - value if transition.invert else value)) / softness for value in values]
        table = [round(_STEPS * min(1.0, max(0.0, way))) for way in ways]
        same = list(range(256))
        image = self._made[key]
        fit = skia.Matrix.Scale(self._width / image.width(), self._height / image.height())
        mask = image.makeShader(skia.TileMode.kClamp, skia.TileMode.kClamp, LINEAR, fit)
        return mask.makeWithColorFilter(skia.TableColorFilter.MakeARGB(table, same, same, same))

    def _luma(self, asset: str) -> npt.NDArray[np.uint8]:
        """The luma of a picture that covers the canvas."""
        path = self._assets.get(asset)
        data = skia.Data.MakeFromFileName(str(path)) if path is not None else None
        encoded = skia.Image.MakeFromEncoded(data) if data is not None else None
        raster = encoded.makeRasterImage() if encoded is not None else None
        if raster is None:
            raise FileNotFoundError(f"The picture {asset} is missing or is none.")
        scale = max(self._width / raster.width(), self._height / raster.height())
        wide, tall = max(1, round(raster.width() * scale)), max(1, round(raster.height() * scale))
        cover = Canvas(self._width, self._height, opaque=True)
        small = shrink(raster, min(wide, raster.width()), min(tall, raster.height()))
        left, top = (self._width - wide) / 2, (self._height - tall) / 2
        source = skia.Rect.MakeWH(small.width(), small.height())
        cover.skia.drawImageRect(small, source, skia.Rect.MakeXYWH(left, top, wide, tall), CUBIC)
        luma = cover.pixels[:, :, :3] @ np.array([0.0722, 0.7152, 0.2126], np.float32)
        return np.ascontiguousarray(np.rint(luma).astype(np.uint8))


def _ramp(p: float, softness: float, invert: bool) -> tuple[list[float], list[int]]:
    """Stops of a gradient along the matte's luma: clear where it has not been uncovered yet, opaque where it has."""
    edge = p * (1 + softness)
    marks = sorted({0.0, 1.0, *(min(1.0, max(0.0, at)) for at in (edge - softness, edge))})
    alphas = [min(1.0, max(0.0, (edge - mark) / softness)) for mark in marks]
    if invert:
        marks, alphas = [1 - mark for mark in reversed(marks)], alphas[::-1]
    return marks, [skia.Color4f(0, 0, 0, alpha).toColor() for alpha in alphas]


def _noise(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Specks of several sizes, each level as frequent as any other, at half the size of the canvas."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    wide, tall = max(1, math.ceil(width / 2)), max(1, math.ceil(height / 2))
    field = np.zeros((tall, wide), np.float32)
    for cells, weight in ((9, 0.9), (27, 0.6), (80, 0.4), (240, 0.2)):
        rows, columns = (
            max(2, math.ceil(cells * tall / max(wide, tall))) + 1,
            max(2, math.ceil(cells * wide / max(wide, tall))) + 1,
        )
        coarse = skia.Image.fromarray(
            (rng.random((rows, columns)) * 255).astype(np.uint8), skia.kGray_8_ColorType, skia.kOpaque_AlphaType
        )
        octave = Canvas(wide, tall, opaque=True)
        octave.skia.drawImageRect(coarse, skia.Rect.MakeWH(columns, rows), skia.Rect.MakeWH(wide, tall), CUBIC)
        field += weight * octave.pixels[:, :, 0].astype(np.float32)
    order = np.argsort(field, axis=None, kind="stable")
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    return (ranks * 256 // order.size).astype(np.uint8).reshape(tall, wide)
