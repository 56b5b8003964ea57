"""Easings and keyframes: from the format's animated values to numbers and colours at a time."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from flatrender.composition.values import CubicBezier, Easing, Expression, Keyframes, Spring

type Rgba = tuple[float, float, float, float]
type Curve = Callable[[float], float]

_SAMPLES: Final = 120
"""Values of an expression that are looked at to find its largest."""

_BEZIERS: Final = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "ease-in": (0.55, 0.055, 0.675, 0.19),
    "ease-out": (0.215, 0.61, 0.355, 1.0),
    "ease-in-out": (0.645, 0.045, 0.355, 1.0),
}


def _power_in(power: int) -> Curve:
    return lambda p: p**power


def _out(curve: Curve) -> Curve:
    return lambda p: 1 - curve(1 - p)


def _in_out(curve: Curve) -> Curve:
    return lambda p: curve(2 * p) / 2 if p < 0.5 else 1 - curve(2 - 2 * p) / 2


def _expo_in(p: float) -> float:
    return (math.exp2(10 * p - 10) - math.exp2(-10)) / (1 - math.exp2(-10))


def _back_in(p: float) -> float:
    return p * p * (2.70158 * p - 1.70158)


def _elastic_out(p: float) -> float:
    if p in (0.0, 1.0):
        return p
    return math.exp2(-10 * p) * math.sin((p * 10 - 0.75) * 2 * math.pi / 3) + 1


def _bounce_out(p: float) -> float:
    for edge, offset, floor in ((1 / 2.75, 0.0, 0.0), (2 / 2.75, 1.5, 0.75), (2.5 / 2.75, 2.25, 0.9375)):
        if p < edge:
            return 7.5625 * (p - offset / 2.75) ** 2 + floor
    return 7.5625 * (p - 2.625 / 2.75) ** 2 + 0.984375


@lru_cache(maxsize=256)
def bezier(x1: float, y1: float, x2: float, y2: float) -> Curve:
    """The CSS cubic-bezier through (0, 0), (x1, y1), (x2, y2), (1, 1)."""

    def along(a: float, b: float, s: float) -> float:
        return ((1 - 3 * b + 3 * a) * s + (3 * b - 6 * a)) * s * s + 3 * a * s

    def curve(p: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(24):
            middle = (low + high) / 2
            if along(x1, x2, middle) < p:
                low = middle
            else:
                high = middle
        return along(y1, y2, (low + high) / 2)

    return curve


@lru_cache(maxsize=64)
def spring(stiffness: float, damping: float, mass: float) -> Curve:
    """A damped spring from rest; time is scaled so that it has settled to a thousandth at p = 1."""
    natural = math.sqrt(stiffness / mass)
    ratio = damping / (2 * math.sqrt(stiffness * mass))
    if ratio < 1:
        wave = natural * math.sqrt(1 - ratio * ratio)

        def response(t: float) -> float:
            swing = math.cos(wave * t) + ratio * natural / wave * math.sin(wave * t)
            return 1 - math.exp(-ratio * natural * t) * swing

        settled = math.log(1000) / (ratio * natural)
    else:

        def response(t: float) -> float:
            return 1 - math.exp(-natural * t) * (1 + natural * t)

        settled = 9.2 / natural

    def curve(p: float) -> float:
        return response(p * settled) + p * (1 - response(settled))

    return curve


_CURVES: Final[Mapping[str, Curve]] = {
    "linear": lambda p: p,
    "hold": lambda p: 0.0 if p < 1 else 1.0,
    "ease-in-quad": _power_in(2),
    "ease-out-quad": _out(_power_in(2)),
    "ease-in-out-quad": _in_out(_power_in(2)),
    "ease-in-quint": _power_in(5),
    "ease-out-quint": _out(_power_in(5)),
    "ease-in-out-quint": _in_out(_power_in(5)),
    "ease-in-expo": _expo_in,
    "ease-out-expo": _out(_expo_in),
    "ease-in-out-expo": _in_out(_expo_in),
    "ease-in-back": _back_in,
    "ease-out-back": _out(_back_in),
    "ease-in-out-back": _in_out(_back_in),
    "ease-out-bounce": _bounce_out,
    "ease-out-elastic": _elastic_out,
    "spring": spring(170, 18, 1),
} | {name: bezier(*points) for name, points in _BEZIERS.items()}


def curve(easing: Easing) -> Curve:
    """The function 0…1 → progress of an easing; progress may leave 0…1 in between, and is exactly 0 and 1 at the
    ends.
    """
    if isinstance(easing, CubicBezier):
        inner = bezier(*easing.points)
    elif isinstance(easing, Spring):
        inner = spring(easing.stiffness, easing.damping, easing.mass)
    else:
        inner = _CURVES[easing]
    return lambda p: 0.0 if p <= 0 else 1.0 if p >= 1 else inner(p)


class _Steps:
    """Where in its keyframes an animated value is: between which two, and how far."""

    def __init__(self, value: Keyframes[Any]) -> None:
        self.times = [keyframe.time for keyframe in value.keyframes]
        self.curves = [curve(keyframe.easing) for keyframe in value.keyframes]
        self._loop = value.loop

    def at(self, t: float) -> tuple[int, float]:
        """(index of the keyframe before, eased way to the next); the way is 0 outside of them."""
        times = self.times
        if t >= times[-1]:
            t = self._repeated(t)
        if t <= times[0]:
            return 0, 0.0
        if t >= times[-1]:
            return len(times) - 1, 0.0
        i = bisect_right(times, t) - 1
        return i, self.curves[i]((t - times[i]) / (times[i + 1] - times[i]))

    def _repeated(self, t: float) -> float:
        """The time within the keyframes that is seen after the last one."""
        first, length = self.times[0], self.times[-1] - self.times[0]
        if self._loop == "none" or length <= 0:
            return self.times[-1]
        past = (t - first) % (length if self._loop == "cycle" else 2 * length)
        return first + (past if past <= length else 2 * length - past)


class Track:
    """A number over time: `at(t)` with t in seconds from the start of the layer."""

    def __init__(self, value: float | Keyframes[float] | Expression[float]) -> None:
        self._expression: Expression[float] | None = None
        self._steps: _Steps | None = None
        if isinstance(value, Keyframes):
            self._steps = _Steps(value)
            self.values = [float(keyframe.value) for keyframe in value.keyframes]
        elif isinstance(value, Expression):
            self._expression = value if value.moves else None
            self.values = [value.at(0.0)]
        else:
            self.values = [float(value)]
        self.computed = self._expression is not None
        """Whether it is a formula of the time."""
        self.constant = len(set(self.values)) == 1 and not self.computed

    def at(self, t: float) -> float:
        if self._expression is not None:
            return self._expression.at(t)
        if self.constant or self._steps is None:
            return self.values[0]
        i, progress = self._steps.at(t)
        return self.values[i] + (self.values[i + 1] - self.values[i]) * progress if progress else self.values[i]

    def peak(self) -> float:
        """The largest value it may take, with room for easings that overshoot."""
        values = self.values
        if self._expression is not None:
            life = self._expression.scope.duration
            values = [self._expression.at(life * n / _SAMPLES) for n in range(_SAMPLES + 1)]
        top, low = max(values), min(values)
        return top if self.constant else top + 0.1 * (top - low)


class ColorTrack:
    """A colour over time, as (r, g, b, a) in 0…1; `parse` turns the format's colour strings into that."""

    def __init__(self, value: str | Keyframes[str], parse: Callable[[str], Rgba]) -> None:
        self._steps: _Steps | None = None
        if isinstance(value, Keyframes):
            self._steps = _Steps(value)
            self.colors = [parse(keyframe.value) for keyframe in value.keyframes]
        else:
            self.colors = [parse(value)]
        self.constant = len(set(self.colors)) == 1

    def at(self, t: float) -> Rgba:
        if self.constant or self._steps is None:
            return self.colors[0]
        i, progress = self._steps.at(t)
        if not progress:
            return self.colors[i]
        r, g, b, a = (
            min(1.0, max(0.0, x + (y - x) * progress)) for x, y in zip(self.colors[i], self.colors[i + 1], strict=True)
        )
        return r, g, b, a
