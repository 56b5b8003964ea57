"""What a process draws and encodes with: the processor, or a device that it finds by trying.

A device class is what frames and streams may depend on: drivers differ in the last bit, encoders in more. All chunks
of a job are made by one class, which is therefore part of their keys:

- `cpu`: skia's rasteriser and software encoders, everywhere the same;
- `nvidia-l4-nvenc`, `nvidia-h200`: OpenGL on that GPU, and its encoders where it has any;
- `gl-software`: OpenGL by a program (Mesa's llvmpipe). For tests, and taken only where FLATRENDER_DEVICE says so.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from flatrender.engine.faults import DeviceMissing
from flatrender.engine.gpu import nvenc

if TYPE_CHECKING:
    from flatrender.engine.surface import Surface

VARIABLE: Final = "FLATRENDER_DEVICE"
"""`auto` (an NVIDIA device, else the processor), `cpu`, or `gl-software`."""
PROCESSOR: Final = "cpu"
SOFTWARE: Final = "gl-software"
CHOICES: Final = ("auto", PROCESSOR, SOFTWARE)


class DeviceUnknown(ValueError):
    """FLATRENDER_DEVICE asks for something that there is not. Taken for `auto`, a slip would go unseen."""


@dataclass(frozen=True, slots=True)
class Device:
    """A class of devices, what the driver calls this one, its hardware encoders by FFmpeg's names, and why it was
    taken.
    """

    name: str
    renderer: str
    encoders: tuple[str, ...]
    reason: str

    def surface(self) -> "Surface":
        """What makes this device's canvases, to be used in the thread that asks."""
        from flatrender.engine.surface import Canvas

        if self.name == PROCESSOR:
            return Canvas
        from flatrender.engine.gpu import egl
        from flatrender.engine.gpu.target import GpuCanvas

        return partial(GpuCanvas, egl.current(program=self.name == SOFTWARE))


CPU: Final = Device(PROCESSOR, "", (), "the work asks for no device")


def probe() -> Device:
    """The best device of this machine; tried once a process. What it lacks stands in the `reason`.

    Raises DeviceUnknown.
    """
    choice = os.environ.get(VARIABLE) or "auto"
    if choice not in CHOICES:
        raise DeviceUnknown(f"{VARIABLE} is {choice!r}; it may be {', '.join(CHOICES)}")
    return _probe(choice)


def held(name: str) -> Device:
    """This machine's device, if it is of that class. Raises DeviceMissing, whose `details` say why it is not."""
    if name == PROCESSOR:
        return CPU
    found = probe()
    if found.name != name:
        raise DeviceMissing(ordered=name, found=found.name, why=found.reason)
    return found


@cache
def _probe(choice: str) -> Device:
    if choice == PROCESSOR:
        return Device(PROCESSOR, "", (), f"{VARIABLE} is {PROCESSOR}")
    from flatrender.engine.gpu import egl

    try:
        gl = egl.current(program=choice == SOFTWARE)
    except egl.NoGl as error:
        return Device(PROCESSOR, "", (), f"drawing on the processor, for {error}")
    if choice == SOFTWARE:
        return Device(SOFTWARE, gl.renderer, (), f"{VARIABLE} is {SOFTWARE}; software encoders, as there is no device")
    return classed(gl.renderer, nvenc.probe)


def classed(renderer: str, encoders: Callable[[], tuple[tuple[str, ...], str]]) -> Device:
    """The device that calls itself `renderer`; `encoders` answers which it has, and what it says of the others."""
    found, why = encoders()
    model = re.sub(r"\W+", "-", renderer.partition("/")[0].lower()).strip("-")
    name = "nvidia-" + model.removeprefix("nvidia-").removeprefix("tesla-")
    if found:
        reason = f"drawing on {renderer}, encoding with {', '.join(found)}"
        return Device(f"{name}-nvenc", renderer, found, f"{reason}; {why}" if why else reason)
    return Device(name, renderer, (), f"drawing on {renderer}; software encoders, for {why}")
