"""Files that this container has downloaded already, by their content. One container serves one request at a time."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from flatrender.platform import storage

CACHE_BYTES: Final = int(os.environ.get("PREVIEW_CACHE_BYTES", str(400 * 1024**2)))
"""What is kept between requests, and the most that one request may need; Lambda's /tmp has 512 MB."""


def fetch(wanted: Iterable[tuple[str, str]]) -> list[Path]:
    """The files of `(sha256, object key)` pairs, in order, each downloaded unless it is here.

    The longest unused others make room. Raises OverflowError: together they are larger than the cache.
    """
    folder = Path(tempfile.gettempdir()) / f"flatrender-preview-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    paths: list[Path] = []
    for sha256, key in wanted:
        path = folder / sha256
        if path.exists():
            os.utime(path)
        else:
            _make_room(folder, _size(key), keep=paths)
            _download(key, path)
        paths.append(path)
    return paths


def _size(key: str) -> int:
    found = storage.head(key)
    return int(found["ContentLength"]) if found else 0


def _download(key: str, path: Path) -> None:
    """Under another name first, so that a request which was cut off leaves no half file behind."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        storage.download(key, partial)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _make_room(folder: Path, size: int, keep: list[Path]) -> None:
    kept = {path.name: path.stat() for path in folder.iterdir()}
    needed = {path.name for path in keep}
    if size + sum(kept[name].st_size for name in needed) > CACHE_BYTES:
        raise OverflowError
    total = size + sum(stat.st_size for stat in kept.values())
    for name, stat in sorted(kept.items(), key=lambda entry: entry[1].st_mtime):
        if total <= CACHE_BYTES:
            return
        if name not in needed:
            (folder / name).unlink(missing_ok=True)
            total -= stat.st_size
