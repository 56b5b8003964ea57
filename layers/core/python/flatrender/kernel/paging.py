"""Pages of results: numbered for people, a cursor for deep paging."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field

from flatrender.kernel.errors import InvalidRequest

MAX_PAGE_SIZE = 100
_TEXT_LENGTH: Final = 128
"""More than any key of ours has, and less than a table refuses (a sort key of more than 1,024 bytes, or of none)."""
_LARGEST: Final = 2**53 - 1
"""Up to here every reader of JSON keeps whole numbers exact."""


class PageRequest(BaseModel):
    """Which page is wanted: `page` (from 1) and `page_size`, or `cursor` from an earlier answer."""

    page: int = Field(default=1, ge=1, le=100)
    page_size: int = Field(default=20, ge=1, le=MAX_PAGE_SIZE)
    cursor: str | None = Field(default=None, max_length=2048)


class PageMeta(BaseModel):
    page: int
    page_size: int
    total: int
    has_more: bool
    cursor: str | None = None
    """Opaque; pass it back as `?cursor=` for what follows, at any depth and constant cost."""


class Page[T](BaseModel):
    data: Sequence[T]
    meta: PageMeta


def encode_cursor(key: Mapping[str, Any]) -> str:
    raw = json.dumps(key, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, Any]:
    """The key inside a cursor.

    Raises InvalidRequest: it is not one of ours.
    Anybody can make one up: its parts are to be read by `cursor_text` and `cursor_number`, and the holder must still
    check that the key lies in the caller's partition.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(key, ensure_ascii=False).encode()  # half a surrogate pair is no text that a table takes
    except (ValueError, binascii.Error) as error:
        raise foreign_cursor() from error
    if not isinstance(key, dict):
        raise foreign_cursor()
    return key


def cursor_text(value: object) -> str:
    """A part of a cursor that goes into a key. Raises InvalidRequest: it is no text, or none that a table takes."""
    if not (isinstance(value, str) and 0 < len(value) <= _TEXT_LENGTH):
        raise foreign_cursor()
    return value


def cursor_number(value: object, *, signed: bool = False) -> int:
    """A part of a cursor that is a whole number, 0 or more unless `signed`. Raises InvalidRequest: it is not."""
    if type(value) is not int or not (-_LARGEST if signed else 0) <= value <= _LARGEST:  # isinstance takes True for one
        raise foreign_cursor()
    return value


def foreign_cursor() -> InvalidRequest:
    return InvalidRequest("The cursor is not one that this API gave out.", parameter="cursor")
