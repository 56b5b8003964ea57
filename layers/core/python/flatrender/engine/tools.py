"""What a chunk was made with: libraries and their versions, as a manifest names them.

The same work with the same tools and as many encoder threads gives the same bytes; another version may not.
"""

import importlib.metadata
import platform
import re
from functools import cache
from pathlib import Path
from typing import Final

import av

from flatrender.engine.encode import encoder_threads

_PACKAGES: Final = ("av", "numpy", "skia-python", "thorvg-python")
_BANNER: Final = re.compile(rb"x264 - core (\d+)( r\d+)?")
_BANNER_WITHIN: Final = 256 * 1024
"""Bytes from the start of a chunk: x264 introduces itself before its first picture."""


def tools(chunk: Path) -> dict[str, str]:
    """Name → version of what made a file: packages, FFmpeg's libraries, the encoder where it says so, the machine."""
    found = dict(_installed())
    with chunk.open("rb") as file:
        banner = _BANNER.search(file.read(_BANNER_WITHIN))
    if banner:
        found["x264"] = "".join(part.decode() for part in banner.groups(default=b""))
    return found | {"encoder_threads": str(encoder_threads())}


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    libraries = {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
    return tuple(sorted({**packages, **libraries, "machine": platform.machine()}.items()))
