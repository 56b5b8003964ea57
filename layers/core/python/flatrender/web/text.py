"""Answers that are text, but not JSON."""

from typing import Final

from flatrender.web.framework import Response

PLAYLIST: Final = "application/vnd.apple.mpegurl"


class Text(Response):
    """A playlist, or what `media_type` says. Not to be stored on the way: it changes, and so do the links in it."""

    media_type = PLAYLIST

    def __init__(self, content: str, status_code: int = 200, media_type: str | None = None) -> None:
        super().__init__(content, status_code, {"cache-control": "no-store"}, media_type)
