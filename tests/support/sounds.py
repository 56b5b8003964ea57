"""A sound file of a caller's, as an upload leaves it."""

import hashlib
from pathlib import Path

from tests.unit.engine import media

from flatrender.files.model import FILE, FileItem
from flatrender.files.repository import file_pk, owner_of
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id
from flatrender.platform import storage


def tone(caller: Caller, folder: Path, seconds: float = 1.0) -> str:
    """The id of a ready WAV file with a tone."""
    body = media.tone(folder / "tone.wav", seconds).read_bytes()
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
        filename="tone.wav",
        kind="audio",
        content_type="audio/wav",
        size_bytes=len(body),
        status="ready",
        sha256=hashlib.sha256(body).hexdigest(),
        duration=seconds,
        has_audio=True,
    ).save()
    storage.write(storage.file_key(caller.tenant_id, file_id), body, "audio/wav")
    return file_id
