"""Frames of a Lottie file on request, drawn by a child process that may die or hang without harm."""

import importlib.util
import os
import select
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import numpy as np

from flatrender.engine.surface import Pixels

LOAD_SECONDS: Final = 10.0
FRAME_SECONDS: Final = 5.0
MEMORY: Final = 2**30
"""Bytes that the child may use besides three times its picture."""
_CHILD: Final = Path(__file__).with_name("lottie_child.py")


class PlayerFailed(Exception):
    """The child crashed, hung or gave up; the message is part of a sentence: "… it crashes while frame 3 is drawn"."""


def _library() -> str:
    spec = importlib.util.find_spec("thorvg_python")
    if spec is None or spec.origin is None:
        raise PlayerFailed("thorvg is not installed")
    return str(Path(spec.origin).with_name("libthorvg-1.so"))


def environment() -> dict[str, str]:
    """What a child gets to know: where the interpreter's own libraries lie, if that has to be said."""
    return {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}


def _memory(name: str, stack: ExitStack) -> int:
    """A file that lies in memory where the system can do that, else in the folder for temporary files."""
    try:
        handle = os.memfd_create(name)
    except (AttributeError, OSError):
        return stack.enter_context(TemporaryFile()).fileno()
    stack.callback(os.close, handle)
    return handle


class Player:
    """One animation at one size. `frame` may ask for any frame in any order; close it when done."""

    def __init__(self, document: bytes, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._document = document
        self._process: subprocess.Popen[bytes] | None = None
        self._shown: float | None = None
        self._stack = ExitStack()
        self._source = _memory("lottie", self._stack)
        os.truncate(self._source, len(document))
        with open(self._source, "wb", closefd=False) as file:
            file.write(document)
        self._target = _memory("frame", self._stack)
        os.truncate(self._target, width * height * 4)
        self.pixels: Pixels = np.memmap(
            open(self._target, "r+b", closefd=False),  # noqa: SIM115  the map keeps what it needs
            np.uint8,
            "r+",
            shape=(height, width, 4),
        )
        self.frames = 0.0

    def start(self) -> None:
        """Load the document, unless that was done. Raises PlayerFailed."""
        if self._process is not None:
            return
        memory = MEMORY + 3 * self.pixels.nbytes
        arguments = [_library(), self.width, self.height, memory, self._source, self._target]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_CHILD), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(self._source, self._target),
            env=environment(),
            cwd="/",
        )
        answer = self._answer(5, LOAD_SECONDS, "it is opened")
        self.frames = struct.unpack("<f", answer[1:5])[0]

    def frame(self, number: float) -> Pixels:
        """The frame (from 0; fractions lie between two): height x width x BGRA, premultiplied. The same memory each
        time. A child that died since the last frame is replaced once. Raises PlayerFailed.
        """
        if self._shown == number:
            return self.pixels
        self._shown = None
        try:
            self._request(number)
        except _Died:
            self._request(number)
        self._shown = number
        return self.pixels

    def _request(self, number: float) -> None:
        self.start()
        process = self._process
        if process is None or process.stdin is None:
            raise PlayerFailed("its process is gone")
        try:
            process.stdin.write(struct.pack("<f", number))
        except BrokenPipeError:
            self._end()
            raise _Died("its process ended") from None
        self._answer(1, FRAME_SECONDS, f"frame {number:g} is drawn")

    def _answer(self, length: int, seconds: float, what: str) -> bytes:
        process = self._process
        if process is None or process.stdout is None:
            raise PlayerFailed("its process is gone")
        answer, deadline = b"", time.monotonic() + seconds
        while len(answer) < length:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                self._end()
                raise PlayerFailed(f"it takes longer than {seconds:g} s while {what}")
            part = process.stdout.read(length - len(answer))
            if not part:
                code = self._end()
                raise _Died(f"it crashes while {what} (signal {-code})" if code < 0 else f"it fails while {what}")
            answer += part
            if answer[:1] == b"f":
                self._end()
                raise PlayerFailed(f"it fails while {what}")
        return answer

    def _end(self) -> int:
        """Stop the child; its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            # One that closed its output is about to end by itself, and its status says why.
            code = process.wait(0.2)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout:
            process.stdout.close()
        return code

    def close(self) -> None:
        """Stop the child and give its memory back; the pixels must not be used any more."""
        if self._process is not None:
            self._process.kill()
        self._end()
        self._stack.close()

    def __del__(self) -> None:
        if hasattr(self, "_stack"):
            self.close()


class _Died(PlayerFailed):
    """The child is dead; another one may be tried."""
