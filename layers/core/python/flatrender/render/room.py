"""What a render takes on the disks of the machines that make it, and whether they have the room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flatrender.composition.chunks import ChunkSpec
from flatrender.composition.outputs import Codec, Format, SoundCodec
from flatrender.composition.profiles import Profile, Quality
from flatrender.files import service as files
from flatrender.kernel.faults import Fault
from flatrender.render.order import WorkOrder
from flatrender.render.sizing import Backend, Choice, Sizing

_MIB: Final = 1024**2
_GIB: Final = 1024**3

SPARE_BYTES: Final = _GIB
"""Of a worker's disk, for what it makes, and what the file system keeps for itself."""
MACHINE_BYTES: Final = 30 * _GIB
"""Of the disk of a machine of Batch's: its system, and the worker's image."""
JOBS_ON_A_MACHINE: Final = 4
"""As many as the GPUs of all but the largest machines of their families."""
NAMED: Final = 8
"""Files that a fault names, the largest first."""

RESULT_BYTES: Final = 9 * _GIB
"""What the disk of `assemble` and `verify` (10 GiB, the most that Lambda has) holds beside a few chunks."""

BITS_PER_PIXEL: Final[Mapping[Codec, Mapping[Quality, float]]] = {
    "h264": {"draft": 0.07, "standard": 0.06, "high": 0.1},
    "hevc": {"draft": 0.025, "standard": 0.04, "high": 0.06},
    "av1": {"draft": 0.04, "standard": 0.06, "high": 0.08},
    "vp9": {"draft": 0.04, "standard": 0.06, "high": 0.08},
    "prores": {"draft": 1.5, "standard": 2.5, "high": 4.0},
}
"""What moving photographs take: those full of detail half as much again, smooth ones and graphics a fifth."""
_PCM_RATE: Final = 48_000 * 24 * 2


@dataclass(frozen=True)
class Need:
    """The files of the chunk, or of the soundtrack, that takes most: `at` is the second it begins, None for sound."""

    files: frozenset[str] = frozenset()
    size_bytes: int = 0
    at: float | None = None


def of_workers(backend: Backend, facts: Sizing) -> int:
    """Bytes of files that one work item may take."""
    if backend == "burst":
        return facts.burst_disk_mib * _MIB - SPARE_BYTES
    return (facts.batch_disk_gib * _GIB - MACHINE_BYTES) // JOBS_ON_A_MACHINE - SPARE_BYTES


def needed(order: WorkOrder, chunks: Sequence[ChunkSpec], room: int) -> Need:
    """What the work item takes that takes most; of an order whose files all fit into `room` bytes, nothing."""
    if _bytes(order, order.assets) <= room:
        return Need()
    pictures = [chunk for chunk in chunks if chunk.index >= 0]
    shown = order.files((chunk.first_frame, chunk.frame_count) for chunk in pictures)
    needs = [
        Need(frozenset(found), _bytes(order, found), chunk.first_frame / order.profile.fps)
        for chunk, found in zip(pictures, shown, strict=True)
    ]
    if order.profile.audio_codec is not None and order.only is None:
        heard = order.sound_files()
        needs.append(Need(frozenset(heard), _bytes(order, heard)))
    return max(needs, key=lambda need: need.size_bytes, default=Need())


def _bytes(order: WorkOrder, names: Iterable[str]) -> int:
    """Files with the same content are one."""
    infos = order.infos
    return sum({infos[name].sha256: infos[name].size_bytes or 0 for name in names}.values())


def too_large(order: WorkOrder, need: Need, room: int, root: str) -> Fault:
    """The fault of an order that no machine has the room for."""
    infos = order.infos
    largest = sorted(need.files, key=lambda name: infos[name].size_bytes or 0, reverse=True)
    named = [f"{files.name_of(infos[name])} ({_shown(infos[name].size_bytes or 0)})" for name in largest[:NAMED]]
    more = [f"{len(largest) - NAMED} more"] if largest[NAMED:] else []
    where = "The sound is mixed" if need.at is None else f"What is shown from second {need.at:g} on is drawn"
    message = (
        f"{where} from {_shown(need.size_bytes)} of files, and a machine has room for {_shown(room)}: "
        f"{', '.join([*named, *more])}. Use smaller files, or fewer of them at the same time."
    )
    return Fault(pointer=root, code="files_too_large", message=message)


def _shown(size: int) -> str:
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size / _MIB:.0f} MiB"


def result(form: Format, profile: Profile, quality: Quality, frames: int) -> list[Fault]:
    """The fault of a video that would be too large to be put together."""
    if form.kind != "video":
        return []
    pixels, seconds = frames * profile.width * profile.height, frames / profile.fps
    expected = (pixels * BITS_PER_PIXEL[profile.codec][quality] + seconds * _sound_rate(profile)) / 8
    if expected <= RESULT_BYTES:
        return []
    message = (
        f"This would be a file of about {expected / _GIB:.0f} GiB; at most {_shown(RESULT_BYTES)} can be made. "
        "Choose a lower output.quality, output.resolution or output.fps, another output.codec, or make it shorter."
    )
    return [Fault(pointer="/body/output/resolution", code="format_bytes", message=message)]


def _sound_rate(profile: Profile) -> int:
    codec: SoundCodec | None = profile.audio_codec
    return _PCM_RATE if codec == "pcm" else profile.audio_bitrate if codec else 0


def moved(facts: Sizing) -> Choice:
    """The choice of Batch for an order whose files do not fit on a burst worker."""
    shown = _shown(of_workers("burst", facts))
    return Choice(name="batch", reason=f"Its files take more than the {shown} that a burst worker has room for.")
