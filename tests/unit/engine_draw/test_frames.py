"""Given a composition, when frames are drawn, then a frame depends on its number alone."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import PHOTO, VIDEO, composition, frame, photo, red, source, text, video

from flatrender.composition.schemas import Composition

GRADIENT = {
    "type": "linear",
    "angle": 45,
    "stops": [{"offset": 0, "color": "#ff0000aa"}, {"offset": 1, "color": "#0000ff00"}],
}


def busy(transition: Any) -> Composition:
    """Everything at once: a moving photo, a video, turning groups, words that come in, blur, blends, a counter,
    overlays.
    """
    turning = {"keyframes": [{"time": 0, "value": -10}, {"time": 0.8, "value": 20}]}
    first = [
        {"type": "image", "asset": PHOTO, "ken_burns": {}},
        {"type": "gradient", "gradient": GRADIENT},
        text("Two words سلام دنیا", animation={"by": "word"}, shadow={"blur": 6}, blur={"keyframes": [
            {"time": 0, "value": 6}, {"time": 0.5, "value": 0}]}),
        {
            "type": "group",
            "box": [40, 40, 100, 100],
            "transform": {"rotation": turning},
            "enter": {"preset": "zoom-in"},
            "layers": [
                {"type": "shape", "box": [0, 0, 99, 99], "geometry": {"type": "ellipse"}, "shadow": {}},
                {"type": "image", "asset": PHOTO, "box": [20, 20, 60, 60], "radius": 8},
            ],
        },
    ]  # fmt: skip
    second = [
        {"type": "video", "asset": VIDEO, "box": [0, 0, 200, 180]},
        {"type": "solid", "color": "#308030", "blend": "multiply", "box": [0, 0, 160, 90]},
        {"type": "counter", "box": [0, 0, 320, 90], "to_value": 1405, "digits": "persian"},
        text("Still", exit={"preset": "wipe-left"}, transform={"rotation": 5}),
    ]
    return composition(
        scenes=[{"duration": 1.2, "layers": first}, {"duration": 1.4, "transition": transition, "layers": second}],
        overlays=[{"type": "progress", "box": [0, 170, 320, 10]}],
    )


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("assets")
    return {PHOTO: photo(folder / "photo.png"), VIDEO: video(folder / "video.mp4")}


@pytest.mark.parametrize("kind", ["cut", "cross-fade", "slide", "wipe", "zoom", "dip"])
def test_a_frame_is_the_same_whatever_was_drawn_before(kind: str, assets: dict[str, Path]) -> None:
    made = busy({"type": kind} if kind == "cut" else {"type": kind, "duration": 0.6})
    whole = source(made, assets)
    drawn = []
    for index in range(whole.frame_count):
        whole.draw(index)
        drawn.append(whole.buffer.copy())
    order = list(range(whole.frame_count))
    random.Random(7).shuffle(order)
    mixed = source(made, assets)
    for index in order:
        mixed.draw(index)
        assert np.array_equal(mixed.buffer, drawn[index]), f"frame {index} differs when drawn out of order"
    chunk = source(made, assets)
    for index in range(whole.frame_count // 2, whole.frame_count):
        chunk.draw(index)
        assert np.array_equal(chunk.buffer, drawn[index]), f"frame {index} differs when its chunk begins in the middle"


def test_a_frame_that_does_not_change_is_not_drawn_again() -> None:
    drawn = source(composition(text("Rest", start=0.5, duration=1)))
    assert [drawn.draw(index) for index in range(40)].count(True) == 3
    drawn.buffer[:] = 7
    assert drawn.draw(39) is False
    assert (drawn.buffer == 7).all()
    assert drawn.draw(20) is True
    assert (drawn.buffer != 7).any()


def test_every_pixel_is_opaque(assets: dict[str, Path]) -> None:
    drawn = source(busy({"type": "cross-fade", "duration": 0.6}), assets)
    for index in (0, 13, 20, drawn.frame_count - 1):
        drawn.draw(index)
        assert (drawn.buffer[:, :, 3] == 255).all()


def two(transition: Any) -> Composition:
    return composition(
        scenes=[
            {"duration": 1.0, "background": "#ff0000"},
            {"duration": 1.0, "background": "#0000ff", "transition": transition},
        ]
    )


def test_a_cross_fade_is_half_of_both_in_the_middle() -> None:
    middle = frame(two({"type": "cross-fade", "duration": 1.0}), 10)
    assert np.allclose(middle[90, 160, :3], (128, 0, 127), atol=2)


def test_a_slide_pushes_the_old_scene_out() -> None:
    middle = frame(two({"type": "slide", "duration": 1.0, "direction": "left"}), 10)
    assert tuple(middle[90, 10, :3]) == (0, 0, 255)
    assert tuple(middle[90, 310, :3]) == (255, 0, 0)


@pytest.mark.parametrize(
    ("direction", "old"), [("left", (90, 20)), ("right", (90, 300)), ("up", (10, 160)), ("down", (170, 160))]
)
def test_a_wipe_uncovers_towards_its_direction(direction: str, old: tuple[int, int]) -> None:
    middle = frame(two({"type": "wipe", "duration": 1.0, "direction": direction}), 10)
    assert tuple(middle[old][:3]) == (0, 0, 255)
    opposite = middle[179 - old[0], 319 - old[1]]
    assert tuple(opposite[:3]) == (255, 0, 0)


def test_a_dip_passes_through_its_colour() -> None:
    made = two({"type": "dip", "duration": 1.0, "color": "#00ff00"})
    assert np.allclose(frame(made, 10)[90, 160, :3], (0, 255, 0), atol=1)
    assert red(frame(made, 2))[90, 160] > 0.8


def test_size_and_rate_follow_the_profile() -> None:
    made = composition(
        {"type": "shape", "box": [160, 90, 160, 90], "geometry": {"type": "rectangle"}, "fill": "#ff0000"}
    )
    large = frame(made, 0, width=1280, height=720)
    assert large.shape == (720, 1280, 4)
    lit = red(large) > 0.5
    assert lit[362:, 642:].all()
    assert not lit[:358].any()
    assert not lit[:, :638].any()
    assert source(made, fps=10).frame_count == 20
