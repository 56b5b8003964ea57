"""Looks into SVG and Lottie uploads: cleaned and checked as for drawing, then really drawn once."""

import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import skia

from flatrender.composition.fonts import DEFAULT_FAMILY, shipped
from flatrender.engine import lottie_check, lottie_text, svg_clean
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.lottie_fill import filled
from flatrender.engine.lottie_player import Player, PlayerFailed, environment
from flatrender.engine.probe_foreign import damaged

SVG: Final = "image/svg+xml"
LOTTIE: Final = "video/lottie+json"
FORMS: Final = frozenset({SVG, LOTTIE})

_SIDE: Final = 512
"""Pixels of the longer side of a frame."""
_SVG_SIDE: Final = 1920
_SVG_SECONDS: Final = 2
"""Processor time for drawing an SVG at that size."""
_SVG_WAIT: Final = 20.0
"""Seconds until the child that draws it is given up, on a machine that has no time for it."""
_SVG_MEMORY: Final = 2 * 2**30
_SVG_CHILD: Final = Path(__file__).with_name("svg_child.py")
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


def _fitting(width: float, height: float, side: int) -> tuple[int, int]:
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _svg(data: bytes) -> dict[str, Any]:
    drawing = svg_clean.clean(data)
    wide, tall = _fitting(drawing.width, drawing.height, _SVG_SIDE)
    # Skia is one file among the packages, numpy a folder.
    places = {str(Path(skia.__file__).parent), str(Path(np.__file__).parent.parent)}
    numbers = (drawing.width, drawing.height, wide / drawing.width, tall / drawing.height)
    arguments = [
        ":".join(sorted(places)),
        str(_SVG_SECONDS),
        str(_SVG_MEMORY),
        *(f"{number:.9g}" for number in numbers),
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_SVG_CHILD), *arguments],
            input=drawing.xml,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            timeout=_SVG_WAIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode == -signal.SIGKILL:
        raise RejectedMedia("svg_too_complex", f"Drawing the SVG takes longer than {_SVG_SECONDS} s. Make it simpler.")
    if done.returncode:
        raise damaged("the SVG cannot be drawn")
    size = {"width": max(1, round(drawing.width)), "height": max(1, round(drawing.height))}
    return {"kind": "svg", "content_type": SVG, "codec": "svg", **size}


def _lottie(data: bytes) -> dict[str, Any]:
    animation = lottie_check.read(data)
    for text in lottie_check.texts(animation.document):
        missing = shipped().missing(text, DEFAULT_FAMILY)
        if missing:
            lottie_check.refuse("text", f"No font has these characters of the Lottie: {' '.join(missing[:8])}.")
    player = Player(filled(animation, lottie_text.nothing), *_fitting(animation.width, animation.height, _SIDE))
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
