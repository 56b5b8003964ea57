"""A Gaussian blur of small bitmaps: by a few lines of C (layers/native), or by the same sums in numpy.

Both give the same bytes. The C takes a tenth of skia's time, which does this without wide registers.
"""

import ctypes
import math
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flatrender.engine.compiled import found

type Pixels = npt.NDArray[np.uint8]
type Weights = npt.NDArray[np.uint16]

LIBRARY: Final = "flatrender_blur.so"
WIDEST: Final = 5.0
"""Pixels; what has a larger deviation is blurred at a fraction of its size."""

_MOST: Final = 16
_SHIFT: Final = 8

type Blur = Callable[[Pixels, Pixels, Weights], None]
"""Fill the second of two pictures of one size, height x width x 4 and premultiplied, with the first one blurred."""


def blur(pixels: Pixels, sigma: float) -> None:
    """Blur `pixels` (height x width x 4, premultiplied) in place; around them all is transparent.

    `sigma` is the standard deviation in pixels, at most WIDEST.
    """
    if sigma > 0:
        fastest()(pixels.copy(), pixels, weights(sigma))


@lru_cache(256)
def weights(sigma: float) -> Weights:
    """Those of the middle and of the pixels to one side of it, in 1/256: all together they make 256."""
    if not 0 < sigma <= WIDEST:
        raise ValueError(f"a deviation of {sigma} is not from 0 to {WIDEST}")
    side = np.exp(-(np.arange(math.ceil(3 * sigma) + 1) ** 2) / (2 * sigma * sigma))
    made = np.round(side / (side[0] + 2 * side[1:].sum()) * (1 << _SHIFT)).astype(np.uint16)
    made[0] = (1 << _SHIFT) - 2 * made[1:].sum()
    return np.trim_zeros(made, "b")


@cache
def fastest() -> Blur:
    """`native` if there is a library that loads, else `portable`; tried once a process."""
    otherwise: Blur = portable
    return found(LIBRARY, native, otherwise, "blurs are slow")


def native(path: Path) -> Blur:
    """By the library. Raises OSError or AttributeError when it is for another machine, or another library."""
    library = ctypes.CDLL(str(path))
    address, stride, count = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int32
    library.blur_work.argtypes = [count]
    library.blur_work.restype = stride
    library.blur.argtypes = [*(address, stride) * 2, count, count, address, ctypes.c_int, address]
    library.blur.restype = None

    def function(source: Pixels, target: Pixels, weighed: Weights) -> None:
        _check(source, target, weighed)
        height, width = source.shape[:2]
        work = np.empty(library.blur_work(width), np.uint8)
        images = [part for image in (source, target) for part in _described(image)]
        given = weighed.ctypes.data, len(weighed) - 1, work.ctypes.data
        library.blur(*images, width, height, *given)

    return function


def _described(image: Pixels) -> tuple[Any, ...]:
    return image.ctypes.data, image.strides[0]


def portable(source: Pixels, target: Pixels, weighed: Weights) -> None:
    """By numpy."""
    _check(source, target, weighed)
    target[:] = _mixed(_mixed(source, weighed, 0), weighed, 1)


def _mixed(image: Pixels, weighed: Weights, axis: int) -> Pixels:
    radius, size = len(weighed) - 1, image.shape[axis]
    padded = np.pad(image, [(radius, radius) if axis == side else (0, 0) for side in range(3)]).astype(np.uint16)

    def moved(step: int) -> npt.NDArray[np.uint16]:
        part: npt.NDArray[np.uint16] = padded.take(range(radius + step, radius + step + size), axis)
        return part

    total = moved(0) * weighed[0] + np.uint16(1 << _SHIFT - 1)
    for step in range(1, radius + 1):
        total += (moved(-step) + moved(step)) * weighed[step]
    mixed: Pixels = (total >> _SHIFT).astype(np.uint8)
    return mixed


def _check(source: Pixels, target: Pixels, weighed: Weights) -> None:
    """What is read and written by address must be as large as it is believed to be."""
    for image in (source, target):
        if image.ndim != 3 or image.shape[2] != 4 or image.strides[1:] != (4, 1) or not image.size:
            raise ValueError(f"{image.shape} in steps of {image.strides} is no picture")
    if source.shape != target.shape or np.shares_memory(source, target):
        raise ValueError("the pictures are not two of one size")
    if weighed.dtype != np.uint16 or not 0 < len(weighed) <= _MOST + 1 or not weighed.flags.c_contiguous:
        raise ValueError(f"{weighed!r} are no weights")
