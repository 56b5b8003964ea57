"""Pages of results: numbered for people, a cursor for deep paging."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from flatrender.kernel.errors import InvalidRequest

MAX_PAGE_SIZE = 100


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
    The holder must still check that the key lies in the caller's partition.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(key, ensure_ascii=False).encode()  # half a surrogate pair is no text that a table takes
    except (ValueError, binascii.Error) as error:
        raise InvalidRequest("The cursor is not one that this API gave out.", parameter="cursor") from error
    if not isinstance(key, dict):
        raise InvalidRequest("The cursor is not one that this API gave out.", parameter="cursor")
    return key
