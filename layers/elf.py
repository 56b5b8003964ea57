"""Rewrites a shared library so that its file holds what is loaded and nothing else.

Wheels bundle libraries that were relinked with 2 MiB pages: megabytes of zeros between segments, times thirty
libraries. Lambda counts them, and every cold start unpacks them. What no segment covers (debug information, symbol
tables for linking, section headers) goes too. Addresses in memory stay as they are; only offsets in the file move.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_LOAD = 1
_PAGE = 4096


@dataclass
class _Segment:
    """One program header; the fields as the ELF specification names them, in its order."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int

    def holds(self, offset: int, size: int) -> bool:
        return self.offset <= offset and offset + size <= self.offset + self.filesz

    def pack(self) -> bytes:
        return _SEGMENT.pack(
            self.type, self.flags, self.offset, self.vaddr, self.paddr, self.filesz, self.memsz, self.align
        )


def compact(path: Path) -> int:
    """Rewrite `path` if that makes it smaller; the bytes saved. Files that are no 64-bit ELF are left alone."""
    old = path.read_bytes()
    if not old.startswith(_ELF64_LITTLE_ENDIAN):
        return 0
    header = list(_HEADER.unpack_from(old))
    phoff, phentsize, phnum = header[5], header[9], header[10]
    segments = [_Segment(*_SEGMENT.unpack_from(old, phoff + index * phentsize)) for index in range(phnum)]
    loads = sorted((segment for segment in segments if segment.type == _LOAD), key=lambda segment: segment.offset)
    table = phnum * phentsize
    overlapping = any(a.offset + a.filesz > b.offset for a, b in pairwise(loads))
    if overlapping or not loads or loads[0].offset != 0 or not any(load.holds(phoff, table) for load in loads):
        return 0

    new = bytearray()
    moved: list[tuple[_Segment, int]] = []
    for load in loads:
        start = len(new)
        if load.offset:
            start = -(-len(new) // _PAGE) * _PAGE + load.vaddr % _PAGE
        new.extend(bytes(start - len(new)))
        new.extend(old[load.offset : load.offset + load.filesz])
        moved.append((load, start - load.offset))

    def shift(offset: int, size: int) -> int:
        return next((by for load, by in moved if load.holds(offset, size)), 0)

    shifts = [shift(segment.offset, segment.filesz) for segment in segments]
    new_phoff = phoff + shift(phoff, table)
    for segment, by in zip(segments, shifts, strict=True):
        segment.offset += by
        if segment.type == _LOAD:
            segment.align = _PAGE
    for index, segment in enumerate(segments):
        _SEGMENT.pack_into(new, new_phoff + index * phentsize, *_SEGMENT.unpack(segment.pack()))
    header[5] = new_phoff
    header[6] = header[11] = header[12] = header[13] = 0  # no section headers
    _HEADER.pack_into(new, 0, *header)
    saved = len(old) - len(new)
    if saved <= 0:
        return 0
    path.write_bytes(new)
    return saved
