"""What happens to an upload once S3 has it: it is examined by decoding, and becomes a file or is thrown away.

S3 may tell of an upload twice, late, or never, and an uploader may send another file with the same form while it is
valid. One invocation at a time claims the file; it keeps exactly the bytes it examined (copied by entity tag); what
arrives after the verdict is removed and changes nothing.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from flatrender.files import repository, service
from flatrender.files.errors import FileMoved, StorageFull, UploadReplaced
from flatrender.files.model import FileItem
from flatrender.files.usage import Usage
from flatrender.kernel.clock import epoch
from flatrender.kernel.ids import new_id
from flatrender.kernel.plans import plan_of
from flatrender.platform import observe, storage

REJECTED_SECONDS = 7 * 24 * 3600
"""How long a rejected upload is still shown, with the reason."""

AGAIN_SECONDS = 30
"""So long after it began, an invocation examines what has replaced the upload; it must not run into its timeout."""


def receive(record: dict[str, Any]) -> None:
    """One SQS record with EventBridge's "Object Created". Raises whatever makes another try worthwhile."""
    key = json.loads(record["body"])["detail"]["object"]["key"]
    prefix, *parts = key.split("/")
    if prefix != "uploads" or len(parts) != 2:
        observe.logger().error("not an upload", extra={"key": key})
        return
    examine(*parts)


def examine(tenant_id: str, file_id: str) -> None:
    """Decides on a pending upload.

    Raises UploadInProgress, UploadReplaced, Unavailable, and botocore's errors.
    """
    observe.logger().append_keys(tenant_id=tenant_id, file_id=file_id)
    upload = storage.upload_key(tenant_id, file_id)
    item = repository.get(tenant_id, file_id)
    if item is None:
        storage.remove(upload, storage.file_key(tenant_id, file_id))  # deleted or lapsed: no record names either
        return
    if item.status != "pending":
        storage.remove(upload)  # a stray one, sent with a form that was still valid
        return
    token = new_id()
    repository.claim(item, token)
    try:
        decided = _examine_what_is_there(item, token, upload)
    except Exception:
        repository.unclaim(item, token)
        raise
    if decided:
        storage.remove(upload)
    else:
        repository.unclaim(item, token)


def _examine_what_is_there(item: FileItem, token: str, upload: str) -> bool:
    """Again when another upload came meanwhile, as long as there is time: a browser that tries twice waits once."""
    until = monotonic() + AGAIN_SECONDS
    while True:
        try:
            return _examine(item, token, upload)
        except UploadReplaced:
            if monotonic() > until:
                raise


def _examine(item: FileItem, token: str, upload: str) -> bool:
    """False when there is nothing to examine."""
    from flatrender.engine.faults import RejectedMedia
    from flatrender.engine.probe import Limits, probe

    plan = plan_of(item.tier)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        try:
            fetched = storage.fetch(upload, path, int(item.size_bytes))
            if fetched is None:
                return False
            limits = Limits(max_bytes=int(item.size_bytes), max_seconds=plan.max_media_seconds)
            found = probe(path, item.content_type, limits)
        except storage.ObjectTooLarge:
            _reject(item, token, "too_large", "The file has more bytes than were announced.")
            return True
        except RejectedMedia as rejection:
            _reject(item, token, rejection.reason, rejection.text)
            return True
    _accept(item, token, found, upload, fetched.etag)
    return True


def _accept(item: FileItem, token: str, found: Any, upload: str, etag: str) -> None:
    target = storage.file_key(item.tenant_id, item.file_id)
    _keep_bytes(upload, target, found.content_type, etag)
    plan = plan_of(item.tier)
    announced = (item.content_type, item.expires_at)
    service.record(item, found)
    item.status, item.expires_at, item.sequence = "ready", None, item.sequence + 1
    told = service.facts(item) | {
        "size_bytes": found.size_bytes,
        "sha256": found.sha256,
        "width": found.width,
        "height": found.height,
        "duration_seconds": found.duration,
        "has_audio": found.has_audio,
    }

    def settle(usage: Usage) -> Usage:
        return usage.settle(item.file_id, item.kind, found.size_bytes, plan)

    operations = [repository.decide(item, token), repository.emit("file.ready.v1", item, told)]
    try:
        repository.with_usage(item.tenant_id, item.user_id, settle, operations)
    except StorageFull as full:
        item.content_type, item.expires_at = announced
        item.sequence -= 1
        _reject(item, token, full.code, full.text)
    except FileMoved:
        if repository.get(item.tenant_id, item.file_id) is None:
            storage.remove(target)  # deleted while it was examined
    else:
        observe.count("FilesAccepted", kind=found.kind)


def _reject(item: FileItem, token: str, code: str, message: str) -> None:
    until = epoch() + REJECTED_SECONDS
    item.status, item.expires_at, item.sequence = "rejected", until, item.sequence + 1
    item.rejection_code, item.rejection_message = code, message
    told = service.facts(item) | {"reason": {"code": code, "message": message}}

    def turn_down(usage: Usage) -> Usage:
        return usage.reject(item.file_id, item.kind, until)

    operations = [repository.decide(item, token), repository.emit("file.rejected.v1", item, told)]
    try:
        repository.with_usage(item.tenant_id, item.user_id, turn_down, operations)
    except FileMoved:
        return  # deleted while it was examined
    storage.remove(storage.file_key(item.tenant_id, item.file_id))
    observe.count("FilesRejected", reason=code)


def _keep_bytes(upload: str, target: str, content_type: str, etag: str) -> None:
    from botocore.exceptions import ClientError

    try:
        storage.copy(upload, target, content_type, etag=etag)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in {404, 412}:
            raise UploadReplaced from error
        raise
