"""Files on a render machine: fetched once, checked, and removed when room is needed."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from av.video.frame import VideoFrame
from botocore.exceptions import ClientError

from flatrender.engine.faults import EncodeFailed
from flatrender.platform import storage
from flatrender.render import machine
from flatrender.render.errors import DiskFull

CONTENT = b"picture"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    made: list[str] = []

    def download(key: str, to: Path, make_room: Callable[[int], None]) -> None:
        made.append(key)
        make_room(len(CONTENT))
        time.sleep(0.05)
        to.write_bytes(CONTENT)

    monkeypatch.setattr(storage, "download", download)
    monkeypatch.setattr(machine, "folder", lambda: tmp_path)
    monkeypatch.setattr(machine, "SPARE_BYTES", 0)
    return made


@pytest.fixture
def work(downloads: list[str]) -> Iterator[machine.Workspace]:
    with machine.workspace("job") as made:
        yield made


def cached(folder: Path) -> set[str]:
    """What the cache has, without its locks."""
    return {path.name for path in (folder / "cache").iterdir() if path.suffix != ".lock"}


def disk_of(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the cache lay alone on a disk of `size` bytes."""

    def usage(_path: Path) -> SimpleNamespace:
        return SimpleNamespace(free=size - sum(path.stat().st_size for path in (folder / "cache").iterdir()))

    monkeypatch.setattr(machine.shutil, "disk_usage", usage)


def put(folder: Path, **ages: float) -> None:
    """Files of the size of CONTENT in the cache, used so many seconds ago."""
    (folder / "cache").mkdir(exist_ok=True)
    for name, age in ages.items():
        path = folder / "cache" / name
        path.write_bytes(CONTENT)
        os.utime(path, (time.time() - age, time.time() - age))


def test_an_asset_is_downloaded_once(downloads: list[str]) -> None:
    found = []
    for _ in range(2):
        with machine.workspace("job") as work:
            paths = [work.asset(SHA, "files/t/f") for _ in range(2)]
            found += [(path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]
    assert (found[0][0], downloads) == (CONTENT, ["files/t/f"])
    assert len(set(found)) == 1, "the engine keeps decoded pictures by inode and time of change"


def test_neighbours_wait_for_a_download_instead_of_repeating_it(downloads: list[str]) -> None:
    def neighbour() -> None:
        with machine.workspace("job") as work:
            work.asset(SHA, "files/t/f")

    threads = [threading.Thread(target=neighbour) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert downloads == ["files/t/f"]


def test_what_is_not_what_its_record_says_is_refused(work: machine.Workspace, tmp_path: Path) -> None:
    with pytest.raises(machine.DamagedAsset):
        work.asset("0" * 64, "files/t/f")
    assert cached(tmp_path) == set()


@pytest.mark.parametrize(
    ("status", "raised"), [(403, machine.DamagedAsset), (404, machine.DamagedAsset), (503, ClientError)]
)
def test_an_asset_that_was_deleted_is_told_from_a_storage_that_is_busy(
    status: int, raised: type[Exception], work: machine.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")

    monkeypatch.setattr(storage, "download", refuse)
    with pytest.raises(raised):
        work.asset(SHA, "files/t/f")


def test_the_longest_unused_goes_first_however_recent(
    work: machine.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CACHE_BYTES", 3 * len(CONTENT))
    put(tmp_path, older=3, old=2, fresh=1)

    work.fetch("new", "files/t/f")
    assert cached(tmp_path) == {"old", "fresh", "new"}

    work.fetch("newer", "files/t/f")
    assert cached(tmp_path) == {"fresh", "new", "newer"}


def test_a_disk_that_is_nearly_full_is_made_room_on(
    work: machine.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, older=3, old=2, fresh=1)
    monkeypatch.setattr(machine, "SPARE_BYTES", len(CONTENT))
    disk_of(tmp_path, 3 * len(CONTENT), monkeypatch)

    work.fetch("new", "files/t/f")

    assert cached(tmp_path) == {"fresh", "new"}


def test_what_does_not_fit_when_all_is_removed_is_refused_before_it_is_written(
    work: machine.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, old=2)
    disk_of(tmp_path, 2 * len(CONTENT) - 1, monkeypatch)
    work.fetch("mine", "files/t/f")
    assert cached(tmp_path) == {"mine"}

    with pytest.raises(DiskFull) as refused:
        work.fetch("new", "files/t/f")

    assert refused.value.details == {"needed": len(CONTENT), "free": len(CONTENT) - 1}
    assert cached(tmp_path) == {"mine"}
    assert [path.name for path in work.root.rglob("*.partial")] == []


def test_what_is_discarded_is_gone_and_can_be_fetched_again(
    work: machine.Workspace, tmp_path: Path, downloads: list[str]
) -> None:
    path = work.fetch("part", "files/t/f")
    work.discard(path.name)
    assert (path.exists(), cached(tmp_path)) == (False, set())
    assert work.fetch("part", "files/t/f").read_bytes() == CONTENT
    assert downloads == ["files/t/f"] * 2


def test_a_full_disk_is_known_whatever_was_made_of_it() -> None:
    def encoding() -> None:
        with av.open("/dev/full", "w", "mpegts") as container:
            stream = container.add_stream("mpeg2video", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            for _ in range(2000):
                container.mux(stream.encode(VideoFrame(64, 64, "yuv420p")))

    def worker() -> None:
        try:
            encoding()
        except av.error.FFmpegError as error:
            raise EncodeFailed("Encoding failed.") from error

    with pytest.raises(EncodeFailed) as failed:
        worker()
    assert machine.is_full(failed.value)
    assert machine.is_full(OSError(errno.ENOSPC, "no space"))
    assert machine.is_full(DiskFull())
    assert not machine.is_full(EncodeFailed("No space left on device"))
    assert not machine.is_full(OSError(errno.EIO, "broken"))


def test_what_is_in_use_stays(work: machine.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CACHE_BYTES", len(CONTENT))
    with machine.workspace("neighbour") as neighbour:
        used = [neighbour.fetch("theirs", "files/t/f"), work.fetch("mine", "files/t/f")]
        put(tmp_path, unused=0)
        work.fetch("new", "files/t/f")
        assert cached(tmp_path) == {"theirs", "mine", "new"}
        assert [path.read_bytes() for path in used] == [CONTENT] * 2

    work.fetch("newer", "files/t/f")

    assert cached(tmp_path) == {"mine", "new", "newer"}


def test_a_video_that_was_kept_goes_when_room_is_needed(
    work: machine.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CACHE_BYTES", 2 * len(CONTENT))
    for number in range(3):
        video = work.folder / "video.mp4"
        machine.make_room(len(CONTENT))
        video.write_bytes(CONTENT)
        machine.keep(f"video-{number}", video)

    assert cached(tmp_path) == {"video-1", "video-2"}


def test_a_workspace_is_removed_also_after_a_failure(downloads: list[str], tmp_path: Path) -> None:
    def work() -> None:
        with machine.workspace("job") as made:
            (made.folder / "file").write_bytes(b"1")
            raise OSError

    with pytest.raises(OSError):
        work()
    assert list((tmp_path / "work").iterdir()) == []


WORK_AND_DIE = """
import os, sys, pathlib
from flatrender.render import machine
machine.folder = lambda: pathlib.Path(sys.argv[1])
with machine.workspace("killed") as work:
    (work.folder / "file").write_bytes(b"1")
    os._exit(9)
"""


def test_leftovers_of_killed_workers_are_swept_and_the_living_left_alone(
    work: machine.Workspace, tmp_path: Path
) -> None:
    """However long they take: Batch jobs may run for hours."""
    days_ago = time.time() - 3 * 24 * 3600
    os.utime(work.root, (days_ago, days_ago))
    there = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", WORK_AND_DIE, str(tmp_path)], env=there, check=False)
    assert killed.returncode == 9
    assert len(list((tmp_path / "work").iterdir())) == 2

    with machine.workspace("next") as following:
        assert set((tmp_path / "work").iterdir()) == {work.root, following.root}
    assert work.folder.exists()
