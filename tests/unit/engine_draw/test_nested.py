"""Given compositions within compositions and groups with a time of their own, when they are drawn, then every layer
shows what it shows at that time.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine_draw.scenes import VIDEO, composition, drawn_alike_in_chunks, frame, ink, red, source, video

from flatrender.composition.schemas import Composition
from flatrender.composition.timing import TimeMap
from flatrender.engine import layers_video
from flatrender.engine.layers_video import VideoReader
from flatrender.engine.time_map import OwnTime

WALK = {"x": {"keyframes": [{"time": 0, "value": 0, "easing": "linear"}, {"time": 1, "value": 200}]}}
WALKER = {"type": "solid", "color": "#ff0000", "box": [0, 80, 20, 20], "transform": WALK}


def left(made: Composition, index: int) -> int:
    return ink(frame(made, index))[0]


def group(time: Any) -> Composition:
    return composition({"type": "group", "time": time, "layers": [WALKER]})


@pytest.mark.parametrize(
    ("time", "seen"),
    [
        # Where the walker is after 0, 5, 10, 20 and 30 frames of 50 ms; it takes a second for 200 pixels.
        ({"speed": 0.5}, (0, 25, 50, 100, 150)),
        ({"speed": 2}, (0, 100, 200, 200, 200)),
        ({"period": 1, "reverse": True}, (200, 150, 100, 0, 0)),
        ({"period": 1, "loop": "cycle"}, (0, 50, 100, 0, 100)),
        ({"period": 1, "loop": "cycle", "count": 1}, (0, 50, 100, 200, 200)),
        ({"period": 1, "loop": "ping-pong"}, (0, 50, 100, 200, 100)),
        ({"period": 0.5, "loop": "ping-pong", "count": 1}, (0, 50, 100, 0, 0)),
        ({"period": 1, "loop": "cycle", "reverse": True, "speed": 2}, (200, 100, 200, 200, 200)),
        ({"remap": 0.25}, (50, 50, 50, 50, 50)),
        ({"remap": {"expr": "1 - time / 2"}}, (200, 175, 150, 100, 50)),
        ({"remap": {"keyframes": [{"time": 0, "value": 1, "easing": "linear"}, {"time": 1, "value": 0}]}}, None),
    ],
)
def test_a_group_runs_in_its_own_time(time: Any, seen: tuple[int, ...] | None) -> None:
    made = group(time)
    expected = seen or (200, 150, 100, 0, 0)
    shown = [left(made, index) for index in (0, 5, 10, 20, 30)]
    assert np.allclose(shown, expected, atol=1)


def test_a_group_that_stands_still_rests() -> None:
    running = source(group({"remap": 0.25}))
    assert running.draw(0)
    assert not running.draw(1)


def test_frames_of_a_loop_are_the_same_alone_and_in_sequence() -> None:
    made = group({"period": 0.7, "loop": "ping-pong", "speed": 1.3})
    running = source(made)
    for index in range(34):
        running.draw(index)
    assert np.array_equal(running.buffer, frame(made, 33))


def test_a_loop_has_no_gap_at_its_seam() -> None:
    own = OwnTime(TimeMap(loop="cycle", period=0.1), 0.1)
    assert own.at(3 * 0.1) == pytest.approx(0, abs=1e-5)
    assert OwnTime(TimeMap(loop="cycle", period=0.1, reverse=True), 0.1).at(0) == pytest.approx(0.1, abs=1e-3)


def test_a_video_played_backwards_shows_the_same_frames_and_seeks_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = video(tmp_path / "video.mp4")
    seeks: list[float] = []
    seek = VideoReader._seek
    monkeypatch.setattr(VideoReader, "_seek", lambda self, time: (seeks.append(time), seek(self, time))[1])
    monkeypatch.setattr(layers_video, "_REMEMBERED", 64 * 48 * 10)
    made = composition(
        {"type": "group", "time": {"reverse": True, "period": 2}, "layers": [{"type": "video", "asset": VIDEO}]}
    )
    running = source(made, {VIDEO: path})
    levels = []
    for index in range(40):
        running.draw(index)
        levels.append(int(running.buffer[90, 160, 1]))
    assert np.allclose(levels, [20 + 5 * (39 if n == 0 else 40 - n) for n in range(40)], atol=3)
    assert len(seeks) <= 8
    assert np.array_equal(running.buffer, frame(made, 39, {VIDEO: path}))


def test_a_video_shows_the_same_frame_at_a_time_in_whatever_order(tmp_path: Path) -> None:
    path = video(tmp_path / "video.mp4")
    rng = np.random.Generator(np.random.PCG64(3))
    steps = np.cumsum(rng.normal(0, 0.08, 400))
    reader = VideoReader(path, lambda width, height: (width, height))
    for time in np.abs((steps + 1) % 4 - 2) * 0.99:
        level = int(reader.frame(float(time)).toarray()[20, 20, 1])
        assert abs(level - (20 + 5 * int((time + 1e-4) * 20))) <= 3


def nested(*layers: Any, **definitions: Any) -> Composition:
    made = composition(*layers, compositions=definitions)
    assert made.faults == []
    return made


def test_a_composition_is_drawn_each_time_it_is_used_in_its_own_time() -> None:
    dot = {"duration": 1, "layers": [WALKER]}
    twice = nested(
        {"type": "composition", "composition": "dot"},
        {"type": "composition", "composition": "dot", "start": 0.5, "transform": {"y": 40}},
        dot=dot,
    )
    shown = red(frame(twice, 15))
    assert shown[90, 151:169].all()
    assert shown[130, 51:69].all()
    # It ends with its own duration, not with the scene.
    assert ink(frame(twice, 25))[1] == 120
    looped = nested({"type": "composition", "composition": "dot", "time": {"loop": "cycle"}}, dot=dot)
    assert left(looped, 25) == left(looped, 5) == 50


def test_a_composition_is_scaled_into_its_box_and_cut_at_its_edge() -> None:
    tile = {"duration": 2, "width": 100, "height": 100, "layers": [{"type": "solid", "color": "#f00"}]}
    assert ink(frame(nested({"type": "composition", "composition": "tile"}, tile=tile))) == (70, 0, 250, 180)
    small = {"type": "composition", "composition": "tile", "box": [10, 20, 50, 50]}
    assert ink(frame(nested(small, tile=tile))) == (10, 20, 60, 70)
    wide = {**tile, "layers": [{"type": "solid", "color": "#f00", "box": [50, 50, 500, 500]}]}
    assert ink(frame(nested(small, tile=wide))) == (35, 45, 60, 70)


def test_a_composition_may_hold_others_and_be_a_matte() -> None:
    dot = {"duration": 2, "width": 100, "height": 100, "layers": [{"type": "shape", "box": [0, 0, 100, 100],
           "geometry": {"type": "ellipse"}, "fill": "#fff"}]}  # fmt: skip
    pair = {"duration": 2, "width": 200, "height": 100, "layers": [
        {"type": "composition", "composition": "dot", "box": [0, 0, 100, 100]},
        {"type": "composition", "composition": "dot", "box": [100, 0, 100, 100]},
    ]}  # fmt: skip
    use = {"type": "composition", "composition": "pair", "box": [60, 40, 200, 100]}
    made = nested({"type": "solid", "color": "#f00", "matte": {"layer": use}}, dot=dot, pair=pair)
    shown = red(frame(made))
    assert shown[90, 110] == shown[90, 210] == 1
    assert shown[42, 62] == shown[42, 160] == shown[90, 50] == 0


def test_each_placing_draws_what_it_is_given() -> None:
    plate = {"type": "solid", "id": "plate", "color": "#ffffff", "box": [0, 0, 80, 80]}
    walker = {**WALKER, "id": "walker", "box": [0, 30, 20, 20]}

    declared = {"color": {"targets": ["plate/color"]}, "walk": {"targets": ["walker/transform/x"], "default": 5}}
    card = {"duration": 2, "width": 100, "height": 80, "properties": declared, "layers": [plate, walker]}

    def placed(x: float, **given: Any) -> dict[str, Any]:
        return {"type": "composition", "composition": "card", "box": [x, 0, 100, 80], "properties": given}

    made = nested(placed(0), placed(100, color="#0000ff"), placed(200, color="#00ff00", walk=WALK["x"]), card=card)

    def inlined(x: float, color: str, walk: Any) -> dict[str, Any]:
        own = [{**plate, "color": color}, {**walker, "transform": {"x": walk}}]
        return {"type": "group", "box": [x, 0, 100, 80], "clip": True, "layers": own}

    same = composition(inlined(0, "#ffffff", 5), inlined(100, "#0000ff", 5), inlined(200, "#00ff00", WALK["x"]))
    frames = drawn_alike_in_chunks(made, {})
    assert all(np.array_equal(frames[index], frame(same, index)) for index in (0, 7, 20))
    assert frames[7][10, [10, 110, 210], :3].tolist() == [[255, 255, 255], [255, 0, 0], [0, 255, 0]]


def test_a_timeline_stands_for_one_scene() -> None:
    base = {"canvas": {"width": 320, "height": 180, "fps": 20}}
    body = {"duration": 2, "background": "#102030", "layers": [WALKER]}
    one = Composition.model_validate({**base, "timeline": body})
    scene = Composition.model_validate({**base, "scenes": [body]})
    assert one.duration == scene.duration == 2
    assert np.array_equal(frame(one, 13), frame(scene, 13))


def test_expressions_move_layers_by_their_place_and_time() -> None:
    bar = {"type": "solid", "color": "#ff0000", "box": [0, 0, 10, 10]}
    layers = [{**bar, "transform": {"x": {"expr": "index * 40 + time * 20"}, "y": {"expr": "height / 2"}}}] * 3
    shown = red(frame(composition(*layers), 20))
    assert [int(x) for x in np.flatnonzero(shown[95])] == [n + i for n in (20, 60, 100) for i in range(10)]
    assert not shown[85].any()
    made = composition(*layers)
    running = source(made)
    for index in range(21):
        running.draw(index)
    assert np.array_equal(running.buffer, frame(made, 20))
