"""Files on a render machine: fetched once, checked, and removed when room is needed."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from flatrender.platform import storage
from flatrender.render import machine

CONTENT = b"picture"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    made: list[str] = []

    def download(key: str, to: Path) -> None:
        made.append(key)
        time.sleep(0.05)
        to.write_bytes(CONTENT)

    monkeypatch.setattr(storage, "download", download)
    monkeypatch.setattr(machine, "folder", lambda: tmp_path)
    return made


def test_an_asset_is_downloaded_once(downloads: list[str]) -> None:
    first, second = machine.asset(SHA, "files/t/f"), machine.asset(SHA, "files/t/f")
    assert first == second
    assert (first.read_bytes(), downloads) == (CONTENT, ["files/t/f"])


def test_neighbours_wait_for_a_download_instead_of_repeating_it(downloads: list[str]) -> None:
    threads = [threading.Thread(target=machine.asset, args=(SHA, "files/t/f")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert downloads == ["files/t/f"]


def test_what_is_not_what_its_record_says_is_refused(downloads: list[str], tmp_path: Path) -> None:
    with pytest.raises(machine.DamagedAsset):
        machine.asset("0" * 64, "files/t/f")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock"]


@pytest.mark.parametrize(
    ("status", "raised"), [(403, machine.DamagedAsset), (404, machine.DamagedAsset), (503, ClientError)]
)
def test_an_asset_that_was_deleted_is_told_from_a_storage_that_is_busy(
    status: int, raised: type[Exception], downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(key: str, to: Path) -> None:
        raise ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")

    monkeypatch.setattr(storage, "download", refuse)
    with pytest.raises(raised):
        machine.asset(SHA, "files/t/f")


def test_the_longest_unused_goes_first_and_what_is_in_use_stays(
    downloads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CACHE_BYTES", 20)
    cache = tmp_path / "cache"
    cache.mkdir()
    old = time.time() - 2 * machine.IN_USE_SECONDS
    for name, age in (("older", old - 100), ("old", old), ("fresh", time.time())):
        (cache / name).write_bytes(b"12345678")
        os.utime(cache / name, (age, age))

    machine.fetch("new", "files/t/f")

    assert {path.name for path in cache.iterdir() if path.suffix != ".lock"} == {"fresh", "new"}


def test_a_workspace_is_removed_also_after_a_failure(downloads: list[str], tmp_path: Path) -> None:
    def work() -> None:
        with machine.workspace("job") as folder:
            (folder / "file").write_bytes(b"1")
            raise OSError

    with pytest.raises(OSError):
        work()
    assert list((tmp_path / "work").iterdir()) == []


def test_leftovers_of_killed_workers_are_swept(downloads: list[str], tmp_path: Path) -> None:
    left = tmp_path / "work" / "left"
    left.mkdir(parents=True)
    old = time.time() - 10 * machine.IN_USE_SECONDS
    os.utime(left, (old, old))
    with machine.workspace("job"):
        assert not left.exists()
