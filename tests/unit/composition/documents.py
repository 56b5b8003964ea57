"""Documents and assets for tests of compositions."""

import copy
from typing import Any

from flatrender.composition.assets import AssetInfo

PHOTO = "00000000-0000-4000-8000-0000000000a1"
VIDEO = "00000000-0000-4000-8000-0000000000b1"
SONG = "00000000-0000-4000-8000-0000000000c1"

ASSETS = {
    PHOTO: AssetInfo(id=PHOTO, sha256="a" * 64, kind="image", width=100, height=80),
    VIDEO: AssetInfo(id=VIDEO, sha256="b" * 64, kind="video", width=100, height=80, duration=4.0, has_audio=True),
    SONG: AssetInfo(id=SONG, sha256="c" * 64, kind="audio", duration=12.0),
}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "box": [10, 10, 300, 60], "runs": [{"text": words}], **fields}


def document(**fields: Any) -> dict[str, Any]:
    """Ten seconds: a scene of 6 s with a photo, then one of 5 s, a cross-fade of 1 s between them, a title at second
    8.
    """
    base = {
        "canvas": {"width": 640, "height": 360, "fps": 30},
        "theme": {"colors": {"accent": "#ff8800"}, "fonts": {"body": {"family": "Inter", "weight": 500}}},
        "scenes": [
            {"duration": 6, "layers": [{"type": "image", "asset": PHOTO}, text("First")]},
            {
                "duration": 5,
                "transition": {"type": "cross-fade", "duration": 1},
                "layers": [text("Second"), text("Late", start=3)],
            },
        ],
        "audio": [{"asset": SONG}],
    }
    return copy.deepcopy({**base, **fields})
