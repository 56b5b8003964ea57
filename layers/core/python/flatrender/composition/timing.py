"""Time within groups and compositions: stretched, reversed, repeated, or remapped by keyframes."""

from typing import Annotated, Literal

from pydantic import Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.values import Animated, Expression, Keyframes, Seconds, Strict

AnimatedSeconds = Annotated[
    Annotated[Seconds, Tag("=constant")]
    | Annotated[Keyframes[Seconds], Tag("=keyframes")]
    | Annotated[Expression[Seconds], Tag("=expression")],
    Animated,
]
_SHORTEST = limits.MIN_LOOP


class TimeMap(Strict):
    """How the own time of a group runs, which starts at 0 where the group starts.

    `speed` 2 is twice as fast, `reverse` runs back from the end. `period` is how many seconds of its own time there
    are: by default a composition's duration, or as many as the group takes to play. `loop` plays them again and again,
    `count` times at most (`ping-pong` there and back each time), and then rests on the last. `remap` says instead
    which second is seen at each moment: keyframes, or a constant that freezes one.
    """

    speed: Annotated[float, Field(ge=0.05, le=20)] = 1.0
    reverse: bool = False
    period: Annotated[float, Field(ge=_SHORTEST, le=limits.MAX_DURATION)] | None = None
    loop: Literal["none", "cycle", "ping-pong"] = "none"
    count: Annotated[int, Field(ge=1, le=10_000)] | None = None
    remap: AnimatedSeconds | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "TimeMap":
        # By value, not by what was given: a composition that is written down and read again names its defaults.
        ordinary = (self.speed, self.reverse, self.loop, self.count) == (1.0, False, "none", None)
        if self.remap is not None and not ordinary:
            raise PydanticCustomError("time_map", "has 'remap', which leaves no room for speed, reverse, loop or count")
        if self.loop == "none" and self.count is not None:
            raise PydanticCustomError("time_map", "has 'count' without 'loop'")
        return self

    def own(self, life: float, period: float | None) -> float:
        """How many seconds of its own a group has that is seen for `life` seconds; `period` is its composition's."""
        if self.period is not None or period is not None:
            return min(self.period or limits.MAX_DURATION, period or limits.MAX_DURATION)
        if isinstance(self.remap, Keyframes):
            return max(life, *(float(keyframe.value) for keyframe in self.remap.keyframes)) + _SHORTEST
        if self.remap is not None:
            return max(life, self.remap if isinstance(self.remap, float) else limits.MAX_DURATION) + _SHORTEST
        return life * self.speed
