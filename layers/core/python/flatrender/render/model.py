"""Items of the render table.

| pk | sk | what |
|---|---|---|
| `TENANT#t#JOB#j` | `JOB` | the job |
| `TENANT#t#JOB#j` | `CHUNK#00007`, `CHUNK#AUDIO` | a chunk of it, or its soundtrack |
| `TENANT#t#ORDER#j` | `PART#0000` | the work order (composition, profile, assets), compressed |
| `TENANT#t#CACHE#<key>` | `CHUNK` | names the object `chunks/t/<key>.<suffix>`; written before the object |
| `TENANT#t#USER#u` | `RENDERS` | how many renders the user has, and how many are active |

The index `by_user` lists a user's jobs by time, with the counters behind the newest; `by_status` the same per status.
"""

from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from flatrender.platform.idempotency import records_of
from flatrender.platform.outbox import outbox_of
from flatrender.platform.tables import Item, meta, tenant_key

CONTEXT: Final = "render"
JOB_KEY: Final = "JOB"
AUDIO_KEY: Final = "CHUNK#AUDIO"
LAST: Final = "~"
"""Sorts behind every timestamp: the counters come first in a newest-first query."""

ACTIVE: Final = ("queued", "running")
ENDED: Final = ("completed", "failed", "cancelled")

IdempotencyItem = records_of(CONTEXT)
OutboxItem = outbox_of(CONTEXT)


class ByUser(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_user"
        projection = AllProjection()

    user_pk = UnicodeAttribute(hash_key=True)
    user_sk = UnicodeAttribute(range_key=True)


class ByStatus(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status_pk = UnicodeAttribute(hash_key=True)
    user_sk = UnicodeAttribute(range_key=True)


class JobItem(Item):
    Meta = meta(CONTEXT)

    by_user = ByUser()
    by_status = ByStatus()
    user_pk = UnicodeAttribute()
    user_sk = UnicodeAttribute()
    status_pk = UnicodeAttribute()

    job_id = UnicodeAttribute()
    tenant_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    project_id = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    stage = UnicodeAttribute()
    created_at = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)
    rendering_at = UnicodeAttribute(null=True)
    """When the chunks were handed out; the measure of frames per second."""
    ended_at = UnicodeAttribute(null=True)

    resolution = UnicodeAttribute()
    quality = UnicodeAttribute()
    width = NumberAttribute()
    height = NumberAttribute()
    fps = NumberAttribute()
    duration = NumberAttribute()
    frames = NumberAttribute()
    format = UnicodeAttribute(default="mp4")
    codec = UnicodeAttribute(default="h264")
    transparent = BooleanAttribute(default=False)
    hls = BooleanAttribute(default=False)
    watch_secret = UnicodeAttribute(null=True)
    """Signs the links that need no token: to the playlist, and to the sprite's index."""
    watched = BooleanAttribute(null=True)
    """A player was given a playlist of it while it was rendered."""
    chunks_shown = NumberAttribute(null=True)
    """Of a watched one that ended without a result: how many chunks, from the first on, it has paid for."""
    watchable_until = NumberAttribute(null=True)
    """Of a completed one with `hls`: epoch seconds until which all that its playlists name is kept."""

    backend = UnicodeAttribute()
    backend_reason = UnicodeAttribute()
    device = UnicodeAttribute(null=True)
    """The class of devices that makes its chunks, once that is settled; unset where the order leaves no choice."""
    chunks_total = NumberAttribute()
    chunks_cached = NumberAttribute()
    seconds_held = NumberAttribute()
    seconds_billed = NumberAttribute(null=True)
    price_minor = NumberAttribute()
    """Of the billed seconds once they are known, of the held ones before."""
    currency = UnicodeAttribute()
    second_price_minor = NumberAttribute()

    result = JSONAttribute(null=True)
    """`{size_bytes, sha256, thumbnails, poster, sprite, manifest}`; the objects' keys follow from the job's id."""
    error = JSONAttribute(null=True)
    """`{code, message}`, in words for the user."""


class ChunkItem(Item):
    Meta = meta(CONTEXT)

    index = NumberAttribute()
    """Place on the timeline; -1 for the soundtrack."""
    first_frame = NumberAttribute()
    frames = NumberAttribute()
    """0 for the soundtrack, unless that is all that was ordered."""
    key = UnicodeAttribute()
    cached = BooleanAttribute()
    """Nothing of it is drawn for this job."""
    paid = BooleanAttribute()
    """It costs nothing: a published video was billed for it, or an earlier chunk of this one is."""
    status = UnicodeAttribute()
    """waiting, running, done."""
    attempt = NumberAttribute(default=0)
    frames_done = NumberAttribute(default=0)
    token = UnicodeAttribute(null=True)
    dispatches = NumberAttribute(default=0)
    """How often it was handed to Batch; the latest Batch job bears this number as its tag `dispatch`."""
    batch_job_id = UnicodeAttribute(null=True)
    error = JSONAttribute(null=True)


class OrderItem(Item):
    Meta = meta(CONTEXT)

    parts = NumberAttribute()
    body = BinaryAttribute(legacy_encoding=False)


class CacheItem(Item):
    """An object that is kept, or the mark that it was paid for."""

    Meta = meta(CONTEXT)

    key = UnicodeAttribute()
    status = UnicodeAttribute()
    """pending while the object may or may not be there, ready once it is; paid for a mark."""
    created_at = UnicodeAttribute()
    usable_until = NumberAttribute()
    """Epoch seconds. The bucket removes the object after this, and time to live the record later still: no object is
    ever without its record."""
    size_bytes = NumberAttribute(null=True)
    stream = JSONAttribute(null=True)
    """Of what can be watched while it renders: how a player fetches it (`watching.Segments`)."""
    made = JSONAttribute(null=True)
    """`{sha256, tools}`: the object's content, and what it was made with (`engine.tools`)."""
    report = BinaryAttribute(null=True, legacy_encoding=False)
    """What the engine said about it (ChunkReport or AudioReport), as compressed JSON."""


class CounterItem(Item):
    Meta = meta(CONTEXT)

    user_pk = UnicodeAttribute()
    user_sk = UnicodeAttribute()
    active = NumberAttribute(default=0)
    total = NumberAttribute(default=0)
    completed = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)
    cancelled = NumberAttribute(default=0)


def job_pk(tenant_id: str, job_id: str) -> str:
    return tenant_key(tenant_id, "JOB", job_id)


def order_pk(tenant_id: str, job_id: str) -> str:
    return tenant_key(tenant_id, "ORDER", job_id)


def cache_pk(tenant_id: str, key: str) -> str:
    return tenant_key(tenant_id, "CACHE", key)


def user_pk(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "RENDERS")


def status_pk(tenant_id: str, user_id: str, status: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "RENDERS", status)


def chunk_sk(index: int) -> str:
    """The soundtrack is index -1."""
    return AUDIO_KEY if index < 0 else f"CHUNK#{index:05d}"
