"""Items of the files table.

TENANT#t#FILE#f          FILE       a file, pending, ready or rejected
TENANT#t#USER#u#USAGE    STORAGE    the bytes a user's files take, those that uploads under way have reserved,
                                    and how many files of each kind there are
TENANT#t#OUTBOX#f        EVENT#…    events on their way
"""

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from flatrender.platform.outbox import outbox_of
from flatrender.platform.tables import Item, meta

FILE = "FILE"
STORAGE = "STORAGE"
USAGE = "usage"
LAST = "~"
"""Sorts behind every timestamp: the usage comes first in a newest-first query."""

FilesOutboxItem = outbox_of("files")


class ByOwner(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """A user's files by age, with the user's usage behind the newest."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    created = UnicodeAttribute(range_key=True)


class FileItem(Item):
    """`size_bytes` is what was announced until the file is ready, then what it has.

    `claim` names the invocation that examines the upload, until the epoch second `claimed_until`.
    """

    Meta = meta("files")
    by_owner = ByOwner()

    owner = UnicodeAttribute()
    created = UnicodeAttribute()
    file_id = UnicodeAttribute()
    tenant_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    tier = UnicodeAttribute()
    filename = UnicodeAttribute()
    kind = UnicodeAttribute()
    content_type = UnicodeAttribute()
    size_bytes = NumberAttribute()
    status = UnicodeAttribute()
    created_at = UnicodeAttribute()
    sequence = NumberAttribute(default=0)
    sha256 = UnicodeAttribute(null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    duration = NumberAttribute(null=True)
    has_audio = BooleanAttribute(default=False)
    slots = JSONAttribute(null=True)
    rare = JSONAttribute(null=True)
    rejection_code = UnicodeAttribute(null=True)
    rejection_message = UnicodeAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    claimed_until = NumberAttribute(null=True)


class UsageItem(Item):
    """Written only if `version` is as read.

    `reservations`: file id to [bytes, held until this epoch second]. `ready`: kind to how many files of it are ready.
    `passing`: of pending and rejected files, file id to [kind, shown until this epoch second].
    """

    Meta = meta("files")

    owner = UnicodeAttribute()
    created = UnicodeAttribute()
    used_bytes = NumberAttribute()
    reservations = JSONAttribute()
    ready = JSONAttribute(null=True)
    passing = JSONAttribute(null=True)
    version = NumberAttribute()
