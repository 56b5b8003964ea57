"""Given two scenes and a transition, when a frame within it is drawn, then both are where its progress puts them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.unit.engine_draw.scenes import PHOTO, composition, frame, photo, source

from flatrender.composition.schemas import Composition

OVERLAP = 1.0


def scenes(transition: Any) -> Composition:
    """Red for 2 s, then blue; they overlap for a second, from second 1 to 2, at 20 frames per second."""
    timing = {"duration": OVERLAP, "easing": "linear", **transition}
    return composition(
        scenes=[
            {"duration": 2, "background": "#ff0000"},
            {"duration": 2, "background": "#0000ff", "transition": timing},
        ]
    )


def blue(transition: Any, progress: float, **assets: Any) -> npt.NDArray[np.float64]:
    """How much of the new scene each pixel shows, 0…1."""
    pixels = frame(scenes(transition), round(20 + 20 * progress), assets.get("assets"))
    shown: npt.NDArray[np.float64] = pixels[:, :, 0].astype(np.float64) / 255
    assert np.allclose(shown + pixels[:, :, 2] / 255, 1, atol=0.02)
    return shown


def test_a_push_moves_both_and_a_cover_only_the_new_one() -> None:
    shown = blue({"type": "push", "direction": "left"}, 0.25)
    assert (shown[:, :240] == 0).all()
    assert (shown[:, 240:] == 1).all()
    assert np.array_equal(shown, blue({"type": "slide", "direction": "left"}, 0.25))
    stripes = {"type": "gradient", "gradient": {"type": "linear", "angle": 0, "stops": STOPS}}
    moved, kept = (
        frame(
            composition(
                scenes=[
                    {"duration": 2, "layers": [stripes]},
                    {"duration": 2, "background": "#00f", "transition": {"type": "slide", "easing": "linear", **how}},
                ]
            ),
            32,
        )
        for how in ({"duration": 0.8}, {"duration": 0.8, "cover": True})
    )
    whole = frame(composition(scenes=[{"duration": 2, "layers": [stripes]}]))
    assert np.array_equal(kept[:, :150], whole[:, :150])
    assert not np.array_equal(moved[:, :150], whole[:, :150])


STOPS = [{"offset": 0, "color": "#000000"}, {"offset": 1, "color": "#ffffff"}]


@pytest.mark.parametrize(
    ("matte", "first", "last"),
    [
        ("radial", (90, 160), (0, 0)),
        ("clock", (40, 170), (40, 150)),
        ("blinds", (0, 10), (17, 10)),
        ("diagonal", (2, 2), (177, 317)),
    ],
)
def test_a_matte_uncovers_its_dark_parts_first(matte: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    transition = {"type": "luma-matte", "matte": matte, "softness": 0.1}
    early, late = blue(transition, 0.1), blue(transition, 0.9)
    assert early[first] > 0.5
    assert early[last] == 0
    assert late[first] == 1
    assert late[last] < 0.5
    turned = blue({**transition, "invert": True}, 0.1)
    assert turned[last] > 0.5
    assert turned[first] == 0
    shares = [blue(transition, n / 10).mean() for n in range(11)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[10] == 1


def test_specks_appear_evenly_over_time_and_picture() -> None:
    transition = {"type": "luma-matte", "matte": "noise", "softness": 0.02}
    half = blue(transition, 0.5)
    assert abs(half.mean() - 0.5) < 0.05
    for part in (half[:90, :160], half[:90, 160:], half[90:, :160], half[90:, 160:]):
        assert 0.2 < part.mean() < 0.8
    assert abs(blue(transition, 0.2).mean() - 0.2) < 0.05


def test_the_luma_of_a_picture_is_a_matte(tmp_path: Path) -> None:
    # Green is brighter than red, and red brighter than blue.
    assets = {PHOTO: photo(tmp_path / "photo.png", 320, 180)}
    shown = blue({"type": "luma-matte", "asset": PHOTO, "softness": 0.05}, 0.16, assets=assets)
    assert shown[100, 280] > 0.9
    assert shown[100, 40] < 0.1
    shown = blue({"type": "luma-matte", "asset": PHOTO, "softness": 0.05}, 0.45, assets=assets)
    assert shown[100, 40] > 0.9
    assert shown[5, 40] < 0.1


def test_an_easing_bends_the_way_and_never_leaves_it() -> None:
    for easing, expected in (("ease-in-quad", 0.25), ("hold", 0.0), ("ease-out-back", 1.0)):
        shown = blue({"type": "cross-fade", "easing": easing}, 0.5)
        assert abs(shown.mean() - expected) < 0.02


@pytest.mark.parametrize("matte", ["radial", "noise"])
def test_a_frame_of_a_transition_is_the_same_alone_and_in_sequence(matte: str) -> None:
    made = scenes({"type": "luma-matte", "matte": matte})
    running = source(made)
    for index in range(18, 30):
        running.draw(index)
    assert np.array_equal(running.buffer, frame(made, 29))
