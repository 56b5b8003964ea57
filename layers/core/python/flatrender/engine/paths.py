"""Paths of the format as skia paths, also while one flows into another."""

from typing import Final

import skia

from flatrender.composition import paths
from flatrender.composition.paths import Segment
from flatrender.composition.values import Keyframe, Keyframes
from flatrender.engine.easing import Track

_OVERSHOOT: Final = 0.3
"""How far beyond its keyframes an easing may take a path, as a fraction of its extent."""

type Edges = tuple[float, float, float, float]


class PathTrack:
    """A path over time, in the coordinates of its view box."""

    def __init__(self, data: str | Keyframes[str]) -> None:
        steps = data.keyframes if isinstance(data, Keyframes) else []
        self._forms = [paths.parse(step.value) for step in steps] or [paths.parse(str(data))]
        self._way: Track | None = None
        if isinstance(data, Keyframes) and len(self._forms) > 1:
            # The number of the keyframe as a track: 1.5 is half way from the second to the third.
            numbered = [Keyframe[float](time=s.time, value=float(n), easing=s.easing) for n, s in enumerate(steps)]
            self._way = Track(Keyframes[float].model_construct(keyframes=numbered, loop=data.loop))
        self._made: tuple[float, skia.Path] | None = None

    @property
    def constant(self) -> bool:
        return self._way is None

    def state(self, t: float) -> float:
        """Equal for two times at which the path is the same."""
        return self._way.at(t) if self._way is not None else 0.0

    def at(self, t: float) -> skia.Path:
        way = self.state(t)
        if self._made is None or self._made[0] != way:
            self._made = (way, built(self._between(way)))
        return self._made[1]

    def _between(self, way: float) -> list[Segment]:
        first = min(max(0, int(way)), max(0, len(self._forms) - 2))
        if way == first:
            return self._forms[first]
        p, pairs = way - first, zip(self._forms[first], self._forms[first + 1], strict=True)
        return [
            (name, tuple(x if x == y else x + (y - x) * p for x, y in zip(a, b, strict=True)))
            for (name, a), (_, b) in pairs
        ]

    def bounds(self) -> Edges:
        """The edges that the path keeps within at all times."""
        boxes = [built(form).getBounds() for form in self._forms]
        left, top = min(box.left() for box in boxes), min(box.top() for box in boxes)
        right, bottom = max(box.right() for box in boxes), max(box.bottom() for box in boxes)
        if self.constant:
            return left, top, right, bottom
        dx, dy = _OVERSHOOT * (right - left), _OVERSHOOT * (bottom - top)
        return left - dx, top - dy, right + dx, bottom + dy


def built(segments: list[Segment]) -> skia.Path:
    """Segments as a skia path."""
    path = skia.Path()
    for name, numbers in segments:
        match name:
            case "M":
                path.moveTo(*numbers)
            case "L":
                path.lineTo(*numbers)
            case "C":
                path.cubicTo(*numbers)
            case "Q":
                path.quadTo(*numbers)
            case "A":
                rx, ry, rotation, large, sweep, x, y = numbers
                size = skia.Path.ArcSize.kLarge_ArcSize if large else skia.Path.ArcSize.kSmall_ArcSize
                turn = skia.PathDirection.kCW if sweep else skia.PathDirection.kCCW
                path.arcTo(rx, ry, rotation, size, turn, x, y)
            case _:
                path.close()
    return path
