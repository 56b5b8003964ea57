"""Golden pictures of captions whose words grow while they are said."""

from typing import Any

from tests.golden.gallery import BLUE, ORANGE, PAPER, block, hang, tiles

SAID = ["Each", "word", "makes", "room", "for", "the", "next"]
FARSI = ["هر", "واژه", "جای", "خود", "را", "باز", "می\u200cکند"]


def grown(words: list[str], box: list[float], scale: float, **fields: Any) -> dict[str, Any]:
    cue = {"start": 0.0, "end": 2.0, "words": [{"text": text, "start": 0.25 * n} for n, text in enumerate(words)]}
    highlight = {"fill": ORANGE, "scale": scale, **fields.pop("highlight", {})}
    style = {"font": "Inter", "size": 12, "weight": 700, **fields.pop("style", {})}
    near = {"fill": "#00000090", "padding": [5.0, 3.0], "radius": 4.0}
    return {"type": "captions", "cues": [cue], "box": box, "style": style, "plate": near, "vertical": "middle",
            "min_size": 6.0, "highlight": highlight, **fields}  # fmt: skip


def rows() -> list[dict[str, Any]]:
    boxes = tiles(2, 3)
    plate = {"fill": BLUE, "padding": [4.0, 1.0], "radius": 3.0}
    return [
        *[block(box, "#222a38") for box in boxes],
        grown(SAID, boxes[0], 1.5),
        grown(SAID, boxes[1], 1.3, highlight={"plate": plate}, plate=None, align="left"),
        grown(FARSI, boxes[2], 1.6, style={"font": "Vazirmatn"}),
        grown(SAID, boxes[3], 2.0, animation="karaoke", align="right"),
        grown(SAID, boxes[4], 1.4, animation="pop", align="start"),
        grown(["Unbelievable"], boxes[5], 2.0, style={"size": 20, "fill": PAPER}),
    ]


hang("captions-grown", *rows(), at=0.9)
hang("captions-growing", *rows(), at=1.05)
