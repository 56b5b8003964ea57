"""Files of a caller's, as uploads leave them."""

import hashlib
from pathlib import Path

from tests.unit.engine import media

from flatrender.files.model import FILE, FileItem
from flatrender.files.repository import file_pk, owner_of
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id
from flatrender.platform import storage


def ready(caller: Caller, kind: str, content_type: str, body: bytes, duration: float) -> str:
    """The id of a file that was uploaded and accepted."""
    file_id, moment = new_id(), timestamp()
    FileItem(
        pk=file_pk(caller.tenant_id, file_id),
        sk=FILE,
        type="file",
        owner=owner_of(caller.tenant_id, caller.user_id),
        created=f"{moment}#{file_id}",
        file_id=file_id,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        created_at=moment,
        tier="free",
        filename=f"upload.{kind}",
        kind=kind,
        content_type=content_type,
        size_bytes=len(body),
        status="ready",
        sha256=hashlib.sha256(body).hexdigest(),
        duration=duration,
        has_audio=kind == "audio",
    ).save()
    storage.write(storage.file_key(caller.tenant_id, file_id), body, content_type)
    return file_id


def tone(caller: Caller, folder: Path, seconds: float = 1.0) -> str:
    """The id of a ready WAV file with a tone."""
    return ready(caller, "audio", "audio/wav", media.tone(folder / "tone.wav", seconds).read_bytes(), seconds)
