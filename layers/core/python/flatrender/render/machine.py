"""Files on the machine that renders: assets and parts of videos, each fetched once however many workers want it.

Lambda environments and Batch machines are reused, and on one machine several processes work side by side.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from flatrender.platform import storage

CACHE_BYTES: Final = int(os.environ.get("RENDER_MACHINE_CACHE_BYTES", str(3 * 1024**3)))
IN_USE_SECONDS: Final = 900
"""What was touched more recently may be in use by a neighbour and is not evicted."""


class DamagedAsset(Exception):
    """An object in the bucket is not what its record says, or is not there."""


def folder() -> Path:
    path = Path(tempfile.gettempdir()) / f"flatrender-{os.getuid()}"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def workspace(name: str) -> Iterator[Path]:
    """A folder for one piece of work, removed afterwards. Leftovers of killed processes are swept."""
    root = folder() / "work"
    root.mkdir(exist_ok=True)
    _sweep(root)
    path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def asset(sha256: str, object_key: str) -> Path:
    """The file with this content, downloaded unless this machine has it. Raises DamagedAsset."""

    def check(path: Path) -> None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise DamagedAsset(f"{object_key} has sha256 {found}, not {sha256}")

    from botocore.exceptions import ClientError

    try:
        return fetch(f"asset-{sha256}", object_key, check)
    except ClientError as error:
        # 403 is S3's answer for what is not there to those who may not list the bucket.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in {403, 404}:
            raise
        raise DamagedAsset(f"{object_key} is not there") from error


def fetch(name: str, object_key: str, check: Callable[[Path], None] | None = None) -> Path:
    """The object under a name that stands for its content; a neighbour's download is waited for, not repeated."""
    path = folder() / "cache" / name
    path.parent.mkdir(exist_ok=True)
    if _fresh(path):
        return path
    with (path.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _fresh(path):
            return path
        partial = path.with_name(f"{name}.{os.getpid()}.partial")
        try:
            storage.download(object_key, partial)
            if check:
                check(partial)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        _evict(path.parent, keep=path)
    return path


def keep(name: str, path: Path) -> Path:
    """Put a file that was made here under a name, so that the next step on this machine need not download it."""
    target = folder() / "cache" / name
    target.parent.mkdir(exist_ok=True)
    path.replace(target)
    _evict(target.parent, keep=target)
    return target


def drop(name: str) -> None:
    cache = folder() / "cache"
    (cache / name).unlink(missing_ok=True)
    (cache / f"{name}.lock").unlink(missing_ok=True)


def _fresh(path: Path) -> bool:
    """Whether the file is there; marks it as used."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _evict(cache: Path, keep: Path) -> None:
    """Remove the longest unused files while the cache is too large."""
    found = []
    for path in cache.iterdir():
        with suppress(FileNotFoundError):
            found.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in found)
    limit = min(CACHE_BYTES, shutil.disk_usage(cache).free + total)
    for used, size, path in sorted(found):
        if total <= limit * 0.9 or used > time.time() - IN_USE_SECONDS:
            return
        if path != keep:
            path.unlink(missing_ok=True)
            total -= size


def _sweep(root: Path) -> None:
    for path in root.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - 4 * IN_USE_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
