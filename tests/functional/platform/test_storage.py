"""Files of any size into the media bucket."""

import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from flatrender.platform import storage
from flatrender.platform.settings import settings

KEY = storage.result_prefix("t", "j") + "video.mp4"
SMALLEST_PART = 5 * 1024**2
"""S3 takes no smaller ones."""


@pytest.fixture
def large(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of three parts."""
    monkeypatch.setattr(storage, "PART_BYTES", SMALLEST_PART)
    path = tmp_path / "video.mp4"
    path.write_bytes(os.urandom(2 * SMALLEST_PART + 1))
    return path


def under_way() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        boto3.client("s3").list_multipart_uploads(Bucket=settings().media_bucket).get("Uploads", [])
    )
    return found


def test_a_large_file_goes_in_parts(large: Path) -> None:
    storage.upload(large, KEY, "video/mp4")

    found = storage.head(KEY)
    assert found is not None
    assert (found["ContentType"], found["ETag"].rpartition("-")[2]) == ("video/mp4", '3"')
    assert storage.read(KEY) == large.read_bytes()
    assert under_way() == []


def test_a_large_file_that_fails_half_way_leaves_nothing(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = storage._s3()
    send = client.upload_part

    def fail_late(**given: Any) -> Any:
        if given["PartNumber"] == 3:
            raise ConnectionError("no answer")
        return send(**given)

    monkeypatch.setattr(client, "upload_part", fail_late)

    with pytest.raises(ConnectionError):
        storage.upload(large, KEY, "video/mp4")

    assert storage.head(KEY) is None
    assert under_way() == []


def test_a_small_file_goes_at_once(aws: None, tmp_path: Path) -> None:
    path = tmp_path / "poster.jpg"
    path.write_bytes(b"picture")

    storage.upload(path, KEY, "image/jpeg")

    found = storage.head(KEY)
    assert found is not None
    assert (found["ContentType"], "-" in found["ETag"]) == ("image/jpeg", False)
