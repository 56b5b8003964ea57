"""What the encoder needs of whoever draws, and how it looks at a frame.

The encoder side knows nothing of compositions: anything with a buffer and `draw` can be encoded.
"""

from typing import Final, Protocol

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
        """Height x width x 4, BGRA, opaque. The same memory for every frame."""
        ...

    def draw(self, frame_index: int) -> bool:
        """Draw frame `frame_index` of the timeline; False when it is identical to the one drawn before."""
        ...


def luma_grid(luma: Image) -> Image:
    """Mean luma of a frame on a GRID x GRID raster: 16 uint8 in row order.

    Coarse enough to survive compression, fine enough to tell a frame from a black, frozen or foreign one. It looks at
    every n-th pixel, for it runs on every frame.
    """
    height, width = luma.shape
    step = max(1, min(height, width) // 64)
    sampled = luma[step // 2 :: step, step // 2 :: step]
    rows, columns = sampled.shape
    top = np.linspace(0, rows, GRID + 1).astype(int)
    left = np.linspace(0, columns, GRID + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(sampled.astype(np.uint32), top[:-1], axis=0), left[:-1], axis=1)
    areas = np.outer(np.diff(top), np.diff(left))
    means: Image = np.round(sums / areas).astype(np.uint8).reshape(-1)
    return means


def luma_plane(frame: VideoFrame) -> Image:
    """The luma of a planar or semi-planar 8-bit frame as height x width, without copying."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
