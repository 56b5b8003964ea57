"""Where the pieces of a fragmented MP4 file lie, and what a codec is called in a playlist."""

import struct
from pathlib import Path
from typing import Final, NamedTuple

_HEADER: Final = struct.Struct(">I4s")
_LONG: Final = struct.Struct(">Q")


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
    """Read the structure of a file with one track. Raises ValueError when it is no fragmented MP4."""
    data = path.read_bytes()
    header = timescale = 0
    fragments: list[Piece] = []
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"moov":
            header = end
            timescale = _timescale(data, start + 8, end)
        elif kind == b"moof":
            fragments.append(Piece(start, end - start, _decode_time(data, start + 8, end)))
        elif fragments:
            last = fragments[-1]
            fragments[-1] = last._replace(size=end - last.offset)
    if not (timescale and fragments):
        raise ValueError(f"{path.name} is no fragmented MP4")
    return Pieces(header, timescale, fragments)


def _boxes(data: bytes, start: int, end: int) -> "list[tuple[bytes, int, int]]":
    found = []
    while start + 8 <= end:
        size, kind = _HEADER.unpack_from(data, start)
        if size == 1:
            size = _LONG.unpack_from(data, start + 8)[0]
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
    data = path.read_bytes()
    if (at := data.find(b"avcC")) > 0:
        return f"avc1.{data[at + 5 : at + 8].hex()}"
    at = data.index(b"hvcC") + 4
    space, tier, profile = data[at + 1] >> 6, data[at + 1] >> 5 & 1, data[at + 1] & 31
    compatible = int(f"{int.from_bytes(data[at + 2 : at + 6]):032b}"[::-1], 2)
    constraints = data[at + 6 : at + 12].rstrip(b"\0")
    parts = [f"{' ABC'[space].strip()}{profile}", f"{compatible:X}", f"{'LH'[tier]}{data[at + 12]}"]
    return ".".join(["hvc1", *parts, *(f"{byte:X}" for byte in constraints)])
