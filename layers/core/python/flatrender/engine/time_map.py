"""Maps the time at which a group is seen to the time of the layers in it."""

from typing import Final

from flatrender.composition.timing import TimeMap
from flatrender.engine.easing import Track

_LAST: Final = 1e-4
"""Seconds before the end at which the last picture is still seen."""
_SEAM: Final = 1e-6
"""Seconds; added times are off by less where one repetition follows the other."""


class OwnTime:
    """`at(t)`: own time at `t` seconds from the start of a group, of which there are `own` seconds."""

    def __init__(self, time: TimeMap, own: float) -> None:
        self._time, self._own = time, own
        self._remap = Track(time.remap) if time.remap is not None else None

    def at(self, t: float) -> float:
        if self._remap is not None:
            return self._within(self._remap.at(t))
        along = self._repeated(max(0.0, t) * self._time.speed)
        return self._within(self._own - along if self._time.reverse else along)

    def _within(self, t: float) -> float:
        return min(max(0.0, t), max(0.0, self._own - _LAST))

    def _repeated(self, s: float) -> float:
        loop, own = self._time.loop, self._own
        if loop == "none" or own <= 0:
            return s
        unit = own if loop == "cycle" else 2 * own
        if self._time.count is not None and s + _SEAM >= self._time.count * unit:
            return own if loop == "cycle" else 0.0
        past = max(0.0, (s + _SEAM) % unit - _SEAM)
        return past if past <= own else unit - past
