"""Finds what does not belong into a media file: archives and web pages hidden in or behind it (polyglots)."""

import re
from mmap import mmap
from typing import Final

from flatrender.engine.faults import RejectedMedia

type Data = bytes | mmap
"""A whole file: small or mapped, never loaded."""

# Long enough not to turn up in compressed data by chance (less than once in 10,000 files of 20 MB).
_MARKUP: Final = re.compile(rb"(?i)<\?php\s|<script[\s>]|<!doctype\s+html|<html[\s>]|<svg\s+xmlns")
_ARCHIVE: Final = re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c")
# The record that ends every ZIP, JAR, APK or DOCX; a reader looks for it in the last 64 KiB.
_ZIP_END: Final = re.compile(rb"PK\x05\x06\x00\x00\x00\x00")
_ZIP_TAIL: Final = 65_536 + 22
_ZEROS: Final = re.compile(rb"\x00*")
EDGE: Final = 1 << 18
"""How much of the start and end of long files is searched for markup."""


def polyglot(what: str) -> RejectedMedia:
    return RejectedMedia("polyglot", f"The file also contains {what}. Save it again from an editor and upload that.")


def reject_foreign(data: Data, *, everywhere: bool) -> None:
    """Raise RejectedMedia (polyglot) for hidden markup or archives; long media are searched at their edges only."""
    if _ZIP_END.search(data[-_ZIP_TAIL:]):
        raise polyglot("a ZIP archive")
    if b"%PDF-" in data[:1024]:
        raise polyglot("a PDF document")
    parts = [data] if everywhere or len(data) <= 2 * EDGE else [data[:EDGE], data[-EDGE:]]
    for part in parts:
        if _MARKUP.search(part):
            raise polyglot("a web page or script")
        if _ARCHIVE.search(part):
            raise polyglot("an archive")


def truncated() -> RejectedMedia:
    return RejectedMedia("truncated", "The file is incomplete. Upload it again.")


def damaged(why: str) -> RejectedMedia:
    return RejectedMedia("damaged", f"The file is damaged: {why}.")


def after_zeros(data: Data, at: int) -> int:
    """The place of the first byte from `at` that is not zero."""
    found = _ZEROS.match(data, at)
    return found.end() if found else at
