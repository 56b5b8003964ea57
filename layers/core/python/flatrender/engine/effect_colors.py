"""Chroma key and LUT: what each colour becomes, computed once for all colours and then looked up.

A function of a pixel's colour alone is worth a table: with seven bits of each channel it has two million entries, is
exact to a level and takes about 4 ms for a 1080p frame, where the same formula as a shader on the CPU takes 190.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import skia

from flatrender.composition import cube_file
from flatrender.composition.effects import Adjust, ChromaKey, Effects, Lut
from flatrender.engine.effect_looks import Colors, look
from flatrender.engine.effected import matrix
from flatrender.engine.layers_media import AssetUnreadable
from flatrender.engine.paints import Palette
from flatrender.engine.surface import NEAREST, Pixels

_SIDE: Final = 128
_ROWS: Final = 16
"""Rows of a picture that are looked up at a time, so that what is computed on the way stays in the cache."""
_KEPT: Final = 4
"""Tables of 8 MB."""
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_CB, _CR = 1.8556, 1.5748
_DARK: Final = 0.12

_tables: "OrderedDict[Hashable, Table]" = OrderedDict()


class Table:
    """What every colour becomes, alpha included. `clear` says that some of them are not opaque."""

    def __init__(self, entries: npt.NDArray[np.uint32], clear: bool) -> None:
        self._entries, self.clear = entries, clear

    def apply(self, pixels: Pixels, opaque: bool) -> None:
        """Replace the colours of a picture (BGRA, premultiplied) in place; `opaque` promises that all its pixels
        are.
        """
        edge = None if opaque else self._straighten(pixels)
        alpha = None if opaque else pixels[:, :, 3].copy()
        values = pixels.view(np.uint32)[:, :, 0]
        index = np.empty((_ROWS, values.shape[1]), np.uint32)
        part = np.empty_like(index)
        for top in range(0, values.shape[0], _ROWS):
            rows = values[top : top + _ROWS]
            i, p = index[: len(rows)], part[: len(rows)]
            np.bitwise_and(np.right_shift(rows, 1, out=i), 0x7F, out=i)
            np.bitwise_and(np.right_shift(rows, 2, out=p), 0x3F80, out=p)
            np.bitwise_or(i, p, out=i)
            np.bitwise_and(np.right_shift(rows, 3, out=p), 0x1FC000, out=p)
            np.bitwise_or(i, p, out=i)
            np.take(self._entries, i, out=rows, mode="clip")
        if alpha is not None and edge is not None:
            values[alpha == 0] = 0
            covered = pixels[edge].astype(np.uint16) * alpha[edge][:, None].astype(np.uint16)
            pixels[edge] = ((covered + 127) // 255).astype(np.uint8)

    @staticmethod
    def _straighten(pixels: Pixels) -> npt.NDArray[np.bool_]:
        """Divide half-transparent pixels by their alpha, and say which ones these are."""
        alpha = pixels[:, :, 3]
        edge: npt.NDArray[np.bool_] = (alpha > 0) & (alpha < 255)
        part = pixels[edge].astype(np.uint32)
        straight = np.minimum(255, (part[:, :3] * 255 + part[:, 3:] // 2) // part[:, 3:])
        pixels[edge] = np.concatenate([straight, part[:, 3:]], axis=1).astype(np.uint8)
        return edge


class Adjusted:
    """An adjustment of colours alone, for pictures that are drawn often: exact, and made once."""

    clear = False

    def __init__(self, adjust: Adjust) -> None:
        values = [value for row in matrix(adjust) for value in row]
        self._paint = skia.Paint(ColorFilter=skia.ColorFilters.Matrix(values), BlendMode=skia.BlendMode.kSrc)

    def apply(self, pixels: Pixels, opaque: bool) -> None:
        """Replace the colours of a picture (BGRA, premultiplied) in place."""
        alpha = skia.kOpaque_AlphaType if opaque else skia.kPremul_AlphaType
        image = skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, alpha)
        info = skia.ImageInfo.Make(image.width(), image.height(), skia.kBGRA_8888_ColorType, alpha)
        skia.Surface.MakeRasterDirect(info, pixels).getCanvas().drawImage(image, 0, 0, NEAREST, self._paint)


def table(effects: Effects, palette: Palette, assets: Mapping[str, Path]) -> Table | None:
    """The table of a layer's chroma key, adjustment and LUT; None when it has neither key nor LUT.

    Raises AssetUnreadable when the file of the LUT is not there or is none.
    """
    key, lut = effects.chroma_key, effects.lut
    if key is None and lut is None:
        return None
    path = assets.get(lut.asset) if lut is not None and lut.asset is not None else None
    stamp = (str(path), path.stat().st_mtime_ns) if path is not None and path.is_file() else None
    screen = palette.parse(key.color)[:3] if key else None
    name = (screen, *(part.model_dump_json() if part else None for part in (key, effects.adjust, lut)), stamp)
    if name in _tables:
        _tables.move_to_end(name)
        return _tables[name]
    while len(_tables) >= _KEPT:
        _tables.popitem(last=False)
    made = _tables[name] = _build(effects, screen, _cube(lut, path))
    return made


def _build(effects: Effects, screen: tuple[float, ...] | None, cube: "_Grid | None") -> Table:
    steps = np.linspace(0, 1, _SIDE, dtype=np.float32)
    green, blue = (plane.ravel() for plane in np.meshgrid(steps, steps, indexing="ij"))
    entries = np.empty((_SIDE, _SIDE * _SIDE), np.uint32)
    rows = np.array(matrix(effects.adjust), np.float32) if effects.adjust else None
    for index, red in enumerate(steps):
        rgb: Colors = np.stack([np.full_like(green, red), green, blue], axis=1)
        alpha = np.ones(len(rgb), np.float32)
        if effects.chroma_key is not None and screen is not None:
            rgb, alpha = keyed(rgb, effects.chroma_key, screen)
        if rows is not None:
            rgb = np.clip(rgb @ rows[:3, :3].T + rows[:3, 4], 0, 1).astype(np.float32)
        if effects.lut is not None:
            graded = look(effects.lut.look, rgb) if effects.lut.look else cube(rgb) if cube else rgb
            rgb = rgb + (graded - rgb) * np.float32(effects.lut.intensity)
        levels = np.empty((len(rgb), 4), np.float32)
        levels[:, :3] = rgb[:, ::-1] * alpha[:, None]
        levels[:, 3] = alpha
        entries[index] = np.rint(levels * 255).astype(np.uint8).view(np.uint32)[:, 0]
    return Table(entries.ravel(), effects.chroma_key is not None)


def keyed(rgb: Colors, key: ChromaKey, screen: tuple[float, ...]) -> tuple[Colors, npt.NDArray[np.float32]]:
    """Colours without the tint of the screen, and how much of each is left."""
    luma = rgb @ _LUMA
    cb, cr = (rgb[:, 2] - luma) / _CB, (rgb[:, 0] - luma) / _CR
    level = float(np.dot(np.array(screen, np.float32), _LUMA))
    key_cb, key_cr = (screen[2] - level) / _CB, (screen[0] - level) / _CR
    length = max(1e-3, float(np.hypot(key_cb, key_cr)))
    # A shadow on the screen changes its luma and its chroma by the same factor, so chroma is compared by what it is
    # of the luma; of what is nearly black it says nothing.
    level, light = max(level, _DARK), np.maximum(luma, _DARK)
    far = np.hypot(cb / light - key_cb / level, cr / light - key_cr / level) * level / length
    p = np.clip((far - key.similarity) / max(key.smoothness, 1e-3), 0, 1)
    alpha = (p * p * (3 - 2 * p)).astype(np.float32)
    tint = np.maximum(0, (cb * key_cb + cr * key_cr) / length) * key.spill / length
    cb, cr = cb - tint * key_cb, cr - tint * key_cr
    red, blue = luma + cr * _CR, luma + cb * _CB
    green = (luma - _LUMA[0] * red - _LUMA[2] * blue) / _LUMA[1]
    return np.clip(np.stack([red, green, blue], axis=1), 0, 1).astype(np.float32), alpha


def _cube(lut: Lut | None, path: Path | None) -> "_Grid | None":
    if lut is None or lut.asset is None:
        return None
    if path is None or not path.is_file():
        raise AssetUnreadable(f"The LUT {lut.asset} is missing.")
    try:
        return _Grid(cube_file.parse(path.read_bytes()))
    except cube_file.CubeError as error:
        raise AssetUnreadable(str(error)) from error


class _Grid:
    """A 3D LUT, interpolated along all three axes."""

    def __init__(self, cube: cube_file.Cube) -> None:
        self._size = cube.size
        self._values = np.array(cube.values, np.float32)
        self._low, high = np.array(cube.low, np.float32), np.array(cube.high, np.float32)
        self._range = high - self._low

    def __call__(self, rgb: Colors) -> Colors:
        at = np.clip((rgb - self._low) / self._range, 0, 1) * (self._size - 1)
        low = np.minimum(at.astype(np.int32), self._size - 2)
        part = (at - low).astype(np.float32)
        strides = np.array([1, self._size, self._size**2], np.int32)
        first = low @ strides
        result = np.zeros_like(rgb)
        for corner in range(8):
            bits = [(corner >> axis) & 1 for axis in range(3)]
            weight = np.prod([part[:, a] if bit else 1 - part[:, a] for a, bit in enumerate(bits)], axis=0)
            result += weight[:, None] * self._values[first + int(np.dot(bits, strides))]
        return np.clip(result, 0, 1)
