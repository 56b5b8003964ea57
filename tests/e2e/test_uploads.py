"""Uploads: S3 itself refuses what the form does not allow, and nothing is used before it was decoded."""

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import photos
from tests.support.books import assert_nothing_unnamed
from tests.support.people import User
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.api import ApiError


@pytest.fixture(scope="module")
def owner(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return photos.photo(tmp_path_factory.mktemp("uploads") / "photo.jpg", photos.GREEN, 320, 200).read_bytes()


def announced(user: User, size: int, content_type: str = "image/jpeg") -> dict[str, Any]:
    made: dict[str, Any] = user.api.post(
        "/v1/files", {"filename": "upload.bin", "content_type": content_type, "size_bytes": size}
    )
    return made


def posted(form: dict[str, Any], content: bytes, **fields: str) -> httpx.Response:
    """What storage answers to a form, with some of its fields changed."""
    return httpx.post(form["url"], data=form["fields"] | fields, files={"file": ("upload.bin", content)}, timeout=30)


def test_storage_refuses_more_than_was_announced(owner: User, photo: bytes) -> None:
    form = announced(owner, len(photo))["upload"]
    refused = posted(form, photo + b"\0")
    assert refused.status_code == 400
    assert "EntityTooLarge" in refused.text
    assert posted(form, photo).is_success


@pytest.mark.parametrize("content_type", ["text/html", "image/png", "image/svg+xml", ""])
def test_storage_refuses_another_type_than_was_announced(owner: User, photo: bytes, content_type: str) -> None:
    form = announced(owner, len(photo))["upload"]
    refused = posted(form, photo, **{"Content-Type": content_type})
    assert refused.status_code == 403, refused.text


def test_storage_refuses_another_place(owner: User, photo: bytes) -> None:
    first, second = (announced(owner, len(photo))["upload"] for _ in range(2))
    assert posted(first, photo, key=second["fields"]["key"]).status_code == 403
    assert posted(first, photo, key="files/anything").status_code == 403


def test_storage_refuses_a_changed_policy_and_a_missing_signature(owner: User, photo: bytes) -> None:
    form = announced(owner, len(photo))["upload"]
    policy = form["fields"]["policy"]
    assert posted(form, photo, policy=policy[:-8] + "AAAA" + policy[-4:]).status_code in {400, 403}
    unsigned = {name: value for name, value in form["fields"].items() if name.lower() != "x-amz-signature"}
    assert posted({**form, "fields": unsigned}, photo).status_code in {400, 403}


def test_what_the_plan_does_not_take_gets_no_form(owner: User) -> None:
    with pytest.raises(ApiError) as refusal:
        announced(owner, 26 * 1024 * 1024)
    assert refusal.value.status == 413
    for content_type in ("text/html", "application/pdf", "application/zip"):
        with pytest.raises(ApiError) as refusal:
            announced(owner, 100, content_type)
        assert refusal.value.status == 422


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


def test_what_is_not_what_it_claims_is_rejected_with_the_reason(stack: Stack, owner: User, photo: bytes) -> None:
    cases = {
        "truncated": ("image/jpeg", photo[: len(photo) * 2 // 3]),
        "type_mismatch": ("image/png", photo),
        "pixel_flood": ("image/png", png(50_000, 50_000)),
        "polyglot": (
            "image/jpeg",
            photo + b"PK\x03\x04" + b"\0" * 26 + b"a.html<html><script>alert(1)</script></html>",
        ),
        "unknown_type": ("image/jpeg", b"<html><script>alert(1)</script></html>"),
    }
    uploads = {}
    for reason, (content_type, content) in cases.items():
        made = announced(owner, len(content), content_type)
        assert posted(made["upload"], content).is_success
        uploads[reason] = made["file"]["id"]
    for reason, file_id in uploads.items():
        found = settled(owner, file_id)
        assert found["status"] == "rejected", (reason, found)
        assert found["rejection"]["code"] == reason, found
        assert found["rejection"]["message"].endswith(".")
        assert found["url"] is found["download_url"] is None
    assert not [key for key in stack.objects("uploads/") if any(file_id in key for file_id in uploads.values())]
    assert_nothing_unnamed(stack)


def settled(user: User, file_id: str, *, timeout: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        file: dict[str, Any] = user.api.get(f"/v1/files/{file_id}")
        if file["status"] != "pending":
            return file
        time.sleep(0.1)
    raise AssertionError(f"{file_id} is still pending after {timeout} s")


def test_a_deleted_file_is_gone_from_storage_too(stack: Stack, owner: User, tmp_path: Path) -> None:
    (file_id,) = owner.upload(photos.photo(tmp_path / "gone.jpg", photos.MAGENTA, 320, 200))
    link = owner.api.get(f"/v1/files/{file_id}")["url"]
    assert httpx.get(link).status_code == 200
    headers = {"authorization": f"Bearer {owner.api.token}"}
    assert httpx.delete(f"{owner.api.url}/v1/files/{file_id}", headers=headers).status_code == 204
    with pytest.raises(ApiError) as refusal:
        owner.api.get(f"/v1/files/{file_id}")
    assert refusal.value.status == 404
    deadline = time.monotonic() + 10
    while any(file_id in key for key in stack.objects()):
        assert time.monotonic() < deadline, "the object of a deleted file is still there"
        time.sleep(0.2)
    assert httpx.get(link).status_code == 404


def test_storage_that_is_used_is_counted_and_freed(make_user: Callable[..., User], tmp_path: Path) -> None:
    user = make_user()
    path = photos.photo(tmp_path / "counted.jpg", photos.MAGENTA, 320, 200)
    (file_id,) = user.upload(path)
    assert user.api.get(f"/v1/files/{file_id}")["size_bytes"] == path.stat().st_size
    assert [file["id"] for file in user.api.get("/v1/files", kind="image")["data"]] == [file_id]
    assert user.api.get("/v1/files", kind="audio")["data"] == []


def test_the_demo_tenant_is_known_by_its_slug(owner: User) -> None:
    found = journey.tenant(owner.api)
    assert found["slug"] == journey.TENANT
    assert "contact_email" not in found, "what is public does not say how to reach its people"
