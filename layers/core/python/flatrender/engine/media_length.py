"""How long a medium is: as its header says, or as its packets do where that says nothing, as what browsers record."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
from av.container.input import InputContainer
from av.packet import Packet
from av.stream import Stream

type AnyPacket = Packet[Any]


def length(container: InputContainer, stream: Stream, path: Path) -> float:
    """Seconds of a stream of the file at `path`, or of the whole file where that does not say.

    Raises av.FFmpegError or OSError when it must be measured and cannot be read.
    """
    if stream.duration:
        return float(stream.duration * (stream.time_base or 0))
    if container.duration:
        return container.duration / av.time_base
    facts = path.stat()
    return _measured(str(path), facts.st_size, facts.st_mtime_ns)


def read_through(container: InputContainer) -> Iterator[tuple[AnyPacket, float]]:
    """All packets, each with the seconds from the start of the file to the end of what was read so far."""
    origin = (container.start_time or 0) / av.time_base
    end = 0.0
    for packet in container.demux():
        if packet.pts is not None and packet.stream.type in {"video", "audio"}:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base) - origin)
        yield packet, end


@lru_cache(maxsize=256)
def _measured(path: str, size: int, changed: int) -> float:  # noqa: ARG001  a file that has changed is another
    """It is asked for each sound and each picture, but the file is only read once; nothing is decoded."""
    # Of its own: a container that was read through would have to be wound back for whoever plays it.
    with av.open(path) as container:
        return round(max((end for _, end in read_through(container)), default=0.0), 6)
