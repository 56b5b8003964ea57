"""Walks the structure of PNG, JPEG, GIF and WebP files to their very end, before any decoder sees them.

Each walker takes the whole file and returns width, height and frame count as the headers say. It raises RejectedMedia
for files that stop early (truncated), go on after their end or hide something (polyglot), or make no sense (damaged).
"""

import re
import struct
import zlib
from typing import Final

from flatrender.engine.probe_foreign import Data, after_zeros, damaged, polyglot, truncated

type Size = tuple[int, int, int]

_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JPEG_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_MAX_ATTACHED: Final = 8
_SCRIPT_COMMENT: Final = b"/*"
"""A header field with this value turns the rest of the file into a comment of JavaScript."""


def png(data: Data) -> Size:
    at, size, seen_data = 8, None, False
    while True:
        if at + 12 > len(data):
            raise truncated()
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if length > 0x7FFFFFFF or not kind.isalpha():
            raise damaged("a PNG chunk makes no sense")
        if end > len(data):
            raise truncated()
        if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise damaged("a PNG checksum is wrong")
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", data, at + 8)
        elif size is None:
            raise damaged("the PNG header is missing")
        seen_data |= kind == b"IDAT"
        at = end
        if kind == b"IEND":
            break
    if not seen_data:
        raise damaged("the PNG has no picture")
    _nothing_after(data, at)
    return size[0], size[1], 1


def jpeg(data: Data) -> Size:
    if data[4:6] == _SCRIPT_COMMENT:
        raise polyglot("a script")
    size, end, several = _jpeg_image(data, 0)
    for _ in range(_MAX_ATTACHED):
        end = after_zeros(data, end)
        if not (several and data[end : end + 3] == b"\xff\xd8\xff"):
            break
        # Phones attach depth maps and gain maps as further JPEGs, and announce them in an MPF segment.
        _, end, _ = _jpeg_image(data, end)
    if not _maker_trailer(data[end:]):
        _nothing_after(data, end)
    return size


def _jpeg_image(data: Data, at: int) -> tuple[Size, int, bool]:
    """Size, the place after the end marker, and whether further pictures are announced."""
    size: Size | None = None
    several = False
    at += 2
    while True:
        found = _JPEG_MARKER.search(data, at)
        if not found:
            raise truncated()
        marker, at = data[found.start() + 1], found.end()
        if marker == 0xD9:
            break
        if at + 2 > len(data):
            raise truncated()
        length = struct.unpack_from(">H", data, at)[0]
        if at + length > len(data):
            raise truncated()
        if marker in _JPEG_FRAMES and length >= 8:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = width, height, 1
        several |= marker == 0xE2 and data[at + 2 : at + 6] == b"MPF\x00"
        at += max(2, length)
    if size is None:
        raise damaged("the JPEG has no picture")
    return size, at, several


def _maker_trailer(rest: bytes) -> bool:
    """The notes that a phone maker puts behind every photo. They are searched for foreign content like all the rest."""
    return len(rest) < 1 << 20 and rest.endswith(b"SEFT") and b"SEFH" in rest


def gif(data: Data) -> Size:
    if len(data) < 13:
        raise truncated()
    if data[6:8] == _SCRIPT_COMMENT:
        raise polyglot("a script")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _color_table(flags)
    frames = 0
    while True:
        if at >= len(data):
            raise truncated()
        kind = data[at]
        if kind == 0x3B:
            break
        if kind == 0x21:
            at = _sub_blocks(data, at + 2)
        elif kind == 0x2C:
            if at + 10 > len(data):
                raise truncated()
            frames += 1
            at = _sub_blocks(data, at + 11 + _color_table(data[at + 9]))
        else:
            raise damaged("a GIF block makes no sense")
    if not frames:
        raise damaged("the GIF has no picture")
    _nothing_after(data, after_zeros(data, at + 1))
    return width, height, frames


def _color_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: Data, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    if at >= len(data):
        raise truncated()
    return at + 1


def webp(data: Data) -> Size:
    if len(data) < 30:
        raise truncated()
    end = struct.unpack_from("<I", data, 4)[0] + 8
    if end > len(data):
        raise truncated()
    _nothing_after(data, end)
    at, frames = 12, 0
    size: tuple[int, int] | None = None
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if body + length > end:
            raise truncated()
        size = size or _webp_size(data, kind, body)
        frames += kind in {b"VP8 ", b"VP8L", b"ANMF"}
        at = body + length + (length & 1)
    if size is None or not frames:
        raise damaged("the WebP has no picture")
    return *size, frames


def _webp_size(data: Data, kind: bytes, at: int) -> tuple[int, int] | None:
    if at + 10 > len(data):
        raise truncated()
    if kind == b"VP8X":
        field = data[at + 4 : at + 10]
        return int.from_bytes(field[:3], "little") + 1, int.from_bytes(field[3:], "little") + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, at + 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, at + 1)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _nothing_after(data: Data, end: int) -> None:
    if end < len(data):
        raise polyglot(f"{len(data) - end} bytes behind the end of the picture")
