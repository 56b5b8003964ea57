"""Uploads as a browser and S3 would make them."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import numpy as np
import pytest
import skia
from tests.support.events import assert_valid_event, outbox_events

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.platform import storage
from flatrender.platform.settings import settings, table_name


def picture(width: int = 320, height: int = 200, seed: int = 1) -> bytes:
    """A JPEG with some noise in it, so that it is not tiny."""
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    image = skia.Image.fromarray(pixels, skia.kRGBA_8888_ColorType)
    return bytes(image.encodeToData(skia.kJPEG, 80))


class Bucket:
    """The media bucket, seen from outside."""

    @property
    def _s3(self) -> Any:
        return boto3.client("s3")

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=settings().media_bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        found: bytes = self._s3.get_object(Bucket=settings().media_bucket, Key=key)["Body"].read()
        return found

    def type_of(self, key: str) -> str:
        return str(self._s3.head_object(Bucket=settings().media_bucket, Key=key)["ContentType"])

    def keys(self) -> set[str]:
        return set(storage.keys(""))


@pytest.fixture
def bucket(aws: None) -> Bucket:
    return Bucket()


@pytest.fixture
def ask(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Asks for an upload form; the answer of POST /v1/files."""

    def post(caller: Caller, size: int = 1000, content_type: str = "image/jpeg", filename: str = "lake.jpg") -> Any:
        body = {"filename": filename, "content_type": content_type, "size_bytes": size}
        return invoke("files/files", "POST", "/v1/files", body=body, caller=caller)

    return post


@pytest.fixture
def probe(load: Callable[[str], ModuleType]) -> Callable[..., list[str]]:
    """Delivers "Object Created" for these keys in one batch; returns the ids of the messages that failed."""

    def deliver(*keys: str) -> list[str]:
        records = [
            {
                "messageId": key,
                "body": json.dumps(
                    {"detail-type": "Object Created", "source": "aws.s3", "detail": {"object": {"key": key}}}
                ),
            }
            for key in keys
        ]
        answer = load("files/probe").handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return deliver


@pytest.fixture
def upload(ask: Any, bucket: Bucket, probe: Any) -> Callable[..., str]:
    """Asks, uploads, lets it be examined; returns the file's id."""

    def run(caller: Caller, body: bytes | None = None, **given: Any) -> str:
        content = picture() if body is None else body
        answer = ask(caller, **{"size": len(content)} | given)
        assert answer.status == 201, answer
        file_id: str = answer.json["file"]["id"]
        key = storage.upload_key(caller.tenant_id, file_id)
        bucket.put(key, content)
        assert probe(key) == []
        return file_id

    return run


@pytest.fixture
def read(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def get(caller: Caller, file_id: str) -> Any:
        return invoke("files/files", "GET", f"/v1/files/{file_id}", caller=caller)

    return get


@pytest.fixture
def told(aws: None) -> Callable[[], list[dict[str, Any]]]:
    """The events that were emitted so far, each checked against its schema."""

    def events() -> list[dict[str, Any]]:
        found = outbox_events(table_name("files"))
        for event in found:
            assert_valid_event(event)
        return found

    return events


@pytest.fixture
def stranger(caller: Callable[..., Caller]) -> Callable[[Caller, str], Caller]:
    """Somebody else: of another tenant, or of the same one."""

    def make(known: Caller, whose: str) -> Caller:
        return caller(tenant_id=known.tenant_id if whose == "same tenant" else new_id())

    return make
