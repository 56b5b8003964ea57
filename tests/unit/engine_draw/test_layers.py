"""Given a layer, when it is drawn, then its pixels lie where its numbers say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import PHOTO, VIDEO, composition, frame, ink, photo, red, video

from flatrender.composition.layers_text import CounterLayer
from flatrender.engine.layers_fill import number
from flatrender.engine.layers_media import AssetUnreadable
from flatrender.engine.layers_video import VideoReader


def rectangle(*box: float, **fields: Any) -> dict[str, Any]:
    return {"type": "shape", "box": list(box), "geometry": {"type": "rectangle"}, "fill": "#ff0000", **fields}


def test_a_rectangle_lies_in_its_box() -> None:
    assert ink(frame(composition(rectangle(40, 30, 100, 50)))) == (40, 30, 140, 80)


def test_rotation_and_scale_turn_around_the_anchor() -> None:
    turned = frame(composition(rectangle(100, 60, 100, 40, transform={"rotation": 90})))
    assert ink(turned) == (130, 30, 170, 130)
    grown = frame(composition(rectangle(100, 60, 40, 40, transform={"scale": 2, "anchor": [0, 0]})))
    assert ink(grown) == (100, 60, 180, 140)


def test_keyframes_move_a_layer() -> None:
    path = {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 1, "value": 100}]}
    made = composition(rectangle(10, 10, 20, 20, transform={"x": path}))
    assert [ink(frame(made, index))[0] for index in (0, 5, 10, 20, 30)] == [10, 35, 60, 110, 110]


def test_a_layer_is_seen_from_its_start_to_its_end() -> None:
    made = composition(rectangle(0, 0, 10, 10, start=0.5, duration=0.5))
    assert [red(frame(made, index))[5, 5] for index in (9, 10, 19, 20)] == [0, 1, 1, 0]


def test_groups_place_and_clip_their_children() -> None:
    group = {"type": "group", "box": [50, 40, 60, 60], "clip": True, "layers": [rectangle(30, 30, 100, 100)]}
    assert ink(frame(composition(group))) == (80, 70, 110, 100)


def test_a_group_fades_as_one() -> None:
    overlapping = {
        "type": "group",
        "transform": {"opacity": 0.5},
        "layers": [rectangle(0, 0, 60, 60), rectangle(30, 30, 60, 60)],
    }
    shown = red(frame(composition(overlapping)))
    assert np.allclose([shown[10, 10], shown[45, 45], shown[80, 80]], 0.5, atol=0.01)


def test_a_wipe_shows_a_growing_part() -> None:
    made = composition(rectangle(0, 0, 100, 50, enter={"preset": "wipe-right", "duration": 1, "easing": "linear"}))
    assert ink(frame(made, 10)) == (0, 0, 50, 50)
    assert ink(frame(made, 20)) == (0, 0, 100, 50)


def test_blend_modes_work_on_what_lies_beneath() -> None:
    made = composition(
        rectangle(0, 0, 100, 100, fill="#ff8000"),
        {"type": "solid", "color": "#808080", "box": [0, 0, 50, 100], "blend": "multiply"},
    )
    shown = frame(made)
    assert np.allclose(shown[50, 25, :3], (0, 64, 128), atol=2)
    assert tuple(shown[50, 75, :3]) == (0, 128, 255)


def test_a_shadow_falls_beside_and_a_blur_spreads() -> None:
    sharp = rectangle(100, 60, 60, 60, fill="#000000")
    ground = {"type": "solid", "color": "#ff0000"}
    shadow = red(frame(composition(ground, {**sharp, "shadow": {"color": "#000000", "x": 20, "y": 0, "blur": 0}})))
    assert shadow[90, 170] < 0.05
    assert shadow[90, 190] == 1
    blurred = red(frame(composition(ground, {**sharp, "blur": 6})))
    assert 0.02 < blurred[90, 155] < 0.98
    assert 0.02 < blurred[90, 165] < 0.98


def test_a_gradient_runs_along_its_angle() -> None:
    stops = [{"offset": 0, "color": "#000000"}, {"offset": 1, "color": "#ff0000"}]
    across = red(frame(composition({"type": "gradient", "gradient": {"type": "linear", "angle": 0, "stops": stops}})))
    assert across[90, 5] < 0.05
    assert 0.45 < across[90, 160] < 0.55
    assert across[90, 315] > 0.95
    assert np.abs(across[10] - across[170]).max() < 0.02


def test_an_svg_path_is_stretched_to_the_box() -> None:
    triangle = {"type": "path", "data": "M0 0 L10 0 L0 10 Z", "view_box": [0, 0, 10, 10]}
    shown = red(frame(composition(rectangle(20, 20, 100, 100, geometry=triangle))))
    assert shown[30, 30] == 1
    assert shown[110, 110] == 0


def test_progress_fills_over_the_life_of_its_layer() -> None:
    bar = {"type": "progress", "box": [0, 0, 200, 20], "fill": "#ff0000", "track": None}
    assert [ink(frame(composition(bar), index))[2] for index in (10, 20, 30)] == [50, 100, 150]


@pytest.mark.parametrize(
    ("value", "fields", "shown"),
    [
        (1234567.0, {}, "1,234,567"),
        (1234.5, {"decimals": 2, "grouping": False}, "1234.50"),
        (1405.0, {"digits": "persian"}, "۱٬۴۰۵"),  # noqa: RUF001  Persian digits
        (-0.4, {}, "0"),
        (-12.0, {}, "\u221212"),
    ],
)
def test_counters_write_numbers_as_their_language_does(value: float, fields: Any, shown: str) -> None:
    layer = CounterLayer.model_validate({"type": "counter", "box": [0, 0, 1, 1], "to_value": 1.0, **fields})
    assert number(value, layer) == shown


@pytest.fixture
def picture(tmp_path: Path) -> dict[str, Path]:
    return {PHOTO: photo(tmp_path / "photo.png")}


def test_cover_fills_the_box_and_keeps_the_focus(picture: dict[str, Path]) -> None:
    layer = {"type": "image", "asset": PHOTO, "box": [0, 0, 100, 100]}
    left = frame(composition({**layer, "focus": [0, 0.5]}), 0, picture)
    right = frame(composition({**layer, "focus": [1, 0.5]}), 0, picture)
    assert tuple(left[50, 50, :3]) == (0, 0, 255)
    assert tuple(right[50, 50, :3]) == (255, 0, 0)
    assert tuple(left[50, 110, :3]) == (0, 0, 0)


def test_contain_shows_all_of_a_picture(picture: dict[str, Path]) -> None:
    shown = frame(composition({"type": "image", "asset": PHOTO, "box": [0, 0, 100, 100], "fit": "contain"}), 0, picture)
    assert ink(shown) == (0, 25, 100, 75)
    assert tuple(shown[50, 25, :3]) == (0, 0, 255)
    assert tuple(shown[50, 75, :3]) == (255, 0, 0)


def test_ken_burns_zooms_into_its_focus(picture: dict[str, Path]) -> None:
    move = {"start": {"zoom": 1}, "end": {"zoom": 4, "focus": [0.25, 0.5]}}
    made = composition({"type": "image", "asset": PHOTO, "ken_burns": move})
    assert (frame(made, 0, picture)[90, 300, :3] == (255, 0, 0)).all()
    assert (frame(made, 39, picture)[90, 300, :3] == (0, 0, 255)).all()


def test_a_radius_cuts_the_corners(picture: dict[str, Path]) -> None:
    shown = frame(composition({"type": "image", "asset": PHOTO, "box": [0, 0, 100, 100], "radius": 50}), 0, picture)
    assert tuple(shown[2, 2, :3]) == (0, 0, 0)
    assert shown[50, 2, :3].any()


def test_a_missing_picture_is_an_error() -> None:
    with pytest.raises(AssetUnreadable):
        frame(composition({"type": "image", "asset": PHOTO}))


def grey(pixels: Any) -> int:
    """Which frame of the test video a picture is."""
    return round((float(pixels[24, 32, 1]) - 20) / 5)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [0, 10, 39]),
        ({"trim_start": 0.5}, [10, 20, 39]),
        ({"speed": 2}, [0, 20, 39]),
        ({"trim_end": 0.5, "loop": True}, [0, 0, 9]),
        ({"trim_end": 0.5}, [0, 9, 9]),
    ],
)
def test_video_shows_the_frame_of_its_time(fields: Any, expected: list[int], tmp_path: Path) -> None:
    assets = {VIDEO: video(tmp_path / "video.mp4")}
    made = composition({"type": "video", "asset": VIDEO, **fields})
    assert [grey(frame(made, index, assets)) for index in (0, 10, 39)] == expected


def test_video_frames_come_in_any_order(tmp_path: Path) -> None:
    reader = VideoReader(video(tmp_path / "video.mp4"), lambda width, height: (width, height))
    assert reader.duration == pytest.approx(2.0)
    for index in (30, 3, 4, 39, 0):
        assert grey(reader.frame(index / 20).toarray()) == index
