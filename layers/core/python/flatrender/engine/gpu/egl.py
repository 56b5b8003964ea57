"""An OpenGL context without a window or a screen, through EGL.

Only what skia needs: a display of a device, a context without a surface, and the names that the driver gives itself.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import skia

_EXTENSIONS: Final = 0x3055
_PLATFORM_DEVICE: Final = 0x313F
_PLATFORM_SURFACELESS: Final = 0x31DD
_OPENGL_API: Final = 0x30A2
_CONFIG: Final = (0x3033, 0x0001, 0x3040, 0x0008, 0x3038)
"""EGL_SURFACE_TYPE: pbuffer; EGL_RENDERABLE_TYPE: OpenGL; EGL_NONE."""
_GL_VENDOR: Final = 0x1F00
_GL_RENDERER: Final = 0x1F01
_GL_VERSION: Final = 0x1F02
_MOST_DEVICES: Final = 32
_CACHE_BYTES: Final = 512 * 1024 * 1024
"""Of textures, which skia makes of the pictures that are drawn, and keeps."""


class NoGl(Exception):
    """There is no OpenGL context to be had; the message says why."""


class Gl(NamedTuple):
    """A context that is current in the thread that made it, and what the driver calls itself."""

    context: skia.GrDirectContext
    vendor: str
    renderer: str
    version: str


def software(renderer: str) -> bool:
    """Whether a GL_RENDERER is a program and no device."""
    return any(name in renderer.lower() for name in ("llvmpipe", "softpipe", "swiftshader", "swrast", "software"))


_here = threading.local()


def current(*, program: bool = False) -> Gl:
    """The context of this thread, made when it is first asked for: of the first NVIDIA device, or of Mesa's software
    renderer if a `program` is asked for. Raises NoGl.
    """
    made: Gl | None = getattr(_here, "gl", None)
    if made is None:
        made = _here.gl = _make(program)
    if software(made.renderer) != program:
        raise NoGl(f"OpenGL is {made.renderer} here, {'no software' if program else 'which is software'}")
    return made


def _make(program: bool) -> Gl:
    egl = _library()
    why = []
    for platform, native in _displays(egl, program):
        try:
            return _open(egl, platform, native)
        except NoGl as error:
            why.append(str(error))
    raise NoGl("; ".join(why) or f"EGL knows no {'software renderer' if program else 'NVIDIA device'}")


def _library() -> ctypes.CDLL:
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise NoGl(f"EGL is not installed ({error})") from error
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    egl.eglQueryString.restype = ctypes.c_char_p
    egl.eglQueryString.argtypes = [ctypes.c_void_p, ctypes.c_int]
    egl.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    egl.eglChooseConfig.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    egl.eglCreateContext.restype = ctypes.c_void_p
    egl.eglCreateContext.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    egl.eglMakeCurrent.argtypes = [ctypes.c_void_p] * 4
    return egl


def _function(egl: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    address = egl.eglGetProcAddress(name.encode())
    if not address:
        raise NoGl(f"EGL has no {name}")
    made: Callable[..., Any] = ctypes.CFUNCTYPE(result, *arguments)(address)
    return made


def _displays(egl: ctypes.CDLL, program: bool) -> Iterator[tuple[int, int | None]]:
    """Platform and native display of each candidate. An NVIDIA device is told by what its driver adds to EGL."""
    if program:
        os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")
    able = (egl.eglQueryString(None, _EXTENSIONS) or b"").split()
    if program:
        if b"EGL_MESA_platform_surfaceless" in able:
            yield _PLATFORM_SURFACELESS, None
        return
    if b"EGL_EXT_device_enumeration" not in able or b"EGL_EXT_platform_device" not in able:
        return
    found = (ctypes.c_void_p * _MOST_DEVICES)()
    count = ctypes.c_int()
    devices = _function(egl, "eglQueryDevicesEXT", ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    about = _function(egl, "eglQueryDeviceStringEXT", ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int)
    if devices(_MOST_DEVICES, found, ctypes.byref(count)):
        for device in found[: count.value]:
            if b"EGL_NV_device_cuda" in (about(device, _EXTENSIONS) or b"").split():
                yield _PLATFORM_DEVICE, device


def _open(egl: ctypes.CDLL, platform: int, native: int | None) -> Gl:
    pointer = ctypes.c_void_p
    display_of = _function(egl, "eglGetPlatformDisplayEXT", pointer, ctypes.c_uint, pointer, pointer)
    display = display_of(platform, native, None)
    if not display or not egl.eglInitialize(display, None, None):
        raise NoGl("EGL cannot initialise the device")
    if not egl.eglBindAPI(_OPENGL_API):
        raise NoGl("the driver has no OpenGL")
    config, count = pointer(), ctypes.c_int()
    wanted = (ctypes.c_int * len(_CONFIG))(*_CONFIG)
    if not egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(count)) or not count.value:
        raise NoGl("the device has no configuration for OpenGL")
    context = egl.eglCreateContext(display, config, None, None)
    if not context or not egl.eglMakeCurrent(display, None, None, context):
        raise NoGl("the device makes no OpenGL context without a surface")
    name = _function(egl, "glGetString", ctypes.c_char_p, ctypes.c_uint)
    vendor, renderer, version = ((name(what) or b"").decode() for what in (_GL_VENDOR, _GL_RENDERER, _GL_VERSION))
    interface = skia.GrGLInterface.MakeEGL()
    made = skia.GrDirectContext.MakeGL(interface) if interface is not None else None
    if made is None:
        raise NoGl(f"skia cannot draw with {renderer} ({version})")
    made.setResourceCacheLimit(_CACHE_BYTES)
    return Gl(made, vendor, renderer, version)
