"""Easings start at 0, end at 1, and keyframes hit their values."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatrender.composition.expressions import Scope
from flatrender.composition.values import CubicBezier, EasingName, Expression, Keyframes, Spring
from flatrender.engine.easing import ColorTrack, Track, curve
from flatrender.engine.paints import Palette

NAMES = typing.get_args(EasingName)
OVERSHOOTING = {"ease-in-back", "ease-out-back", "ease-in-out-back", "ease-out-elastic", "spring"}


@pytest.mark.parametrize("name", NAMES)
def test_every_easing_runs_from_nought_to_one(name: typing.Any) -> None:
    along = curve(name)
    assert (along(0), along(1), along(-3), along(7)) == (0, 1, 0, 1)
    if name != "hold":
        assert abs(along(1e-6)) < 0.01
        assert abs(along(1 - 1e-6) - 1) < 0.01
    steps = [along(i / 100) for i in range(101)]
    inside = all(-1e-9 <= value <= 1 + 1e-9 for value in steps)
    assert inside is (name not in OVERSHOOTING)


def test_a_cubic_bezier_is_the_one_of_css() -> None:
    ease = curve(CubicBezier(type="cubic-bezier", points=[0.25, 0.1, 0.25, 1.0]))
    assert ease(0.5) == pytest.approx(0.8024, abs=1e-3)
    assert ease(0.25) == pytest.approx(0.4085, abs=1e-3)


@given(stiffness=st.floats(1, 1000), damping=st.floats(1, 200), mass=st.floats(0.1, 20))
def test_every_spring_ends_on_its_value(stiffness: float, damping: float, mass: float) -> None:
    along = curve(Spring(type="spring", stiffness=stiffness, damping=damping, mass=mass))
    assert along(0.9999999) == pytest.approx(1, abs=1e-3)
    assert all(-0.1 <= along(i / 40) <= 2.1 for i in range(41))


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.floats(-1000, 1000)), min_size=1, max_size=8, unique_by=lambda pair: pair[0]
    )
)
def test_a_track_hits_its_keyframes(pairs: list[tuple[int, float]]) -> None:
    frames = [{"time": time / 10, "value": value} for time, value in sorted(pairs)]
    track = Track(Keyframes[float].model_validate({"keyframes": frames}))
    for keyframe in frames:
        assert track.at(keyframe["time"]) == pytest.approx(keyframe["value"])
    assert track.at(-1) == pytest.approx(frames[0]["value"])
    assert track.at(1e6) == pytest.approx(frames[-1]["value"])


def test_hold_keeps_a_value_until_the_next_keyframe() -> None:
    frames = [{"time": 0.0, "value": 1.0, "easing": "hold"}, {"time": 1.0, "value": 5.0}]
    track = Track(Keyframes[float].model_validate({"keyframes": frames}))
    assert (track.at(0.99), track.at(1.0)) == (1.0, 5.0)


def test_colours_move_between_their_keyframes() -> None:
    frames = [{"time": 0.0, "value": "#000", "easing": "linear"}, {"time": 1.0, "value": "theme:end"}]
    palette = Palette({"end": "#ff000080"})
    track = ColorTrack(Keyframes[str].model_validate({"keyframes": frames}), palette.parse)
    assert track.at(0.5) == pytest.approx((0.5, 0, 0, (1 + 128 / 255) / 2))


@pytest.mark.parametrize(
    ("loop", "expected"), [("none", [0, 5, 10, 10, 10]), ("cycle", [0, 5, 0, 5, 0]), ("ping-pong", [0, 5, 10, 5, 0])]
)
def test_keyframes_repeat_as_their_loop_says(loop: typing.Any, expected: list[float]) -> None:
    steps = [{"time": 1, "value": 0, "easing": "linear"}, {"time": 2, "value": 10}]
    track = Track(Keyframes[float].model_validate({"keyframes": steps, "loop": loop}))
    assert track.at(0) == 0
    assert [track.at(1 + n / 2) for n in range(5)] == pytest.approx(expected)


def test_an_expression_is_a_track_and_rests_unless_it_names_the_time() -> None:
    moving = Expression[float](expr="time * 10").within(Scope(duration=4))
    assert (Track(moving).at(1.5), Track(moving).constant) == (15, False)
    assert Track(moving).peak() >= 40
    resting = Track(Expression[float](expr="index * 10").within(Scope(duration=4, index=3)))
    assert (resting.at(2), resting.constant, resting.peak()) == (30, True, 30)
