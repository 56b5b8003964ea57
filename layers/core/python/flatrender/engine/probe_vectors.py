"""Looks into SVG and Lottie uploads: cleaned and checked as for drawing, then really drawn once."""

from itertools import pairwise
from typing import Any, Final

import skia

from flatrender.composition.fonts import DEFAULT_FAMILY, shipped
from flatrender.engine import lottie_check, lottie_text, svg_clean
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.lottie_fill import filled
from flatrender.engine.lottie_player import Player, PlayerFailed
from flatrender.engine.probe_foreign import damaged

SVG: Final = "image/svg+xml"
LOTTIE: Final = "video/lottie+json"
FORMS: Final = frozenset({SVG, LOTTIE})

_SIDE: Final = 512
"""Pixels of the longer side of what is drawn."""
_PLACES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where in a Lottie frames are drawn."""


def form(head: bytes) -> str | None:
    """The MIME type of a file that starts so; None when it is neither."""
    if lottie_check.looks_like(head):
        return LOTTIE
    return SVG if b"<svg" in head.lower() or b":svg" in head.lower() else None


def facts(data: bytes, kind: str) -> dict[str, Any]:
    """What there is to know about a file of one of `FORMS`. Raises RejectedMedia."""
    return _svg(data) if kind == SVG else _lottie(data)


def _fitting(width: float, height: float) -> tuple[int, int]:
    scale = _SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _svg(data: bytes) -> dict[str, Any]:
    drawing = svg_clean.clean(data)
    document = skia.SVGDOM.MakeFromStream(skia.MemoryStream(drawing.xml))
    if document is None:
        raise damaged("no decoder understands it")
    document.setContainerSize(skia.Size(drawing.width, drawing.height))
    wide, tall = _fitting(drawing.width, drawing.height)
    canvas = skia.Surface(wide, tall).getCanvas()
    canvas.scale(wide / drawing.width, tall / drawing.height)
    document.render(canvas)
    size = {"width": max(1, round(drawing.width)), "height": max(1, round(drawing.height))}
    return {"kind": "svg", "content_type": SVG, "codec": "svg", **size}


def _lottie(data: bytes) -> dict[str, Any]:
    animation = lottie_check.read(data)
    for text in lottie_check.texts(animation.document):
        missing = shipped().missing(text, DEFAULT_FAMILY)
        if missing:
            lottie_check.refuse("text", f"No font has these characters of the Lottie: {' '.join(missing[:8])}")
    player = Player(filled(animation, lottie_text.nothing), *_fitting(animation.width, animation.height))
    try:
        _try(player, animation.frames)
    except PlayerFailed as failure:
        lottie_check.refuse("failed", f"The Lottie cannot be drawn: {failure}.")
    finally:
        player.close()
    return {
        "kind": "lottie",
        "content_type": LOTTIE,
        "codec": "lottie",
        "width": animation.width,
        "height": animation.height,
        "duration": round(animation.duration, 6),
        "fps": round(animation.rate, 3),
        "slots": animation.slots,
    }


def _try(player: Player, frames: float) -> None:
    """Draw some frames forwards and backwards: each has to look the same whatever was drawn before."""
    numbers = [round(place * max(0.0, frames - 1)) for place in _PLACES]
    forwards = {number: player.frame(number).tobytes() for number in numbers}
    for after, number in pairwise([*reversed(numbers), numbers[0]]):
        if number != after and player.frame(number).tobytes() != forwards[number]:
            raise RejectedMedia(
                "lottie_unsteady", f"Frame {number} of the Lottie looks different each time that it is drawn."
            )
