"""sRGB to 4:2:0 in BT.709 limited range: by a few lines of C (layers/native), or by the same sums in numpy.

Both give the same bytes. The C takes a sixth of swscale's time; numpy is for machines that nothing was compiled for.
"""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from flatrender.engine.compiled import found
from flatrender.engine.frames import Image

FORMATS: Final = ("nv12", "yuv420p")
LIBRARY: Final = "flatrender_bt709.so"

# ITU-R BT.709 for limited range, of blue, green and red times 2^15, and what grey is.
_SHIFT: Final = 15
_LUMA: Final = ((2032, 20127, 5983), 16)
_CB: Final = ((14392, -11094, -3298), 128)
_CR: Final = ((-1320, -13072, 14392), 128)
_STRIP: Final = 32
"""Rows at a time, which stay in the cache."""

type Numbers = npt.NDArray[np.int32]
type Fill = Callable[[Image, VideoFrame], None]


def fill(buffer: Image, frame: VideoFrame) -> None:
    """Convert `buffer` (height x width x 4, BGRA, opaque) into a frame of one of FORMATS that is as large."""
    fastest()(buffer, frame)


@cache
def fastest() -> Fill:
    """`native` if there is a library that loads, else `portable`; tried once a process."""
    otherwise: Fill = portable
    return found(LIBRARY, native, otherwise, "colours are converted slowly")


def native(path: Path) -> Fill:
    """`fill` by the library. Raises OSError or AttributeError when it is for another machine, or another library."""
    function = ctypes.CDLL(str(path)).bgra_to_420
    address, stride, count = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int
    function.argtypes = [address, stride, count, count, *(address, stride) * 3]
    function.restype = None

    def convert(buffer: Image, frame: VideoFrame) -> None:
        _check(buffer, frame)
        planes = [(plane.buffer_ptr, plane.line_size) for plane in frame.planes]
        luma, blue, red = planes if len(planes) == 3 else (*planes, (None, 0))
        function(buffer.ctypes.data, buffer.strides[0], frame.width, frame.height, *luma, *blue, *red)

    return convert


def portable(buffer: Image, frame: VideoFrame) -> None:
    """`fill` by numpy."""
    _check(buffer, frame)
    planes = [np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size) for plane in frame.planes]
    for plane in planes:
        plane.fill(0)
    luma = planes[0][:, : frame.width]
    columns = (frame.width + 1) // 2
    if len(planes) == 3:
        blue, red = planes[1][:, :columns], planes[2][:, :columns]
    else:
        blue, red = planes[1][:, : 2 * columns : 2], planes[1][:, 1 : 2 * columns : 2]
    for top in range(0, frame.height, _STRIP):
        whole = buffer[top : top + _STRIP].view("<i4")[..., 0]
        colors = [whole >> shift & 255 for shift in (0, 8, 16)]
        luma[top : top + _STRIP] = _weighed(colors, *_LUMA, _SHIFT)
        fours = [_added(color) for color in colors]
        half = slice(top // 2, (top + _STRIP) // 2)
        blue[half] = _weighed(fours, *_CB, _SHIFT + 2)
        red[half] = _weighed(fours, *_CR, _SHIFT + 2)


def _added(color: Numbers) -> Numbers:
    """The sum of each 2 x 2. An odd last row or column is its own neighbour."""
    rows, columns = color.shape
    if rows % 2 or columns % 2:
        color = np.pad(color, ((0, rows % 2), (0, columns % 2)), "edge")
    pairs = color[::2] + color[1::2]
    four: Numbers = pairs[:, ::2] + pairs[:, 1::2]
    return four


def _weighed(colors: Sequence[Numbers], weights: tuple[int, int, int], offset: int, shift: int) -> Numbers:
    """Blue, green and red with their weights, rounded, above `offset`."""
    blue, green, red = weights
    total: Numbers = colors[0] * blue + colors[1] * green + colors[2] * red
    return total + ((offset << shift) + (1 << shift - 1)) >> shift


def _check(buffer: Image, frame: VideoFrame) -> None:
    """What is written to by address must be as large as it is believed to be."""
    expected = (frame.height, frame.width, 4)
    if frame.format.name not in FORMATS or buffer.shape != expected or buffer.strides[1:] != (4, 1):
        raise ValueError(f"{buffer.shape} in steps of {buffer.strides} is no BGRA for {frame!r}")
