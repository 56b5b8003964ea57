"""Decoded pictures at the sizes at which they were drawn, shared by all that a process renders.

Chunks of a job follow each other in a warm worker, and stills of a project in a warm preview: decoding and shrinking
a photo takes longer than a frame's whole time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import skia

BUDGET: Final = 256 * 2**20
"""Bytes of pixels that are kept."""


class Key(NamedTuple):
    """A file as it is now, and a size in pixels."""

    device: int
    inode: int
    length: int
    modified: int
    width: int
    height: int


class PictureCache:
    """The most recently used pictures that fit into `budget` bytes; safe to use from several threads."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held: OrderedDict[Key, skia.Image] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def get(self, path: Path, width: int, height: int, make: Callable[[], skia.Image]) -> skia.Image:
        """The picture of the file `path` at `width` x `height`, made by `make` if it is not there."""
        file = path.stat()
        key = Key(file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, width, height)
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
                return held
        made = make()
        with self._lock:
            if key not in self._held and _bytes(made) <= self._budget:
                self._held[key] = made
                self.size += _bytes(made)
            while self.size > self._budget:
                self.size -= _bytes(self._held.popitem(last=False)[1])
        return made


def _bytes(image: skia.Image) -> int:
    return int(image.width()) * int(image.height()) * 4


CACHE: Final = PictureCache()
