"""Draws the frames of one Lottie file, in a process of its own: thorvg is fast, and some files make it crash or hang.

Run as a script with the standard library alone, it knows nothing of the product and gets nothing of its environment:
`python -I -S lottie_child.py LIBRARY WIDTH HEIGHT MEMORY DOCUMENT PIXELS`, the last two being open file descriptors.
On stdin it reads frame numbers (a little-endian float each), on stdout it answers with one byte each: "k" drawn,
"f" failed. The first answer is about the document itself and is followed by the number of frames. It ends at the end
of stdin, or with whoever started it.
"""

import ctypes
import mmap
import os
import resource
import signal
import struct
import sys

_ARGB8888_PREMULTIPLIED = 1
"""Blue, green, red, alpha in memory."""
_PR_SET_PDEATHSIG = 1

_SIGNATURES = {
    "tvg_engine_init": (ctypes.c_int, [ctypes.c_uint32]),
    "tvg_lottie_animation_new": (ctypes.c_void_p, []),
    "tvg_animation_get_picture": (ctypes.c_void_p, [ctypes.c_void_p]),
    "tvg_picture_load_data": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_bool],
    ),
    "tvg_picture_set_size": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_float, ctypes.c_float]),
    "tvg_lottie_animation_set_quality": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_uint8]),
    "tvg_swcanvas_create": (ctypes.c_void_p, [ctypes.c_int]),
    "tvg_swcanvas_set_target": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_int],
    ),
    "tvg_canvas_add": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    "tvg_animation_get_total_frame": (ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(ctypes.c_float)]),
    "tvg_animation_set_frame": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_float]),
    "tvg_canvas_update": (ctypes.c_int, [ctypes.c_void_p]),
    "tvg_canvas_draw": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_bool]),
    "tvg_canvas_sync": (ctypes.c_int, [ctypes.c_void_p]),
}


def _confine(memory: int) -> None:
    """No more memory than that, no files, no core dump, and no life after the parent's."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Player:
    def __init__(self, library: str, width: int, height: int, document: bytes, target: int) -> None:
        lib = self._lib = ctypes.CDLL(library)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        lib.tvg_engine_init(0)
        self._animation = lib.tvg_lottie_animation_new()
        picture = lib.tvg_animation_get_picture(self._animation)
        if lib.tvg_picture_load_data(picture, document, len(document), b"lottie", None, True):
            raise ValueError
        lib.tvg_picture_set_size(picture, width, height)
        lib.tvg_lottie_animation_set_quality(self._animation, 100)
        self._canvas = lib.tvg_swcanvas_create(1)
        if lib.tvg_swcanvas_set_target(self._canvas, target, width, width, height, _ARGB8888_PREMULTIPLIED):
            raise ValueError
        if lib.tvg_canvas_add(self._canvas, picture):
            raise ValueError
        frames = ctypes.c_float()
        lib.tvg_animation_get_total_frame(self._animation, ctypes.byref(frames))
        self.frames = frames.value

    def draw(self, frame: float) -> bool:
        self._lib.tvg_animation_set_frame(self._animation, frame)  # fails when it is the same frame, which is fine
        self._lib.tvg_canvas_update(self._canvas)
        drawn = self._lib.tvg_canvas_draw(self._canvas, True)
        return bool(drawn == 0 and self._lib.tvg_canvas_sync(self._canvas) == 0)


def _answer(data: bytes) -> None:
    os.write(1, data)


def main() -> int:
    library, width, height, memory, document, pixels = sys.argv[1], *(int(value) for value in sys.argv[2:7])
    size = width * height * 4
    _confine(memory)
    with mmap.mmap(document, 0, access=mmap.ACCESS_READ) as source, mmap.mmap(pixels, size) as target:
        try:
            address = ctypes.addressof(ctypes.c_char.from_buffer(target))
            player = _Player(library, width, height, bytes(source), address)
            # What thorvg sets up while it draws for the first time shows in no later frame.
            warm = player.draw(player.frames / 2) and player.draw(0.0)
        except ValueError:
            warm = False
        if not warm:
            _answer(b"f")
            return 1
        _answer(b"k" + struct.pack("<f", player.frames))
        while len(request := os.read(0, 4)) == 4:
            _answer(b"k" if player.draw(struct.unpack("<f", request)[0]) else b"f")
        os._exit(0)  # the buffer is still in use: nothing to clean up


if __name__ == "__main__":
    sys.exit(main())
