"""Files that this container has downloaded already, by their content. On Lambda, it serves one request at a time."""

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from flatrender.platform import storage

CACHE_BYTES: Final = int(os.environ.get("PREVIEW_CACHE_BYTES", str(400 * 1024**2)))
"""What is kept between requests, and the most that one request may need; Lambda's /tmp has 512 MB."""
CONNECTIONS: Final = 4


def fetch(wanted: Iterable[tuple[str, str]]) -> dict[str, Path]:
    """The files of `(sha256, object key)` pairs by their hash, downloaded unless they are here.

    The longest unused others make room. Raises OverflowError: together they are larger than the cache.
    """
    folder = Path(tempfile.gettempdir()) / f"flatrender-preview-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    files = {folder / sha256: key for sha256, key in wanted}
    missing = {path: key for path, key in files.items() if not path.exists()}
    for path in files.keys() - missing.keys():
        os.utime(path)
    if missing:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            _make_room(folder, sum(pool.map(_size, missing.values())), keep={path.name for path in files})
            for _ in pool.map(_download, missing.values(), missing):
                pass  # raises what went wrong
    return {path.name: path for path in files}


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


def _make_room(folder: Path, size: int, keep: set[str]) -> None:
    kept = {}
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # on one's own machine, several workers share the folder
            kept[path.name] = path.stat()
    if size + sum(stat.st_size for name, stat in kept.items() if name in keep) > CACHE_BYTES:
        raise OverflowError
    total = size + sum(stat.st_size for stat in kept.values())
    for name, stat in sorted(kept.items(), key=lambda entry: entry[1].st_mtime):
        if total <= CACHE_BYTES:
            return
        if name not in keep:
            (folder / name).unlink(missing_ok=True)
            total -= stat.st_size
