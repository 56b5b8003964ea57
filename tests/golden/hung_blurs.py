"""Golden pictures of directional blur."""

from typing import Any

from tests.golden.gallery import MINT, ORANGE, PAPER, block, hang, keys, linear, tiled, words
from tests.golden.materials import PHOTO, VIDEO

ANGLES = [0.0, 90.0, 30.0, -45.0]


def smeared(layer: dict[str, Any], **blur: Any) -> dict[str, Any]:
    return {**layer, "effects": {"directional_blur": blur}}


def photo(box: list[float]) -> dict[str, Any]:
    return {"type": "image", "asset": PHOTO, "box": box}


hang("directional-blur", *tiled(ANGLES, 2, lambda angle, box: smeared(photo(box), angle=angle, distance=14.0)))
hang(
    "directional-blur-repeat",
    *tiled(ANGLES, 2, lambda angle, box: smeared(photo(box), angle=angle, distance=24.0, edges="repeat")),
)
hang(
    "directional-blur-text",
    smeared(words("Whoosh", [6, 2, 180, 34], 30, align="center"), distance=keys(40.0, 0.0)),
    smeared(words("سلام", [6, 34, 180, 36], 28, align="center", style={"font": "Vazirmatn", "fill": MINT}), angle=90.0,
            distance=9.0),
    {**smeared(block([66, 78, 60, 20], linear(ORANGE, PAPER), transform={"rotation": 15.0, "opacity": 0.8}),
               angle=keys(0.0, 60.0), distance=30.0),
     "shadow": {"y": 5.0, "blur": 4.0, "color": "#000000"}},
    at=0.6,
)  # fmt: skip
hang(
    "directional-blur-whip",
    smeared({"type": "video", "asset": VIDEO}, angle=5.0, distance=60.0, edges="repeat"),
    at=0.4,
)
