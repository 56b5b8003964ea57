"""Luma mattes of transitions: where the new scene shows first, and where last.

A matte is a map of levels, made once. For each frame a table turns levels into alpha, and the scene is laid over the
other through that. Doing the same with skia's gradients and blended shaders takes fifty times as long.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import skia

from flatrender.composition.transitions import LumaMatte, Wipe
from flatrender.engine.layers_media import AssetUnreadable
from flatrender.engine.surface import CUBIC, NEAREST, Canvas, shrink

_BLINDS: Final = 10
"""Strips, from top to bottom."""
_LEVELS: Final = 4096
_SEED: Final = 20_240_601
_COPY: Final = skia.Paint(BlendMode=skia.BlendMode.kSrc)
_KEEP: Final = skia.Paint(BlendMode=skia.BlendMode.kDstIn)
_ROWS: Final = 16

type Levels = npt.NDArray[np.uint16]
type Field = npt.NDArray[np.floating[Any]]


class Mattes:
    """Uncovers one scene over the other on a canvas of `width` x `height` pixels."""

    def __init__(self, assets: Mapping[str, Path], width: int, height: int) -> None:
        self._assets, self._width, self._height = assets, width, height
        self._levels: tuple[str, Levels] | None = None
        self._mask: npt.NDArray[np.uint32] | None = None

    def uncover(self, canvas: skia.Canvas, transition: LumaMatte | Wipe, p: float, scene: skia.Image) -> None:
        """Draw `scene`, which is opaque, where the matte has let it through at `p` (0…1)."""
        mask = self._alpha(transition, p)
        canvas.save()
        canvas.resetMatrix()
        canvas.saveLayer(skia.Rect.MakeWH(self._width, self._height))
        canvas.drawImage(scene, 0, 0, NEAREST, _COPY)
        canvas.drawImage(mask, 0, 0, NEAREST, _KEEP)
        canvas.restore()
        canvas.restore()

    def _alpha(self, transition: LumaMatte | Wipe, p: float) -> skia.Image:
        softness = max(transition.softness, self._step(transition))
        levels = np.arange(_LEVELS, dtype=np.float64) / (_LEVELS - 1)
        if isinstance(transition, LumaMatte) and transition.invert:
            levels = 1 - levels
        table = np.rint(255 * np.clip((p * (1 + softness) - levels) / softness, 0, 1)).astype(np.uint32) << 24
        if self._mask is None:
            self._mask = np.empty((self._height, self._width), np.uint32)
        field = self._field(transition)
        for top in range(0, self._height, _ROWS):
            np.take(table, field[top : top + _ROWS], out=self._mask[top : top + _ROWS], mode="clip")
        pixels = self._mask.view(np.uint8).reshape(self._height, self._width, 4)
        return skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType, copy=False)

    def _step(self, transition: LumaMatte | Wipe) -> float:
        """The softness at which an edge is about as sharp as pixels, or as a picture's levels, can show."""
        if isinstance(transition, Wipe):
            return 1 / (self._width if transition.direction in {"left", "right"} else self._height)
        if transition.asset is not None or transition.matte == "noise":
            return 1.5 / 255
        return (
            1.5 * _BLINDS / self._height if transition.matte == "blinds" else 3 / math.hypot(self._width, self._height)
        )

    def _field(self, transition: LumaMatte | Wipe) -> Levels:
        """The map of a transition; that of the last one is kept."""
        key: str = transition.direction if isinstance(transition, Wipe) else transition.asset or transition.matte
        if self._levels is None or self._levels[0] != key:
            asset = transition.asset if isinstance(transition, LumaMatte) else None
            made = self._luma(asset) if asset else _SHAPES[key](self._width, self._height)
            self._levels = (key, np.rint(np.clip(made, 0, 1) * (_LEVELS - 1)).astype(np.uint16))
        return self._levels[1]

    def _luma(self, asset: str) -> Field:
        """The luma of a picture that covers the canvas."""
        path = self._assets.get(asset)
        data = skia.Data.MakeFromFileName(str(path)) if path is not None else None
        encoded = skia.Image.MakeFromEncoded(data) if data is not None else None
        raster = encoded.makeRasterImage() if encoded is not None else None
        if raster is None:
            raise AssetUnreadable(f"The picture {asset} is missing or is none.")
        scale = max(self._width / raster.width(), self._height / raster.height())
        wide, tall = max(1, round(raster.width() * scale)), max(1, round(raster.height() * scale))
        small = shrink(raster, min(wide, raster.width()), min(tall, raster.height()))
        cover = Canvas(self._width, self._height, opaque=True)
        left, top = (self._width - wide) / 2, (self._height - tall) / 2
        source = skia.Rect.MakeWH(small.width(), small.height())
        cover.skia.drawImageRect(small, source, skia.Rect.MakeXYWH(left, top, wide, tall), CUBIC)
        luma: Field = cover.pixels[:, :, :3] @ np.array([0.0722, 0.7152, 0.2126], np.float32) / np.float32(255)
        return luma


def _across(width: int, height: int) -> tuple[Field, Field]:
    """How far each pixel's middle lies from the left and from the top, 0…1; one row, and one column."""
    x = (np.arange(width, dtype=np.float32) + 0.5)[None, :] / width
    y = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / height
    return x, y


def _towards(direction: str) -> Callable[[int, int], Field]:
    def field(width: int, height: int) -> Field:
        x, y = _across(width, height)
        way = {"left": 1 - x, "right": x, "up": 1 - y, "down": y}[direction]
        return np.broadcast_to(way, (height, width))

    return field


def _radial(width: int, height: int) -> Field:
    x, y = _across(width, height)
    far: Field = np.hypot((x - 0.5) * width, (y - 0.5) * height) / (math.hypot(width, height) / 2)
    return far


def _clock(width: int, height: int) -> Field:
    """The angle from twelve o'clock."""
    x, y = _across(width, height)
    turn: Field = np.arctan2((x - 0.5) * width, (0.5 - y) * height) / (2 * math.pi) % 1
    return turn


def _blinds(width: int, height: int) -> Field:
    _, y = _across(width, height)
    return np.broadcast_to(y * _BLINDS % 1, (height, width))


def _diagonal(width: int, height: int) -> Field:
    x, y = _across(width, height)
    along: Field = (x * width**2 + y * height**2) / (width**2 + height**2)
    return along


def _noise(width: int, height: int) -> Field:
    """Specks of several sizes, each level as frequent as any other."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    field = np.zeros((height, width), np.float32)
    for cells, weight in ((9, 0.9), (27, 0.6), (80, 0.4), (240, 0.2)):
        rows, columns = (max(3, math.ceil(cells * side / max(width, height)) + 1) for side in (height, width))
        dots = (rng.random((rows, columns)) * 255).astype(np.uint8)
        coarse = skia.Image.fromarray(dots, skia.kGray_8_ColorType, skia.kOpaque_AlphaType)
        octave = Canvas(width, height, opaque=True)
        octave.skia.drawImageRect(coarse, skia.Rect.MakeWH(columns, rows), skia.Rect.MakeWH(width, height), CUBIC)
        field += np.float32(weight) * octave.pixels[:, :, 0]
    steps = (field * (65_535 / float(field.max()))).astype(np.uint16)
    share = np.cumsum(np.bincount(steps.ravel(), minlength=65_536)) / steps.size
    return share.astype(np.float32)[steps]


_SHAPES: Final[Mapping[str, Callable[[int, int], Field]]] = {
    **{direction: _towards(direction) for direction in ("left", "right", "up", "down")},
    "radial": _radial,
    "clock": _clock,
    "blinds": _blinds,
    "diagonal": _diagonal,
    "noise": _noise,
}
