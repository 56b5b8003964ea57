"""Where the pieces of a fragmented MP4 file lie, and what a codec is called in a playlist."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_HEADER: Final = struct.Struct(">I4s")
_LONG: Final = struct.Struct(">Q")
_HEADER_BYTES: Final = 64 * 1024
"""What the header of a file with one track is shorter than."""


class Piece(NamedTuple):
    """A fragment: its place in the file in bytes, and its decode time in units of the track."""

    offset: int
    size: int
    time: int


class Pieces(NamedTuple):
    """A fragmented file: the bytes of its header, units per second, and the fragments."""

    header_bytes: int
    timescale: int
    fragments: list[Piece]


def pieces(path: Path) -> Pieces:
    """Read the structure of a file with one track, not its content. Raises ValueError when it is no fragmented MP4."""
    header = timescale = 0
    fragments: list[Piece] = []
    with path.open("rb") as file:
        for kind, start, size in _top(file, path.stat().st_size):
            if kind == b"moov":
                header = start + size
                timescale = _timescale(_read(file, start, size), 8, size)
            elif kind == b"moof":
                fragments.append(Piece(start, size, _decode_time(_read(file, start, size), 8, size)))
            elif fragments:
                last = fragments[-1]
                fragments[-1] = last._replace(size=start + size - last.offset)
    if not (timescale and fragments):
        raise ValueError(f"{path.name} is no fragmented MP4")
    return Pieces(header, timescale, fragments)


def _top(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of a file: kind, place and size."""
    start = 0
    while start + 8 <= end:
        head = _read(file, start, 16)
        size, kind = _HEADER.unpack_from(head)
        if size == 1:
            size = _LONG.unpack_from(head, 8)[0]
        if size < 8 or start + size > end:
            raise ValueError("a box is cut off")
        yield kind, start, size
        start += size


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _boxes(data: bytes, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """The boxes within one: kind, begin and end."""
    found = []
    while start + 8 <= end:
        size, kind = _HEADER.unpack_from(data, start)
        if size < 8 or start + size > end:
            raise ValueError("a box is cut off")
        found.append((kind, start, start + size))
        start += size
    return found


def _inside(data: bytes, start: int, end: int, *path: bytes) -> int | None:
    """Where the content of a nested box begins."""
    for kind, first, last in _boxes(data, start, end):
        if kind == path[0]:
            return first + 8 if len(path) == 1 else _inside(data, first + 8, last, *path[1:])
    return None


def _timescale(data: bytes, start: int, end: int) -> int:
    at = _inside(data, start, end, b"trak", b"mdia", b"mdhd")
    if at is None:
        return 0
    scale: int = struct.unpack_from(">I", data, at + (20 if data[at] else 12))[0]
    return scale


def _decode_time(data: bytes, start: int, end: int) -> int:
    at = _inside(data, start, end, b"traf", b"tfdt")
    if at is None:
        return 0
    time: int = struct.unpack_from(">Q" if data[at] else ">I", data, at + 4)[0]
    return time


def codec_name(path: Path) -> str:
    """The name of an H.264 or HEVC file by RFC 6381, from its avcC or hvcC. Raises ValueError for any other."""
    with path.open("rb") as file:
        data = _read(file, 0, _HEADER_BYTES)
    if (at := data.find(b"avcC")) > 0:
        return f"avc1.{data[at + 5 : at + 8].hex()}"
    at = data.index(b"hvcC") + 4
    space, tier, profile = data[at + 1] >> 6, data[at + 1] >> 5 & 1, data[at + 1] & 31
    compatible = int(f"{int.from_bytes(data[at + 2 : at + 6]):032b}"[::-1], 2)
    constraints = data[at + 6 : at + 12].rstrip(b"\0")
    parts = [f"{' ABC'[space].strip()}{profile}", f"{compatible:X}", f"{'LH'[tier]}{data[at + 12]}"]
    return ".".join(["hvc1", *parts, *(f"{byte:X}" for byte in constraints)])
