"""When a Lottie rests: stretches of time in which nothing in it moves, so that one drawing does for all of them.

Whatever is not sure to rest counts as moving.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final

from flatrender.engine.lottie_check import PRECOMP, Json, Lottie, assets

_MAX_VALUES: Final = 300_000
"""To be looked at, those of nested compositions each time; beyond, looking for rest costs more than it saves."""

type Span = tuple[float, float]
"""Frames in which something moves; a moment, when both are the same."""


def rests(animation: Lottie) -> Callable[[float], float]:
    """A function from frame numbers (from 0 on) to the number of a frame that looks the same."""
    try:
        spans = list(_composition(animation.document["layers"], assets(animation.document), [_MAX_VALUES]))
    except _TooMuch:
        return lambda frame: frame
    # What ends with the start of the file leaves nothing behind.
    moving = _merged([(a - animation.first, b - animation.first) for a, b in spans if b > animation.first])
    starts, ends = [a for a, _ in moving], [b for _, b in moving]

    def same(frame: float) -> float:
        index = bisect_right(starts, frame)
        if index and frame <= ends[index - 1]:
            return frame
        low = ends[index - 1] if index else 0.0
        high = min(starts[index] if index < len(starts) else animation.frames, animation.frames)
        return round((low + high) / 2, 2) if low <= frame < high else frame

    return same


class _TooMuch(Exception):
    """The file is too large to look for rest in it."""


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _composition(layers: list[Json], known: dict[str, Json], left: list[int]) -> Iterator[Span]:
    """What moves in a composition, in its own time. `left` counts down the values that may still be looked at."""
    for layer in layers:
        start, end = _number(layer.get("ip"), 0.0), _number(layer.get("op"), 1e9)
        yield start, start
        yield end, end
        shift, stretch = _number(layer.get("st"), 0.0), _number(layer.get("sr"), 1.0)
        if stretch <= 0 or "tm" in layer or (layer.get("ty") != PRECOMP and stretch != 1):
            yield start, end
            continue
        for a, b in _properties(layer, left):
            # A layer may be the parent of others, or their matte, while it is not seen itself.
            yield a, b
        if layer.get("ty") == PRECOMP:
            inner = _merged(list(_composition(known[str(layer.get("refId"))]["layers"], known, left)))
            spans = [(a * stretch + shift, b * stretch + shift) for a, b in inner]
            ends = [b for _, b in spans]
            for a, b in spans[bisect_left(ends, start) :]:
                if a > end:
                    break
                yield max(a, start), min(b, end)


def _properties(layer: Json, left: list[int]) -> Iterator[Span]:
    """When the values of a layer change."""
    pending: list[Any] = [value for key, value in layer.items() if key != "layers"]
    while pending:
        node = pending.pop()
        frames = node.get("k") if isinstance(node, dict) else None
        left[0] -= 1 + (len(frames) if isinstance(frames, list) else 0)
        if left[0] < 0:
            raise _TooMuch
        if isinstance(node, dict):
            if isinstance(frames, list) and frames and isinstance(frames[0], dict) and "t" in frames[0]:
                yield from _keyframes(frames)
            else:
                pending += node.values()
        elif isinstance(node, list) and node and not isinstance(node[0], (int, float)):
            pending += node


def _keyframes(frames: list[Any]) -> Iterator[Span]:
    for index, frame in enumerate(frames):
        following = frames[index + 1] if index + 1 < len(frames) else None
        if not isinstance(frame, dict):
            yield -1e9, 1e9
            return
        time = _number(frame.get("t"), 0.0)
        yield time, time
        if not isinstance(following, dict) or frame.get("h") == 1:
            continue
        target = frame.get("e", following.get("s"))
        if target != frame.get("s") or target is None or any(any(frame.get(name) or ()) for name in ("to", "ti")):
            yield time, _number(following.get("t"), time)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
