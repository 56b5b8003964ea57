"""Files on the machine that renders: assets and parts of videos, each fetched once however many workers want it.

Lambda environments and Batch machines are reused, and on one machine several processes work side by side. A piece of
work has a workspace, and in it hard links to what it uses of the cache: so its files stay for as long as it lasts,
whatever a neighbour removes. A workspace is locked by its process; when that is killed, the lock goes with it.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flatrender.platform import storage
from flatrender.render.errors import DiskFull

CACHE_BYTES: Final = int(os.environ.get("RENDER_MACHINE_CACHE_BYTES", str(3 * 1024**3)))
"""What nobody uses is kept up to this size of the cache in all."""
SPARE_BYTES: Final = 512 * 1024**2
"""Left free on the disk, for results whose size nobody knows before."""

_LOCK: Final = ".lock"
_ALIVE: Final = "alive"


class DamagedAsset(Exception):
    """An object in the bucket is not what its record says, or is not there."""


@dataclass(frozen=True)
class Workspace:
    """One piece of work: a folder for what it makes, and the files that it uses."""

    root: Path

    @property
    def folder(self) -> Path:
        """For what is made. Empty at first."""
        return self.root / "made"

    def asset(self, sha256: str, object_key: str) -> Path:
        """The file with this content, downloaded unless this machine has it. Raises DamagedAsset, DiskFull."""
        return self.intact(f"asset-{sha256}", sha256, object_key)

    def intact(self, name: str, sha256: str, object_key: str) -> Path:
        """As `fetch`, but nothing with other content than this is ever under the name. Raises DamagedAsset."""

        def check(path: Path) -> None:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                raise DamagedAsset(f"{object_key} has sha256 {found}, not {sha256}")

        from botocore.exceptions import ClientError

        try:
            return self.fetch(name, object_key, check)
        except ClientError as error:
            # 403 is S3's answer for what is not there to those who may not list the bucket.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in {403, 404}:
                raise
            raise DamagedAsset(f"{object_key} is not there") from error

    def fetch(self, name: str, object_key: str, check: Callable[[Path], None] | None = None) -> Path:
        """The object under a name that stands for its content; a neighbour's download is waited for, not repeated.

        Raises DiskFull.
        """
        cached, used = _cache() / name, self.root / "used" / name
        with (cached.parent / f"{name}{_LOCK}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if used.exists() or _use(cached, used):
                return used
            partial = self.root / f"{name}.partial"
            try:
                storage.download(object_key, partial, make_room)
                if check:
                    check(partial)
                partial.rename(used)
            finally:
                partial.unlink(missing_ok=True)
            # Somebody may have dropped the name and its lock meanwhile, and somebody else have put it there again.
            with suppress(FileExistsError):
                cached.hardlink_to(used)
        return used

    def discard(self, name: str) -> None:
        """Let go of a file that was fetched, and keep it no longer. It can be fetched again."""
        (self.root / "used" / name).unlink(missing_ok=True)
        drop(name)


def folder() -> Path:
    path = Path(tempfile.gettempdir()) / f"flatrender-{os.getuid()}"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def workspace(name: str) -> Iterator[Workspace]:
    """For one piece of work, removed afterwards. Those of killed processes are removed, too."""
    root = folder() / "work"
    root.mkdir(exist_ok=True)
    with (folder() / f"work{_LOCK}").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        _sweep(root)
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root))
        alive = (path / _ALIVE).open("w")
        fcntl.flock(alive, fcntl.LOCK_EX)
    with alive:
        try:
            made = Workspace(path)
            made.folder.mkdir()
            (path / "used").mkdir()
            yield made
        finally:
            shutil.rmtree(path, ignore_errors=True)


def keep(name: str, path: Path) -> None:
    """Put a file that was made here under a name, so that the next step on this machine need not download it."""
    path.replace(_cache() / name)


def drop(name: str) -> None:
    (_cache() / name).unlink(missing_ok=True)
    (_cache() / f"{name}{_LOCK}").unlink(missing_ok=True)


def make_room(size: int) -> None:
    """Before `size` bytes are written: remove what nobody uses, the longest unused first, as much as is needed.

    Raises DiskFull: so much cannot be written here.
    """
    cache, unused, total = _cache(), [], 0
    for path in cache.iterdir():
        with suppress(FileNotFoundError):
            status = path.stat()
            total += status.st_size
            if status.st_nlink == 1 and path.suffix != _LOCK:
                unused.append((status.st_atime, status.st_size, path))
    excess = max(total + size - CACHE_BYTES, size + SPARE_BYTES - shutil.disk_usage(cache).free)
    for _, freed, path in sorted(unused):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= freed
    free = shutil.disk_usage(cache).free
    if size > free:
        raise DiskFull(needed=size, free=free)


def is_full(error: BaseException | None) -> bool:
    """Whether an error is one of a disk without room, whoever has raised another because of it."""
    while error is not None:
        if isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC:
            return True
        error = error.__cause__ or error.__context__
    return False


def _cache() -> Path:
    path = folder() / "cache"
    path.mkdir(exist_ok=True)
    return path


def _use(cached: Path, used: Path) -> bool:
    """Whether the file is there; links it. Its time of change stays, for the engine tells files by it."""
    try:
        used.hardlink_to(cached)
    except FileNotFoundError:
        return False
    os.utime(used, ns=(time.time_ns(), used.stat().st_mtime_ns))
    return True


def _sweep(root: Path) -> None:
    """Remove the workspaces whose processes are gone."""
    for path in root.iterdir():
        try:
            with (path / _ALIVE).open("w") as alive:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except OSError:
            pass  # it is being removed already, or was left without a lock
        shutil.rmtree(path, ignore_errors=True)
