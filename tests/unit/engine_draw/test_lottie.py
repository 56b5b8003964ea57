"""Given a Lottie file, when it is drawn as a layer, then a frame depends on its number alone, with the slots filled."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, composition, frame, ink, photo, source
from tests.unit.engine_draw.vectors import (
    LOTTIE,
    constant,
    fill,
    layer,
    lottie,
    rectangle,
    runner,
    shapes,
    still,
    text,
    written,
)

from flatrender.composition.schemas import Composition
from flatrender.engine import layers_lottie
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.lottie_player import Player


def made(**fields: Any) -> Composition:
    """A Lottie layer over all of 320 x 180, on black."""
    theme = fields.pop("theme", {})
    return composition({"type": "lottie", "asset": LOTTIE, **fields}, theme=theme)


def shown(tmp_path: Path, data: bytes, index: int = 0, **fields: Any) -> Any:
    assets = {LOTTIE: written(tmp_path / "animation.json", data), PHOTO: photo(tmp_path / "photo.png")}
    return frame(made(**fields), index, assets)


def rgb(pixels: Any, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(part) for part in pixels[y, x, 2::-1])


BOX = [0, 0, 100, 50]


def left(tmp_path: Path, index: int, **fields: Any) -> int:
    """Where the left edge of the running square is, in units of the file."""
    return ink(shown(tmp_path, runner(), index, box=BOX, **fields))[0]


def test_it_plays_at_its_own_speed_and_rests_on_its_last_frame(tmp_path: Path) -> None:
    assert [left(tmp_path, index) for index in (0, 5, 10, 20, 39)] == [0, 20, 40, 80, 80]


@pytest.mark.parametrize(
    ("fields", "index", "edge"),
    [
        ({"speed": 2}, 5, 40),
        ({"speed": 0.5}, 10, 20),
        ({"start": 0.5}, 20, 40),
        ({"trim_start": 0.25}, 0, 20),
        ({"trim_end": 0.5}, 30, 36),
        ({"trim_start": 0.25, "trim_end": 0.5, "loop": True}, 7, 28),
        ({"trim_end": 1, "loop": True}, 30, 40),
        ({"trim_start": 60}, 10, 80),
    ],
    ids=str,
)
def test_time_is_trimmed_stretched_and_repeated(tmp_path: Path, fields: Any, index: int, edge: int) -> None:
    assert left(tmp_path, index, **fields) == edge


def test_between_two_frames_of_the_file_it_moves_on(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", runner(fr=10))
    edges = [ink(frame(made(box=[0, 0, 200, 100]), index, {LOTTIE: path}))[0] for index in (10, 11, 12)]
    assert edges == [40, 44, 48]


@pytest.mark.parametrize(
    ("fit", "seen"), [("contain", (0, 58, 64, 122)), ("cover", (0, 54, 52, 126)), ("stretch", (0, 54, 64, 126))]
)
def test_it_fits_into_its_box(tmp_path: Path, fit: str, seen: tuple[int, ...]) -> None:
    assert ink(shown(tmp_path, runner(), fit=fit)) == pytest.approx(seen, abs=1)


def test_colours_are_those_of_the_file_or_of_its_slots(tmp_path: Path) -> None:
    assert rgb(shown(tmp_path, runner(), box=BOX), 10, 25) == (255, 0, 0)
    slots = {"brand": {"type": "color", "color": "theme:ink"}}
    pixels = shown(tmp_path, runner(), box=BOX, slots=slots, theme={"colors": {"ink": "#00ff80"}})
    assert rgb(pixels, 10, 25) == (0, 255, 128)
    defaults = {"brand": {"p": {"a": 0, "k": [0, 0, 1, 1]}}}
    assert rgb(shown(tmp_path, runner(slots=defaults), box=BOX), 10, 25) == (0, 0, 255)


def test_half_transparent_is_half_transparent(tmp_path: Path) -> None:
    pixels = shown(tmp_path, runner(), box=BOX, transform={"opacity": 0.5})
    assert rgb(pixels, 10, 25) == pytest.approx((128, 0, 0), abs=1)


def titled(**style: Any) -> bytes:
    part = text("Hi", "title", **style)
    return lottie([{**part, "ks": still(p=constant([50, 30]))}])


def test_text_in_slots_is_shaped_and_aligned(tmp_path: Path) -> None:
    def box(words: str, **style: Any) -> tuple[int, int, int, int]:
        slots = {"title": {"type": "text", "text": words}}
        return ink(shown(tmp_path, titled(**style), box=[0, 0, 200, 100], slots=slots, font="Vazirmatn"))

    start, _, end, bottom = box("HHH")
    assert (start, bottom) == pytest.approx((101, 60), abs=3)
    assert end < 200
    right = box("HHH", j=1)
    assert right[2] == pytest.approx(99, abs=3)
    centred = box("HHH", j=2)
    assert centred[0] + centred[2] == pytest.approx(200, abs=3)
    word = "سلام"
    joined, apart = box(word), box("\u200c".join(word))
    assert joined[2] - joined[0] < 0.9 * (apart[2] - apart[0])


def test_text_without_a_slot_is_drawn_too_and_blank_text_is_nothing(tmp_path: Path) -> None:
    assert shown(tmp_path, titled())[:, :, :3].max() == 255
    assert shown(tmp_path, titled(), slots={"title": {"type": "text", "text": "  "}})[:, :, :3].max() == 0


def test_text_shrinks_into_its_box(tmp_path: Path) -> None:
    data = lottie([text("One", "title", sz=[90, 20], ps=[5, 5], s=16, lh=18)])
    slots = {"title": {"type": "text", "text": "One two three four five six seven"}}
    found = ink(shown(tmp_path, data, box=[0, 0, 200, 100], slots=slots))
    assert found[0] >= 10
    assert found[2] <= 192
    assert found[3] <= 54


def test_pictures_are_those_of_the_file_or_of_its_slots(tmp_path: Path) -> None:
    surface = skia.Surface(4, 4)
    surface.getCanvas().clear(skia.ColorYELLOW)
    uri = "data:image/png;base64," + base64.b64encode(bytes(surface.makeImageSnapshot().encodeToData())).decode()
    asset = {"id": "p", "w": 40, "h": 40, "u": "", "p": uri, "e": 1, "sid": "photo"}
    data = lottie([layer(2, refId="p", ks=still(p=constant([10, 5])))], assets=[asset])
    own = shown(tmp_path, data, box=BOX)
    assert rgb(own, 12, 7) == (255, 255, 0)
    pixels = shown(tmp_path, data, box=BOX, slots={"photo": {"type": "image", "asset": PHOTO}})
    assert [rgb(pixels, *at) for at in ((30, 6), (20, 30), (40, 30))] == [(0, 255, 0), (255, 0, 0), (0, 0, 255)]
    fields = {"type": "image", "asset": PHOTO, "fit": "contain"}
    contained = shown(tmp_path, data, box=BOX, slots={"photo": fields})
    assert rgb(contained, 30, 8) == (0, 0, 0)
    assert rgb(contained, 20, 30) == (255, 0, 0)
    empty = lottie([layer(2, refId="p")], assets=[{**asset, "p": "photo.png", "u": "images/", "e": 0}])
    assert shown(tmp_path, empty)[:, :, :3].max() == 0


def nested(**fields: Any) -> bytes:
    """The running square half a second later and at half the speed, in a composition of its own."""
    inside = json.loads(runner())["layers"]
    outer = layer(0, refId="run", w=100, h=50, st=10, sr=2, ip=0, **fields)
    return lottie([outer], assets=[{"id": "run", "layers": inside}])


@pytest.mark.parametrize(
    ("data", "different"),
    [(runner(), 17), (nested(), 24), (lottie([shapes(rectangle(50, 50), fill(1, 1, 1))]), 1)],
    ids=["moving", "nested", "still"],
)
def test_every_order_of_drawing_gives_the_same_frames(tmp_path: Path, data: bytes, different: int) -> None:
    assets = {LOTTIE: written(tmp_path / "a.json", data)}
    playing = made(speed=1.3, shadow={}, transform={"rotation": 5})
    whole = source(playing, assets)
    frames = []
    for index in range(whole.frame_count):
        whole.draw(index)
        frames.append(whole.buffer.copy())
    assert len({part.tobytes() for part in frames}) == different
    for index in (33, 7, 8, 21, 0):
        assert np.array_equal(frame(playing, index, assets), frames[index])


def test_what_rests_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    real = Player.frame

    def watched(self: Player, number: float) -> Any:
        asked.append(number)
        return real(self, number)

    monkeypatch.setattr(Player, "frame", watched)
    drawn = source(made(box=BOX), {LOTTIE: written(tmp_path / "a.json", runner())})
    changed = [drawn.draw(index) for index in range(40)]
    assert changed == [True] * 21 + [True] + [False] * 18
    assert len(asked) == 22


def test_a_crash_is_one_clear_fault_and_the_next_file_is_drawn(tmp_path: Path) -> None:
    path = written(tmp_path / "bad.json", lottie([shapes(rectangle(20, 20), fill(1, 0, 0), ks=still(p="nowhere"))]))
    crashing = Player.start

    def start(self: Any) -> None:
        crashing(self)
        if b"nowhere" in self._document:
            self._process.kill()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Player, "start", start)
        with pytest.raises(UnreadableMedia) as caught:
            frame(made(), 0, {LOTTIE: path})
    assert LOTTIE in caught.value.text
    assert left(tmp_path, 0) == 0


def test_a_child_that_died_between_two_frames_is_replaced(tmp_path: Path) -> None:
    drawn = source(made(box=BOX), {LOTTIE: written(tmp_path / "a.json", runner())})
    drawn.draw(0)
    for player in layers_lottie._players.values():
        if player._process is not None:
            player._process.kill()
            player._process.wait()
    drawn.draw(10)
    assert ink(drawn.buffer)[0] == 40


def test_no_more_children_live_than_may(tmp_path: Path) -> None:
    parts = []
    for number in range(layers_lottie._PLAYERS_KEPT + 3):
        asset = f"00000000-0000-4000-8000-0000000000{number + 16:x}"
        written(tmp_path / f"{number}.json", runner(nm=str(number), w=100 + number))
        parts.append((asset, {"type": "lottie", "asset": asset, "box": [0, 16 * number, 32, 16]}))
    assets = {asset: tmp_path / f"{number}.json" for number, (asset, _) in enumerate(parts)}
    drawn = source(composition(*(part for _, part in parts)), assets)
    for index in (0, 1):
        drawn.draw(index)
    assert ink(drawn.buffer)[3] > 16 * (len(parts) - 1)
    assert sum(player._process is not None for player in layers_lottie._players.values()) <= layers_lottie._PLAYERS_KEPT


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{}", "no Lottie"),
        (lottie([layer(13)]), "camera"),
        (runner(op=0), "no frames"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_one_clear_fault(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(UnreadableMedia) as caught:
        shown(tmp_path, data)
    assert LOTTIE in caught.value.text
    assert says in caught.value.text


def test_a_missing_file_is_one_clear_fault() -> None:
    with pytest.raises(UnreadableMedia, match=f"{LOTTIE} is missing"):
        frame(made(), 0, {})
