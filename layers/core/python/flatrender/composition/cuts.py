"""Where a render is cut into chunks: where its picture changes by itself, into pieces of about the same length.

The cuts are a function of the document's times. Words, colours and files move none, and what moves one moves only those
around it: on every fourth piece or so a cut is chosen by what lies near it alone, and between two such the rest is
divided with no regard to what lies outside. So the chunks before and after an edit stay in the cache.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from flatrender.composition import timeline
from flatrender.composition.layers import GroupLayer, Layer
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.values import Keyframes

SHORTEST_AIM: Final = 1.25
"""Seconds. Each chunk opens its files, warms its caches and begins with a whole picture, whatever its length."""
PIECES: Final = 16
"""Short renders are cut finer for the sake of idle workers until there are so many pieces, and no further."""
MOST: Final = 500
"""Pieces aimed at. Bounds keep their number below twice that."""
LARGE: Final = 2 * 1920 * 1080 * 30
"""Pixels per second from which a second is taken for two."""

_STEPS: Final = 8
"""Places per aimed length at which there may be a cut: more would not balance better, and cost time."""
_ANCHORS: Final = 4
"""From one cut that is chosen by itself to the next, in aimed lengths."""
_LONGEST: Final = 1.6
REACH: Final = _ANCHORS + 3
"""Aimed lengths: a change of the document at a frame moves no cut that is further away."""

# What a cut is worth there, in the same unit as a piece that is twice as long as it should be costs 1.
_SCENE: Final = 0.5
_SETTLED: Final = 0.2
_LAYER: Final = 0.25
_CUE: Final = 0.15
_REST: Final = 0.05
_OFF: Final = 0.25
"""What a cut that is chosen by itself loses at the edge of where it is looked for."""


class Bounds(NamedTuple):
    """Frames that a chunk may have, and those it should have."""

    shortest: int
    aim: int
    longest: int


def bounds(aim: int) -> Bounds:
    """Only a render that is shorter as a whole has a chunk that is shorter than these."""
    return Bounds(max(1, aim // 2), aim, max(2, math.ceil(_LONGEST * aim)))


def fitted(seconds: float, profile: Profile, duration: float, workers: int | None) -> float:
    """The length to aim at for a render of `duration` seconds on so many workers, where `seconds` is usual.

    `workers` is None where each chunk waits for a machine of its own: none is made smaller there.

    Halved for large pictures and while workers would be idle, doubled while there would be thousands of pieces: in
    steps of two, so that a document that becomes a little longer keeps its cuts.
    """
    if workers is not None:
        if profile.width * profile.height * profile.fps >= LARGE and seconds >= 2 * SHORTEST_AIM:
            seconds /= 2
        while seconds >= 2 * SHORTEST_AIM and duration / seconds < min(workers, PIECES):
            seconds /= 2
    while duration / seconds > MOST:
        seconds *= 2
    return seconds


def cuts(composition: Composition, fps: int, total: int, seconds: float) -> list[int]:
    """The first frames of the chunks, in order, the first being 0."""
    return divided(changes(composition, fps), total, max(1, round(seconds * fps)))


def changes(composition: Composition, fps: int) -> dict[int, float]:
    """The frames that begin something new, and what it is worth to begin a chunk there."""
    found: dict[int, float] = {}
    for time, worth in _times(composition):
        frame = math.ceil((time - timeline.EPSILON) * fps)
        found[frame] = max(worth, found.get(frame, 0.0))
    return found


def _times(composition: Composition) -> Iterator[tuple[float, float]]:
    for placed in timeline.scenes(composition):
        yield placed.start, _SCENE
        if placed.overlap:
            yield placed.start + placed.overlap, _SETTLED
        yield from _layers(placed.scene.layers, placed.start, placed.end)
    yield from _layers(composition.overlays, 0.0, composition.duration)


def _layers(layers: list[Layer], start: float, end: float) -> Iterator[tuple[float, float]]:
    for layer in layers:
        begin, until = timeline.span(layer, start, end)
        if until <= begin:
            continue
        yield begin, _LAYER
        yield until, _LAYER
        for time in _rests(layer, until - begin):
            yield begin + time, _REST
        if isinstance(layer, CaptionsLayer):
            for cue in layer.cues or ():
                yield begin + cue.start + layer.offset, _CUE
        elif isinstance(layer, GroupLayer) and layer.time is None:
            within = timeline.inner(layer, begin, until)
            yield from ((time, worth) for time, worth in _layers(layer.layers, *within) if time <= until)


def _rests(layer: LayerBase, life: float) -> Iterator[float]:
    """When a layer begins to move and when it has come to rest, in seconds of its own, as far as it is said."""
    if layer.enter is not None:
        yield min(life, layer.enter.duration)
    if layer.exit is not None:
        yield max(0.0, life - layer.exit.duration)
    for time in _keyed(layer):
        if time < life:
            yield time


def _keyed(value: Any) -> Iterator[float]:
    """The first and last time of all keyframes, but for those of the sound and of layers within."""
    if isinstance(value, Keyframes):
        yield value.keyframes[0].time
        if value.loop == "none":
            yield value.keyframes[-1].time
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set - _HELD:
            yield from _keyed(getattr(value, name))
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, BaseModel):
                yield from _keyed(part)


_HELD: Final = frozenset({"layers", "matte", "volume", "cues"})


def divided(worths: Mapping[int, float], total: int, aim: int) -> list[int]:
    """First frames of the pieces of `total` frames, cut where it is worth most.

    Takes time in proportion to `total / aim`, however many places there are.
    """
    bound, places = bounds(aim), _places(worths, total, aim)
    frames, made = list(places), [0]
    for anchor in [*_anchors(frames, places, total, aim), total]:
        inside = frames[bisect_right(frames, made[-1]) : bisect_left(frames, anchor)]
        made += [*_between([made[-1], *inside, anchor], places, bound), anchor]
    return made[:-1]


def _places(worths: Mapping[int, float], total: int, aim: int) -> dict[int, float]:
    """Where there may be a cut: in every step of a fixed grid the worthiest frame, the earliest of equals; in order.

    In a step in which nothing begins that is a multiple of the aim, or the first frame.
    """
    step = max(1, aim // _STEPS)
    best: dict[int, tuple[float, int]] = {}
    for frame, worth in worths.items():
        if 0 < frame < total:
            held = best.get(frame // step)
            if held is None or (worth, -frame) > (held[0], -held[1]):
                best[frame // step] = worth, frame
    found = {}
    for number in range(math.ceil(total / step)):
        worth, frame = best.get(number, (0.0, number * step))
        if number not in best and -frame % aim < step:
            frame += -frame % aim
        if 0 < frame < total:
            found[frame] = worth
    return found


def _anchors(frames: Sequence[int], places: Mapping[int, float], total: int, aim: int) -> list[int]:
    """The cuts that depend on what is within the aimed length around them and on nothing else."""

    def worth(frame: int, center: int) -> float:
        return places[frame] - _OFF * ((frame - center) / aim) ** 2

    found = []
    for center in range(_ANCHORS * aim, total - 2 * aim, _ANCHORS * aim):
        near = frames[bisect_left(frames, center - aim) : bisect_right(frames, center + aim)]
        found.append(max(near, key=lambda frame: worth(frame, center)))
    return found


def _between(inside: Sequence[int], places: Mapping[int, float], bound: Bounds) -> list[int]:
    """The cheapest cuts between the first and the last of these frames.

    A piece costs the square of what it is off the aim, a cut earns what it is worth.
    """
    costs, before = [0.0], [0]
    for place, frame in enumerate(inside[1:], start=1):
        least, chosen = math.inf, 0
        for earlier in range(place - 1, -1, -1):
            length = frame - inside[earlier]
            if length > bound.longest:
                break
            cost = costs[earlier] + ((length - bound.aim) / bound.aim) ** 2
            if length >= bound.shortest and cost < least:
                least, chosen = cost, earlier
        costs.append(least - places.get(frame, 0.0))
        before.append(chosen)
    made, place = [], before[-1]
    while place:
        made.append(inside[place])
        place = before[place]
    return made[::-1]
