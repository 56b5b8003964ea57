"""Walks MP4/MOV, WebM, Ogg, WAV and MP3 files from box to box: is all there, and nothing else?

Each walker takes the whole file (mapped, not loaded) and raises RejectedMedia for what is cut off (truncated), followed
or interspersed by something foreign (polyglot), or senseless (damaged). None decodes anything.
"""

import struct
from typing import Final

from flatrender.engine.probe_foreign import Data, after_zeros, damaged, polyglot, truncated

_BOXES: Final = frozenset(
    b"ftyp moov mdat free skip wide uuid meta moof mfra sidx ssix styp pdin udta pnot emsg prft PICT".split()
)
_MATROSKA_VOID: Final = 0xEC
_MP3_BITRATES: Final = {
    (3, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MAX_PARTS: Final = 2_000_000
_MP3_TAIL: Final = 1 << 16


def mp4(data: Data) -> str:
    """The major brand ("qt  " for QuickTime)."""
    at, parts, kinds, brand = 0, 0, set(), "qt  "
    while at + 8 <= len(data):
        kind, length = _box(data, at)
        if at + length > len(data):
            raise truncated()
        parts += 1
        _check_parts(parts)
        if kind == b"ftyp":
            brand = data[at + 8 : at + 12].decode("latin-1")
        kinds.add(kind)
        at += length
    if any(data[at:]):
        raise polyglot("something behind its end")
    if b"moov" not in kinds:
        raise truncated()
    return brand


def _box(data: Data, at: int) -> tuple[bytes, int]:
    """Kind and length, header included, of the box at `at`."""
    length, kind = struct.unpack_from(">I4s", data, at)
    if kind not in _BOXES:
        raise polyglot("something between or behind its parts")
    if length == 1:
        length = struct.unpack_from(">Q", data, at + 8)[0]
    elif length == 0:
        length = len(data) - at
    if length < 8:
        raise damaged("a part of the MP4 has no length")
    return kind, length


def _check_parts(count: int) -> None:
    if count > _MAX_PARTS:
        raise damaged("it is cut into too many parts")


def webm(data: Data) -> str:
    """The document type: "webm" or "matroska"."""
    _, at = _ebml_number(data, 0, keep_marker=True)
    length, at = _ebml_number(data, at)
    if length > 4096:
        raise damaged("the WebM header makes no sense")
    header, at = data[at : at + length], at + length
    found = header.find(b"\x42\x82")
    if found < 0:
        raise damaged("the WebM header makes no sense")
    size, start = _ebml_number(header, found + 2)
    doctype = header[start : start + size].decode("latin-1")
    kind, at = _ebml_number(data, at, keep_marker=True)
    if kind != 0x18538067:
        raise damaged("the WebM has no content")
    width = at
    length, at = _ebml_number(data, at)
    if length == (1 << 7 * (at - width)) - 1:  # "unknown": recorded live, lasts to the end
        return doctype
    at += length
    if at > len(data):
        raise truncated()
    while at < len(data):
        kind, at = _ebml_number(data, at, keep_marker=True)
        length, at = _ebml_number(data, at)
        if kind != _MATROSKA_VOID:
            raise polyglot("something behind its end")
        at += length
    return doctype


def _ebml_number(data: Data, at: int, *, keep_marker: bool = False) -> tuple[int, int]:
    """A number of variable width at `at`, and the place after it."""
    if at >= len(data):
        raise truncated()
    width = 9 - data[at].bit_length()
    if width > 8:
        raise damaged("a WebM number makes no sense")
    if at + width > len(data):
        raise truncated()
    number = int.from_bytes(data[at : at + width], "big")
    return number if keep_marker else number & (1 << 7 * width) - 1, at + width


def ogg(data: Data) -> None:
    at = pages = 0
    while at < len(data):
        pages += 1
        _check_parts(pages)
        if data[at : at + 4] != b"OggS":
            raise polyglot("something between or behind its pages")
        if at + 27 > len(data):
            raise truncated()
        segments = data[at + 26]
        table = data[at + 27 : at + 27 + segments]
        at += 27 + segments + sum(table)
        if len(table) < segments or at > len(data):
            raise truncated()


def wav(data: Data) -> None:
    end = struct.unpack_from("<I", data, 4)[0] + 8
    streamed = end >= 0xFFFFFFFF
    if not streamed and end > len(data) + 1:  # some writers forget the padding byte
        raise truncated()
    if not streamed and (len(data) > end + 16 or any(data[end:])):
        raise polyglot("something behind its end")
    at, has_sound = 12, False
    while at + 8 <= min(end, len(data)):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"data":
            has_sound = True
            if streamed:
                return
        at += 8 + length + (length & 1)
    if not has_sound:
        raise damaged("the WAV has no sound")
    if at > len(data) + 1:
        raise truncated()


def mp3(data: Data) -> None:
    at = 0
    if data[:3] == b"ID3" and len(data) > 10:
        at = 10 + _syncsafe(data[6:10]) + (10 if data[5] & 0x10 else 0)
        if at >= len(data):
            raise truncated()
    first = at = after_zeros(data, at)
    frames = 0
    while (length := _mp3_frame(data, at)) and at + length <= len(data):
        at += length
        frames += 1
        _check_parts(frames)
    announced = _announced_frames(data, first)
    if announced and (frames + 2 < announced or (length and frames < announced)):
        raise truncated()
    if not frames:
        raise damaged("the MP3 has no sound")
    rest = data[at : at + 16]
    whole_tags = rest[:3] in {b"TAG", b"ID3"} or rest[:8] in {b"APETAGEX", b"LYRICSBE"}
    if rest and (len(data) - at > _MP3_TAIL or not (whole_tags or length or not any(data[at:]))):
        raise polyglot("something behind its end")


def _syncsafe(field: bytes) -> int:
    return field[0] << 21 | field[1] << 14 | field[2] << 7 | field[3]


def _mp3_frame(data: Data, at: int) -> int:
    """Bytes of the MPEG audio frame at `at`; 0 when there is none."""
    if at + 4 > len(data):
        return 0
    head = struct.unpack_from(">I", data, at)[0]
    version, layer = head >> 19 & 3, 4 - (head >> 17 & 3)
    bitrate, rate, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != 0x7FF or version == 1 or layer == 4 or bitrate in {0, 15} or rate == 3:
        return 0
    table = _MP3_BITRATES[3, layer] if version == 3 else _MP3_BITRATES[2, min(layer, 2)]
    bits, hertz = table[bitrate - 1] * 1000, _MP3_RATES[version][rate]
    size: int
    if layer == 1:
        size = (12 * bits // hertz + padding) * 4
    else:
        size = (72 if layer == 3 and version != 3 else 144) * bits // hertz + padding
    return size


def _announced_frames(data: Data, first: int) -> int:
    """Frames the encoder says there are, in the tag inside the first frame; 0 when it says nothing."""
    head = data[first : first + 60]
    for tag in (b"Xing", b"Info"):
        at = head.find(tag)
        if at >= 0 and len(head) >= at + 12 and head[at + 7] & 1:
            return int(struct.unpack_from(">I", head, at + 8)[0])
    return 0
