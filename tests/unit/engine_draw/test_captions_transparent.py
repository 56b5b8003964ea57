"""Given captions whose colours begin transparent, when frames are drawn, then words lie where opaque ones would, on
whichever frame the drawing began.
"""

from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import Pixels, composition, drawn_alike_in_chunks, frame

TEXTS = ["one", "Two,", "jig", "four"]
THIN = {"size": 10, "weight": 200}
"""At an alpha of 1 nothing is left of letters like these: they cover no pixel by half."""
PLATE = {"fill": "#2040ff", "padding": [5.0, 2.0]}


def fades(color: str, alpha: str) -> dict[str, Any]:
    """From `alpha` to opaque within half a second: before the first of the chunks that begin later."""
    return {"keyframes": [{"time": 0, "value": color + alpha}, {"time": 0.5, "value": color}]}


def captions(said: list[str] = TEXTS, **fields: Any) -> dict[str, Any]:
    step = 1.6 / len(said)
    words = [{"text": text, "start": n * step} for n, text in enumerate(said)]
    style = {"font": "Inter", "size": 30, "weight": 700, **fields.pop("style", {})}
    return {"type": "captions", "cues": [{"start": 0, "end": 1.6, "words": words}], "box": [10, 10, 300, 160],
            "style": style, "plate": None, "vertical": "middle", **fields}  # fmt: skip


def plate_of(pixels: Pixels) -> tuple[int, int, int, int]:
    """Where there is the blue of the plate."""
    blue = (pixels[:, :, 0] > 200) & (pixels[:, :, 2] < 100)
    rows, columns = np.flatnonzero(blue.any(axis=1)), np.flatnonzero(blue.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


@pytest.mark.parametrize("animation", ["none", "karaoke", "pop"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("alpha", ["00", "01"])
@pytest.mark.parametrize("whose", ["highlight", "style", "both"])
def test_frames_are_the_same_alone_and_in_sequence(animation: str, scale: float, alpha: str, whose: str) -> None:
    lit = {"fill": fades("#ffcc00", alpha) if whose != "style" else "#ffcc00", "scale": scale, "plate": PLATE}
    fill = fades("#ffffff", alpha) if whose != "highlight" else "#ffffff"
    stroke = {"color": fades("#803000", alpha) if whose == "both" else "#803000", "width": 1.5}
    for style in ({"fill": fill}, {"fill": fill, **THIN}, {"fill": fill, "stroke": stroke}):
        drawn_alike_in_chunks(composition(captions(animation=animation, highlight=lit, style=style)), {})


@pytest.mark.parametrize("animation", ["none", "karaoke", "pop"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("alpha", ["00", "01"])
def test_the_plate_lies_where_that_of_opaque_words_does(animation: str, scale: float, alpha: str) -> None:
    clear, opaque = (
        composition(captions(animation=animation, highlight={"fill": fill, "scale": scale, "plate": PLATE}))
        for fill in ("#00ff00" + alpha, "#00ff00")
    )
    for index in (4, 7, 10, 12, 20):
        assert plate_of(frame(clear, index)) == plate_of(frame(opaque, index))


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_what_has_not_been_said_of_a_word_is_seen_whatever_fills_it(scale: float) -> None:
    clear, colored = (
        composition(captions(["million"], animation="karaoke", highlight={"fill": fill, "scale": scale}))
        for fill in ("#ff000000", "#ff0000")
    )
    for index in (8, 16, 24):
        white = frame(clear, index)[:, :, 0]
        assert (white > 200).any()
        assert np.array_equal(white, frame(colored, index)[:, :, 0])  # there is no blue in red


@pytest.mark.parametrize("alpha", ["00", "01"])
def test_words_make_room_for_one_that_is_not_seen(alpha: str) -> None:
    clear, opaque = (
        frame(composition(captions(highlight={"fill": fill, "scale": 1.4}, style=THIN)), 20)[:, :, 2]
        for fill in ("#00ff00" + alpha, "#00ff00")
    )
    assert clear.any()
    assert np.array_equal(clear, opaque)  # there is no red in green
