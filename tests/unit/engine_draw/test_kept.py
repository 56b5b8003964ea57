"""Given layers whose bitmaps do not all fit, when they are drawn, then what is kept stays within bounds, and the pixels
are the same.
"""

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, composition, photo, source, text

from flatrender.engine import kept
from flatrender.engine.kept import Kept, KeptBitmap, Room
from flatrender.engine.surface import Bitmap

ROOT = Path(__file__).parents[3]
FADING = {"opacity": {"keyframes": [{"time": 0, "value": 0.2}, {"time": 2, "value": 1}]}}


class Shelf:
    """Ten letters of ten bytes each, and which were made."""

    def __init__(self, budget: int) -> None:
        self.room, self.made = Room(budget), ""
        self._letters = {letter: Kept[str](lambda _: 10, self.room) for letter in "abcdefghij"}

    def ask(self, letters: str) -> str:
        """Which letters had to be made."""
        self.made = ""
        for letter in letters:
            assert self._letters[letter].get(None, lambda letter=letter: self._make(letter)) == letter
            assert self.room.size <= 30
        return self.made

    def _make(self, letter: str) -> str:
        self.made += letter
        return letter

    def end(self, letter: str) -> None:
        del self._letters[letter]
        gc.collect()


def test_what_fits_is_made_once() -> None:
    assert Shelf(30).ask("abcabcaabbcc") == "abc"


def test_what_was_not_used_for_long_leaves_first() -> None:
    shelf = Shelf(30)
    shelf.ask("abc" + "bc" * 10)
    assert shelf.ask("d" + "bcd" * 3) == "d"
    assert shelf.ask("a") == "a"


def test_where_more_is_used_than_fits_what_does_is_kept() -> None:
    shelf = Shelf(30)
    shelf.ask("abcde")
    assert shelf.ask("abcdeabcde") == "dede"


def test_what_is_no_more_takes_no_room() -> None:
    shelf = Shelf(30)
    shelf.ask("abc")
    shelf.end("a")
    assert shelf.room.size == 20
    assert shelf.ask("dbcd") == "d"


def test_another_state_is_another_thing() -> None:
    held, made = Kept[str](lambda _: 1, Room(10)), []
    for state in (1, 1, 2, 2, 1):
        assert held.get(state, lambda state=state: (made.append(state), f"of {state}")[1]) == f"of {state}"
    assert made == [1, 2, 1]


def test_where_a_bitmap_lies_stays_known() -> None:
    room, made = Room(0), []

    def make() -> Bitmap:
        made.append(1)
        return Bitmap(skia.Image.fromarray(np.zeros((4, 8, 4), np.uint8)), 1.0, 2.0, 2.0)

    bitmap = KeptBitmap(room)
    for _ in range(3):
        assert bitmap.box("state", make) == (1.0, 2.0, 5.0, 4.0)
    assert len(made) == 1
    assert room.size == 0


LAYERS: dict[str, Any] = {
    "gradient": {
        "type": "gradient",
        "gradient": {
            "type": "linear",
            "stops": [{"offset": 0, "color": "#ff0000"}, {"offset": 1, "color": "#0000ff80"}],
        },
        "transform": FADING,
    },
    "shadow": text("Shade", transform=FADING, shadow={"blur": 8}),
    "words": text("One word, another", animation={}),
    "effects": text("Glow", effects={"glow": {}, "adjust": {"hue": 90}, "vignette": {}}, transform=FADING),
    "blur": text("Blur", blur=FADING["opacity"]),
    "smear": text("Smear", effects={"directional_blur": {"angle": 30, "distance": 20}}, transform=FADING),
    "group": {"type": "group", "layers": [text("In")], "transform": FADING, "shadow": {}},
    "turned": text("Turned", transform={"rotation": 20, "x": FADING["opacity"]}),
    "picture": {"type": "image", "asset": PHOTO, "box": [20, 20, 90, 60], "transform": FADING},
    "graded": {"type": "image", "asset": PHOTO, "ken_burns": {}, "effects": {"adjust": {"hue": 90}}},
    "moving": {"type": "image", "asset": PHOTO, "ken_burns": {}, "shadow": {}, "effects": {"vignette": {}}},
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_what_is_made_again_is_the_same(layer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {PHOTO: photo(tmp_path / "photo.png")}
    made = composition({"type": "solid", "color": "#203040"}, layer)
    roomy, narrow = Room(), Room(0)
    monkeypatch.setattr(kept, "ROOM", roomy)
    usual = source(made, files)
    usual.draw(4)
    assert roomy.size > 0
    monkeypatch.setattr(kept, "ROOM", narrow)
    again = source(made, files)
    for index in (5, 6, 7, 20):
        usual.draw(index)
        again.draw(index)
        assert np.array_equal(usual.buffer, again.buffer), index
        assert narrow.size == 0


SCRIPT = """
from tests.support.memory import peak_megabytes
from tests.unit.engine_draw.scenes import composition, source

huge = {"type": "shape", "box": [-10000, -10000, 20000, 20000], "geometry": {"type": "ellipse"}, "fill": "#ffffff10"}
drawing = source(composition(*[huge] * 12))
drawing.draw(0)
print(drawing.buffer[90, 160, 0], peak_megabytes())
"""


def test_layers_far_larger_than_the_canvas_take_bounded_memory() -> None:
    """Each takes 132 MB, and while it is made, three times as much."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        check=True, capture_output=True, text=True,
        env={"PYTHONPATH": f"{ROOT / 'layers/core/python'}:{ROOT}", "FONTS_DIR": str(ROOT / "layers/fonts")},
    )  # fmt: skip
    white, peak = (float(word) for word in run.stdout.split())
    assert white > 100, "all of them are seen"
    assert peak < 1_200
