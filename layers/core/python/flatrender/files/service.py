"""Uploads, files, and what other contexts ask about them."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

from flatrender.composition.assets import AssetInfo
from flatrender.files import repository
from flatrender.files.errors import FileMoved, FileNotFound, FileTooLarge, UnsupportedType
from flatrender.files.model import FILE, FileItem
from flatrender.files.schemas import ALIASES, KIND_BYTES, TYPES, File, Rejection, Upload, UploadForm, UploadRequest
from flatrender.files.usage import Usage
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import epoch, isoformat, timestamp
from flatrender.kernel.errors import Unavailable
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import SYSTEM_TENANT_ID, derived_id, new_id
from flatrender.kernel.paging import Page, PageRequest
from flatrender.kernel.plans import plan_of
from flatrender.platform import storage

PENDING_SECONDS = 2 * 3600
"""How long an upload may take from asking for the form to the last byte; its quota is reserved for as long."""


def create(caller: Caller, request: UploadRequest) -> Upload:
    """Reserves storage, and makes the form with which S3 takes this one file.

    Raises UnsupportedType, FileTooLarge, StorageFull, TooManyUploads.
    """
    content_type = _type_of(request.content_type)
    plan = plan_of(caller.tier)
    most = min(plan.max_upload_bytes, KIND_BYTES.get(TYPES[content_type], plan.max_upload_bytes))
    if request.size_bytes > most:
        raise FileTooLarge(
            f"Files of type {content_type} may have up to {most // 2**20} MiB in your plan; this one has "
            f"{request.size_bytes / 2**20:.1f} MiB.",
            max_bytes=most,
        )
    until = epoch() + PENDING_SECONDS
    item = _new(caller.tenant_id, caller.user_id, new_id())
    item.tier = caller.tier
    item.filename = request.filename
    item.content_type = content_type
    item.kind = TYPES[content_type]
    item.size_bytes = request.size_bytes
    item.status = "pending"
    item.expires_at = until

    def reserve(usage: Usage) -> Usage:
        return usage.reserve(item.file_id, item.kind, request.size_bytes, until, plan)

    repository.with_usage(caller.tenant_id, caller.user_id, reserve, [repository.create(item)])
    form = storage.upload_form(
        storage.upload_key(caller.tenant_id, item.file_id), content_type=content_type, max_bytes=request.size_bytes
    )
    expires_at = _moment(epoch() + storage.LINK_SECONDS)
    return Upload(file=_shown(item), upload=UploadForm(url=form["url"], fields=form["fields"], expires_at=expires_at))


def get(caller: Caller, file_id: str) -> File:
    """Raises FileNotFound."""
    item = _own(caller, file_id)
    if item.status != "ready":
        return _shown(item)
    key = storage.file_key(caller.tenant_id, file_id)
    return _shown(
        item,
        url=storage.link(key),
        download_url=storage.link(key, filename=item.filename),
        links_expire_at=_moment(epoch() + storage.LINK_SECONDS),
    )


def page(caller: Caller, wanted: PageRequest, kind: str | None = None) -> Page[File]:
    items, meta = repository.page(caller.tenant_id, caller.user_id, kind, wanted)
    return Page[File](data=[_shown(item) for item in items], meta=meta)


def delete(caller: Caller, file_id: str) -> None:
    """Removes the file's bytes, then its record, so that nothing is left in the bucket that no record names.

    Raises FileNotFound.
    """
    for _ in range(3):
        item = _own(caller, file_id)
        storage.remove(storage.upload_key(caller.tenant_id, file_id), storage.file_key(caller.tenant_id, file_id))
        try:
            _forget(item)
        except FileMoved:
            continue  # it was being examined, and became ready or rejected meanwhile
        return
    raise Unavailable


def _forget(item: FileItem) -> None:
    size, ready = int(item.size_bytes), item.status == "ready"

    def change(usage: Usage) -> Usage:
        return usage.free(item.kind, size) if ready else usage.release(item.file_id)

    item.sequence += 1
    operations = [repository.remove(item), repository.emit("file.deleted.v1", item, facts(item))]
    repository.with_usage(item.tenant_id, item.user_id, change, operations)


class StoredAsset(AssetInfo):
    """An AssetInfo that also knows whose file it is, so that its bytes can be found, and what that person calls it."""

    tenant_id: str
    filename: str


def assets(tenant_id: str, ids: Iterable[str], *, user_id: str | None = None) -> dict[str, AssetInfo]:
    """What compositions need to know of files: the tenant's own and those that ship with the platform, by id.

    Ids that are unknown, rejected or of another tenant are left out; with `user_id`, those of the tenant's other users
    too. A file that is not yet probed has `ready` False, and validation says so. One BatchGetItem per 50 ids.
    """
    found: dict[str, AssetInfo] = {}
    for some in batched(dict.fromkeys(ids), repository.MAX_BATCH // 2, strict=False):
        tenants = {tenant_id, SYSTEM_TENANT_ID}
        for item in repository.batch((tenant, file_id) for file_id in some for tenant in sorted(tenants)):
            own = item.tenant_id == tenant_id and user_id in {None, item.user_id}
            if item.status != "rejected" and (own or _ships(item)):
                found[item.file_id] = _asset(item)
    return found


def _ships(item: FileItem) -> bool:
    """Whether `register_system_file` wrote it. What people of the system tenant upload is theirs as anybody's is."""
    return item.tenant_id == SYSTEM_TENANT_ID and item.user_id == SYSTEM_TENANT_ID


def object_key(tenant_id: str, info: AssetInfo) -> str:
    """Where the bytes of a file lie in the media bucket; `info` as `assets` returned it to the same tenant."""
    owner = info.tenant_id if isinstance(info, StoredAsset) else tenant_id
    if owner not in {tenant_id, SYSTEM_TENANT_ID}:
        raise FileNotFound
    return storage.file_key(owner, info.id)


def name_of(info: AssetInfo) -> str:
    """What its owner calls a file; its id, where that is not known."""
    return info.filename if isinstance(info, StoredAsset) else info.id


def register_system_file(name: str, path: Path, content_type: str, *, file_id: str | None = None) -> str:
    """Puts a file that ships with the platform where every tenant's compositions can name it; returns its id.

    The id follows from `name` unless one is given. Doing it again with the same content changes nothing and costs one
    read. New content needs the render layer.
    Raises engine.faults.RejectedMedia.
    """
    file_id = file_id or derived_id(SYSTEM_TENANT_ID, f"file:{name}")
    known = repository.get(SYSTEM_TENANT_ID, file_id)
    with path.open("rb") as file:
        if known and known.sha256 == hashlib.file_digest(file, "sha256").hexdigest():
            return file_id
    from flatrender.engine.probe import probe

    found = probe(path, content_type)
    storage.upload(path, storage.file_key(SYSTEM_TENANT_ID, file_id), found.content_type)
    item = _new(SYSTEM_TENANT_ID, SYSTEM_TENANT_ID, file_id)
    item.tier = "business"
    item.filename = path.name
    item.status = "ready"
    record(item, found)
    item.save()
    return file_id


def record(item: FileItem, found: Any) -> None:
    """Writes what probing found (an engine.probe.MediaInfo) into the item."""
    item.kind = found.kind
    item.content_type = found.content_type
    item.size_bytes = found.size_bytes
    item.sha256 = found.sha256
    item.width = found.width
    item.height = found.height
    item.duration = found.duration
    item.has_audio = found.has_audio
    item.slots = found.slots
    item.rare = [character.model_dump() for character in found.rare] if found.rare else None


def facts(item: FileItem) -> dict[str, Any]:
    """What every file event says."""
    return {
        "file_id": item.file_id,
        "user_id": item.user_id,
        "filename": item.filename,
        "kind": item.kind,
        "content_type": item.content_type,
    }


def _type_of(declared: str) -> str:
    plain = declared.partition(";")[0].strip().lower()
    content_type = ALIASES.get(plain, plain)
    if content_type not in TYPES:
        message = f"'{declared}' cannot be used. Upload one of: {', '.join(TYPES)}."
        raise UnsupportedType(message, [Fault(pointer="/body/content_type", code="unsupported_type", message=message)])
    return content_type


def _own(caller: Caller, file_id: str) -> FileItem:
    item = repository.get(caller.tenant_id, file_id)
    if item is None or item.user_id != caller.user_id:
        raise FileNotFound
    return item


def _new(tenant_id: str, user_id: str, file_id: str) -> FileItem:
    created_at = timestamp()
    return FileItem(
        pk=repository.file_pk(tenant_id, file_id),
        sk=FILE,
        type="file",
        owner=repository.owner_of(tenant_id, user_id),
        created=f"{created_at}#{file_id}",
        file_id=file_id,
        tenant_id=tenant_id,
        user_id=user_id,
        created_at=created_at,
    )


def _asset(item: FileItem) -> AssetInfo:
    return StoredAsset(
        id=item.file_id,
        tenant_id=item.tenant_id,
        filename=item.filename,
        size_bytes=int(item.size_bytes),
        sha256=item.sha256 or "",
        ready=item.status == "ready",
        kind=item.kind,
        width=item.width,
        height=item.height,
        duration=item.duration,
        has_audio=item.has_audio,
        slots=item.slots,
        rare=item.rare,
    )


def _shown(item: FileItem, **links: str) -> File:
    rejected = item.rejection_code is not None
    return File(
        id=item.file_id,
        filename=item.filename,
        kind=item.kind,
        content_type=item.content_type,
        size_bytes=int(item.size_bytes),
        status=item.status,
        created_at=item.created_at,
        expires_at=None if item.expires_at is None else _moment(int(item.expires_at)),
        width=item.width,
        height=item.height,
        duration_seconds=item.duration,
        has_audio=item.has_audio,
        slots=item.slots,
        rejection=Rejection(code=item.rejection_code, message=item.rejection_message) if rejected else None,
        **links,
    )


def _moment(seconds: int) -> str:
    return isoformat(datetime.fromtimestamp(seconds, UTC))
