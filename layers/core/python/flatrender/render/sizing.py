"""How large a render is, what it costs, and where it runs. Numbers only; nothing here touches AWS."""

import math
import os
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from flatrender.composition.chunks import ChunkSpec
    from flatrender.composition.profiles import Profile

type Backend = Literal["burst", "batch"]

AUDIO_INDEX: Final = -1


class Sizing(BaseModel):
    """The deployment's choices, from the environment."""

    model_config = ConfigDict(frozen=True)

    chunk_seconds: float
    """The usual length of a chunk; `composition.cuts` fits it to the render."""
    batch_megapixels: float
    """From this many million pixels drawn (frames x width x height) a job goes to Batch."""
    batch_height: int
    """From this short side on (2160 for 4K) a job goes to Batch, however short it is."""
    batch_available: bool
    cache_days: int
    workers: int = 8
    """Burst workers that one job has at most."""
    batch_device: str = "cpu"
    """The device class of Batch's machines."""
    burst_disk_mib: int = 10_240
    """Of a burst worker."""
    batch_disk_gib: int = 250
    """Of a machine of Batch's, for all jobs that run on it."""


@cache
def sizing() -> Sizing:
    env = os.environ
    return Sizing(
        chunk_seconds=float(env.get("RENDER_CHUNK_SECONDS", "2.5")),
        batch_megapixels=float(env.get("RENDER_BATCH_MEGAPIXELS", "8000")),
        batch_height=int(env.get("RENDER_BATCH_HEIGHT", "2160")),
        batch_available=bool(env.get("BATCH_QUEUE")),
        cache_days=int(env.get("RENDER_CACHE_DAYS", "28")),
        workers=int(env.get("RENDER_WORKERS", "8")),
        batch_device=env.get("RENDER_BATCH_DEVICE") or "cpu",
        burst_disk_mib=int(env.get("RENDER_WORK_DISK_MIB", "10240")),
        batch_disk_gib=int(env.get("RENDER_BATCH_DISK_GIB", "250")),
    )


class Choice(BaseModel):
    """A backend, and why it was taken, in words for the user."""

    model_config = ConfigDict(frozen=True)

    name: Backend
    reason: str


class Size(BaseModel):
    """What a render takes. Seconds are of finished video; billable are those not paid for yet, rounded up once."""

    model_config = ConfigDict(frozen=True)

    frames: int
    seconds: int
    billable_seconds: int
    chunks_total: int
    chunks_cached: int


def billable(frames: int, fps: int) -> int:
    """Whole seconds for `frames` frames, rounded up once."""
    return math.ceil(frames / fps)


def size(
    chunks: "Sequence[ChunkSpec]", cached: Collection[str], profile: "Profile", *, unpaid: Collection[str] = ()
) -> Size:
    """`cached`: the keys that need not be rendered, `unpaid`: those of them that cost as much as if they were.

    A key that occurs twice is rendered once, and costs once.
    """
    ready, free = set(cached), set(cached) - set(unpaid)
    billed = reused = 0
    for chunk in chunks:
        reused += chunk.key in ready
        billed += 0 if chunk.key in free else chunk.frame_count
        ready.add(chunk.key)
        free.add(chunk.key)
    frames = sum(chunk.frame_count for chunk in chunks)
    return Size(
        frames=frames,
        seconds=billable(frames, profile.fps),
        billable_seconds=billable(billed, profile.fps),
        chunks_total=len(chunks),
        chunks_cached=reused,
    )


def choose(asked: Literal["auto", "burst", "batch"], frames: int, profile: "Profile", facts: Sizing) -> Choice:
    """The backend of a render of `frames` frames. Asking for Batch where a deployment has none gets burst."""
    if not facts.batch_available:
        return Choice(name="burst", reason="This deployment renders on burst workers only.")
    if asked != "auto":
        return Choice(name=asked, reason="You asked for it.")
    if min(profile.width, profile.height) >= facts.batch_height:
        return Choice(
            name="batch", reason=f"Outputs of {facts.batch_height} lines and more are rendered on GPU machines."
        )
    if frames * profile.width * profile.height / 1e6 >= facts.batch_megapixels:
        return Choice(name="batch", reason="Long renders run on Batch, where machine time costs less.")
    return Choice(name="burst", reason="Short renders run on burst workers, which start within a second.")
