"""The media bucket. Keys are built here and nowhere else; every key holds its tenant."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flatrender.kernel.errors import Unavailable
from flatrender.platform import observe
from flatrender.platform.clients import client
from flatrender.platform.settings import settings

LINK_SECONDS = 900
PART_BYTES = 64 * 1024**2
"""Files above this size are uploaded in parts of this size; S3 allows 10,000."""
PARTS_AT_ONCE = 4


def upload_key(tenant_id: str, file_id: str) -> str:
    return f"uploads/{tenant_id}/{file_id}"


def file_key(tenant_id: str, file_id: str) -> str:
    return f"files/{tenant_id}/{file_id}"


def chunk_key(tenant_id: str, key: str, suffix: str = "mp4") -> str:
    """`suffix` says which container it is; players look at it before they load a segment."""
    return f"chunks/{tenant_id}/{key}.{suffix}"


def result_prefix(tenant_id: str, job_id: str) -> str:
    return f"results/{tenant_id}/{job_id}/"


def _s3() -> Any:
    """For objects of any size: it waits long for each piece."""
    return client("s3", read_timeout=60)


def read(key: str) -> bytes:
    body: bytes = _s3().get_object(Bucket=settings().media_bucket, Key=key)["Body"].read()
    return body


def write(key: str, body: bytes, content_type: str) -> None:
    _s3().put_object(Bucket=settings().media_bucket, Key=key, Body=body, ContentType=content_type)


def download(key: str, to: Path, make_room: Callable[[int], None] | None = None) -> None:
    """Streams an object into a file, 1 MiB at a time. `make_room` is called before, with the size in bytes."""
    found = _s3().get_object(Bucket=settings().media_bucket, Key=key)
    with closing(found["Body"]) as body:
        if make_room:
            make_room(found["ContentLength"])
        with to.open("wb") as file:
            for piece in body.iter_chunks(1024 * 1024):
                file.write(piece)


def upload(path: Path, key: str, content_type: str) -> None:
    """Stores a file, a large one in parts: S3 takes no more than 5 GiB at once. What fails half-way is aborted."""
    if path.stat().st_size > PART_BYTES:
        _upload_in_parts(path, key, content_type)
        return
    with path.open("rb") as file:
        _s3().put_object(Bucket=settings().media_bucket, Key=key, Body=file, ContentType=content_type)


def _upload_in_parts(path: Path, key: str, content_type: str) -> None:
    # Only whoever has made a long video waits for this import.
    from boto3.s3.transfer import S3Transfer, TransferConfig, create_transfer_manager

    config = TransferConfig(
        multipart_threshold=PART_BYTES,
        multipart_chunksize=PART_BYTES,
        max_concurrency=PARTS_AT_ONCE,
        preferred_transfer_client="classic",
    )
    with S3Transfer(manager=create_transfer_manager(_s3(), config)) as transfer:
        transfer.upload_file(str(path), settings().media_bucket, key, extra_args={"ContentType": content_type})


@dataclass(frozen=True)
class Fetched:
    """What was downloaded: its entity tag, to name exactly these bytes later, and its size."""

    etag: str
    size_bytes: int


class ObjectTooLarge(Exception):
    """The object has more bytes than may be fetched."""


def fetch(key: str, to: Path, max_bytes: int) -> Fetched | None:
    """Streams an object of at most `max_bytes` into a file; None when there is no such object.

    Raises ObjectTooLarge, before anything is downloaded.
    """
    from botocore.exceptions import ClientError

    try:
        found = _s3().get_object(Bucket=settings().media_bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    with closing(found["Body"]) as body:
        if found["ContentLength"] > max_bytes:
            raise ObjectTooLarge
        with to.open("wb") as file:
            for piece in body.iter_chunks(1024 * 1024):
                file.write(piece)
    return Fetched(found["ETag"], found["ContentLength"])


def copy(source: str, target: str, content_type: str | None = None, *, etag: str | None = None) -> None:
    """Copies within the bucket; with `etag`, only if the source still is the object of that entity tag.

    Raises botocore's ClientError: 404, the source is gone; 412, it is another one now.
    """
    bucket = settings().media_bucket
    extra = {"ContentType": content_type, "MetadataDirective": "REPLACE"} if content_type else {}
    if etag:
        extra["CopySourceIfMatch"] = etag
    _s3().copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source}, **extra)


def head(key: str) -> dict[str, Any] | None:
    """Size and type of an object (`ContentLength`, `ContentType`), or None when there is none."""
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = _s3().head_object(Bucket=settings().media_bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return found


def keys(prefix: str) -> Iterator[str]:
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=settings().media_bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            yield entry["Key"]


def remove(*doomed: str) -> None:
    """Removes objects, those that there are. Raises Unavailable: some are still there, and may be tried again."""
    _remove(client("s3"), doomed)


def remove_prefix(prefix: str) -> None:
    """Removes everything below a prefix, which must end in a slash so that no neighbour is hit. Raises Unavailable."""
    if not prefix.endswith("/"):
        raise ValueError(f"prefix must end in '/': {prefix!r}")
    _remove(_s3(), keys(prefix))


def _remove(s3: Any, doomed: Iterable[str]) -> None:
    from itertools import batched

    for batch in batched(doomed, 1000, strict=False):
        answer = s3.delete_objects(
            Bucket=settings().media_bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
        )
        # S3 answers 200 even when it kept some of them.
        if kept := answer.get("Errors"):
            observe.logger().error("objects not removed", extra={"count": len(kept), "first": kept[0]})
            raise Unavailable


def link(key: str, *, seconds: int = LINK_SECONDS, filename: str | None = None) -> str:
    """A presigned GET address, valid for `seconds`; with `filename`, browsers save it under that name."""
    parameters: dict[str, Any] = {"Bucket": settings().media_bucket, "Key": key}
    if filename:
        parameters["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    url: str = _s3().generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
    return url


def upload_form(key: str, *, content_type: str, max_bytes: int, seconds: int = LINK_SECONDS) -> dict[str, Any]:
    """A presigned POST form `{url, fields}`: S3 itself refuses another type, another key, or more than `max_bytes`."""
    form: dict[str, Any] = _s3().generate_presigned_post(
        Bucket=settings().media_bucket,
        Key=key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
        ExpiresIn=seconds,
    )
    return form
