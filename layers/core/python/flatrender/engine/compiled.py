"""Finds what of the engine is C (layers/native), once a process."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger(__name__)
BUILT: Final = [folder / ".build/lib" for folder in Path(__file__).resolve().parents[5:6]]
"""Where `make setup` puts it, if this is a repository."""


def found[T](library: str, native: Callable[[Path], T], portable: T, slow: str) -> T:
    """What `native` makes of the library of that name, beside the packages or in BUILT; else `portable`.

    The log then says what is `slow`.
    """
    for folder in [*map(Path, sys.path), *BUILT]:
        path = folder / library
        if path.is_file():
            try:
                return native(path)
            except (OSError, AttributeError) as error:
                LOG.warning("%s does not load, %s: %s", path, slow, error)
                return portable
    LOG.warning("%s is nowhere, %s: run make setup", library, slow)
    return portable
