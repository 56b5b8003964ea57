"""Golden pictures of nested compositions that each use gives values of its own."""

from typing import Any

from tests.golden.gallery import BLUE, INK, MINT, ORANGE, PAPER, PINK, block, disc, hang, linear, words
from tests.golden.materials import PHOTO, PORTRAIT, SCREEN

CARD = {
    "duration": 2.0, "width": 120.0, "height": 160.0,
    "properties": {
        "name": {"targets": ["title/runs/0/text"]},
        "photo": {"targets": ["picture/asset"]},
        "accent": {"targets": ["plate/fill", "dot/fill"], "default": ORANGE},
        "ink": {"targets": ["title/style/fill"]},
        "tilt": {"targets": ["all/transform/rotation"]},
    },
    "layers": [
        {"type": "group", "id": "all", "layers": [
            {**block([6, 6, 108, 148], PINK, id="plate"), "geometry": {"type": "rectangle", "radius": 12.0}},
            {"type": "image", "id": "picture", "asset": PHOTO, "box": [14, 14, 92, 84], "radius": 8.0},
            words("Name", [12, 104, 96, 44], 26, id="title", align="center", vertical="middle",
                  style={"font": "Inter", "weight": 700, "fill": INK}),
            disc([84, 76, 30, 30], PINK, id="dot", stroke={"color": PAPER, "width": 4.0}),
        ]},
    ],
}  # fmt: skip


def card(left: float, **properties: Any) -> dict[str, Any]:
    place = [left, 12, 62, 84]
    return {"type": "composition", "composition": "person", "box": place, "properties": properties}


hang(
    "composition-properties",
    card(2),
    card(65, name="Ada", photo={"asset": PORTRAIT}, accent=linear(BLUE, MINT, angle=90), tilt=-8.0),
    card(128, name="نام بلندتر", photo={"asset": SCREEN}, accent="theme:brand", ink=PAPER),
    compositions={"person": CARD},
    theme={"colors": {"brand": "#5b3a8c"}},
)
