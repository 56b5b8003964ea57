"""A canvas in the memory of a device. What is drawn there is read back once a frame."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import skia

from flatrender.engine.gpu.egl import Gl
from flatrender.engine.surface import NEAREST, Canvas, Pixels

_COPY = skia.Paint(BlendMode=skia.BlendMode.kSrc)


class GpuCanvas(Canvas):
    """As `Canvas`; `pixels` holds what was drawn once `finish` has been called.

    To be used in the thread that made the context. Pictures lie in the machine's memory: skia uploads each when it is
    first drawn, and keeps it while there is room. Raises MemoryError when the device has no room for the canvas.
    """

    def __init__(self, gl: Gl, width: int, height: int, opaque: bool = False) -> None:
        self.width, self.height = width, height
        self._alpha = skia.kOpaque_AlphaType if opaque else skia.kPremul_AlphaType
        self._gl = gl
        info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, self._alpha)
        surface = skia.Surface.MakeRenderTarget(gl.context, skia.Budgeted.kNo, info)
        if surface is None:
            raise MemoryError(f"{gl.renderer} has no room for {width} x {height} pixels")
        self.surface = surface
        self.skia = surface.getCanvas()
        self.skia.clear(skia.Color4f(0, 0, 0, 1 if opaque else 0))

    @cached_property
    def pixels(self) -> Pixels:  # type: ignore[override]  # made for the one canvas that is read back
        return np.zeros((self.height, self.width, 4), np.uint8)

    def image(self) -> skia.Image:
        """The pixels as they are now, where they are: on the device."""
        return self.surface.makeImageSnapshot()

    def finish(self) -> None:
        info = skia.ImageInfo.Make(self.width, self.height, skia.kBGRA_8888_ColorType, self._alpha)
        if not self.surface.readPixels(info, self.pixels, self.width * 4, 0, 0):
            raise RuntimeError(f"{self._gl.renderer} does not give its pixels back")

    def fill(self, paint: Callable[[Canvas], None]) -> None:
        held = Canvas(self.width, self.height, self._alpha == skia.kOpaque_AlphaType)
        paint(held)
        self.skia.resetMatrix()
        self.skia.drawImage(held.snapshot(), 0, 0, NEAREST, _COPY)
