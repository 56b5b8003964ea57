"""What the encoder needs of whoever draws, and how it looks at a frame.

The encoder side knows nothing of compositions: anything with a buffer and `draw` can be encoded.
"""

from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Image = npt.NDArray[np.uint8]

GRID: Final = 4
"""Cells per side of a frame's luma grid."""


class FrameSource(Protocol):
    """Draws one frame at a time into one buffer."""

    @property
    def buffer(self) -> Image:
        """Height x width x 4, BGRA; opaque, or premultiplied. The same memory for every frame."""
        ...

    def draw(self, frame_index: int) -> bool:
        """Draw frame `frame_index` of the timeline; False when it is identical to the one drawn before."""
        ...


def frame_grid(frame: VideoFrame) -> Image:
    """Mean luma of a frame on a GRID x GRID raster: 16 uint8 in row order, in limited range whatever the pixels are.

    Coarse enough to survive compression, fine enough to tell a frame from a black, frozen or foreign one. Of what is
    transparent counts what is seen of it on black: the colour of nothing is nobody's business.
    """
    channels = _PACKED.get(frame.format.name)
    if channels is None:
        if not frame.format.name.startswith(_PLANAR):
            return frame_grid(frame.reformat(format="rgba", threads=1))
        luma = _eight_bits(frame, 0)
        if not frame.format.name.startswith("yuva"):
            return _means(luma)
        return _means(_seen(luma.astype(np.uint32), _eight_bits(frame, 3)))
    pixels = _sampled(_packed(frame)).astype(np.uint32)
    red, green, blue = (pixels[..., channel] for channel in channels[:3])
    luma = (red * 3483 + green * 11718 + blue * 1183) * 219 // (255 * 16384) + 16
    return _means(luma if len(channels) < 4 else _seen(luma, pixels[..., channels[3]]))


def alpha_grid(frame: VideoFrame) -> Image:
    """How opaque a frame is on the same raster, 0 to 255; all 255 for pixels without alpha."""
    name = frame.format.name
    channels = _PACKED.get(name)
    if channels is not None:
        if len(channels) < 4:
            return np.full(GRID * GRID, 255, np.uint8)
        return _means(_sampled(_packed(frame))[..., channels[3]])
    if name.startswith("yuva"):
        return _means(_eight_bits(frame, 3))
    if name.startswith(_PLANAR):
        return np.full(GRID * GRID, 255, np.uint8)
    return alpha_grid(frame.reformat(format="rgba", threads=1))


_PACKED: Final = {"rgb24": (0, 1, 2), "rgba": (0, 1, 2, 3), "bgra": (2, 1, 0, 3), "argb": (1, 2, 3, 0)}
"""Where red, green, blue and alpha are."""
_PLANAR: Final = ("yuv", "nv12", "gray")


def luma_grid(luma: Image) -> Image:
    """`frame_grid` of a luma plane (height x width, uint8)."""
    return _means(_sampled(luma))


def luma_plane(frame: VideoFrame) -> Image:
    """The luma of a planar or semi-planar 8-bit frame as height x width, without copying."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _eight_bits(frame: VideoFrame, index: int) -> npt.NDArray[Any]:
    """Samples of a plane."""
    bits = frame.format.components[index].bits
    sampled = _sampled(_plane(frame, index))
    return sampled >> (bits - 8) if bits > 8 else sampled


def _seen(luma: npt.NDArray[np.uint32], alpha: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Luma in limited range on black."""
    seen: npt.NDArray[np.uint32] = (np.maximum(luma, 16) - 16) * alpha.astype(np.uint32) // 255 + 16
    return seen


def _plane(frame: VideoFrame, index: int) -> npt.NDArray[Any]:
    plane = frame.planes[index]
    kind: type[np.unsignedinteger[Any]] = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    rows = np.frombuffer(plane, kind).reshape(plane.height, -1)
    return rows[:, : plane.width]


def _packed(frame: VideoFrame) -> Image:
    plane = frame.planes[0]
    wide = len(_PACKED[frame.format.name])
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width * wide].reshape(plane.height, plane.width, wide)


def _sampled(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Every n-th pixel, for this runs on every frame."""
    height, width = pixels.shape[:2]
    step = max(1, min(height, width) // 64)
    return pixels[step // 2 :: step, step // 2 :: step]


def _means(sampled: npt.NDArray[Any]) -> Image:
    rows, columns = sampled.shape
    top = np.linspace(0, rows, GRID + 1).astype(int)
    left = np.linspace(0, columns, GRID + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(sampled.astype(np.uint32), top[:-1], axis=0), left[:-1], axis=1)
    areas = np.outer(np.diff(top), np.diff(left))
    means: Image = np.round(sums / areas).astype(np.uint8).reshape(-1)
    return means
