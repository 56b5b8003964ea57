"""What an uploaded captions file is: read as strictly as when it is shown."""

from typing import Any, Final

from flatrender.composition import limits
from flatrender.composition.assets import Rare
from flatrender.composition.captions import Caption, CaptionsFault, Format, detect, parse
from flatrender.composition.fonts import DEFAULT_FAMILY, named, shipped
from flatrender.composition.graphemes import clusters
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.probe_foreign import Data

_MOST: Final = 200
_LONGEST: Final = 16
"""Characters of a letter with its marks."""
_EXCERPT: Final = 60
_CODECS = {"text/vtt": "webvtt", "application/x-subrip": "subrip"}


def form(head: bytes) -> Format | None:
    """The MIME type that the beginning of a file speaks for; None when it is no captions file."""
    return detect(head)


def captions(data: Data, content_type: Format) -> dict[str, Any]:
    """What is known of captions. Raises RejectedMedia with the first thing that is wrong, and the line."""
    if len(data) > limits.MAX_CAPTIONS_BYTES:
        most = limits.MAX_CAPTIONS_BYTES // 2**20
        raise RejectedMedia("too_large", f"Captions may have up to {most} MiB; these have {len(data) / 2**20:.1f}.")
    try:
        found = parse(bytes(data))
    except CaptionsFault as fault:
        raise RejectedMedia("too_large" if fault.too_large else "damaged", str(fault)) from None
    if not found:
        raise RejectedMedia("no_streams", "There is no cue in these captions.")
    rare = _rare(found)
    return {
        "kind": "captions",
        "content_type": content_type,
        "duration": found[-1].end,
        "codec": _CODECS[content_type],
        "rare": rare or None,
    }


def _rare(found: list[Caption]) -> list[Rare]:
    """What not every font can draw, each once; at most `_MOST` of them, which is all that the shipped fonts know.

    Raises RejectedMedia for characters that no font has: nobody would see them.
    """
    fonts = shipped()
    missing = fonts.missing("\n".join(cue.text for cue in found), DEFAULT_FAMILY)
    nowhere = [character for character in missing if all(fonts.missing(character, name) for name in fonts.families)]
    if nowhere:
        raise RejectedMedia("glyph_missing", f"No font has these characters of the captions: {named(nowhere)}.")
    rare: dict[str, Rare] = {}
    wanted = set(missing)
    seen = set[str]()
    for cue in found if wanted else ():
        for word in (word.text for word in cue.words):
            if word in seen or wanted.isdisjoint(word):
                continue
            seen.add(word)
            for cluster in clusters(word):
                text = cluster[:_LONGEST]
                if text not in rare and len(rare) < _MOST and not wanted.isdisjoint(text):
                    rare[text] = Rare(text=text, cue=_shown(cue.text), start=cue.start)
    return list(rare.values())


def _shown(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rstrip() + "\u2026"
