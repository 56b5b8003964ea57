"""Which sounds a composition plays, and when: its tracks, and the sound of its video layers.

One answer for the key of the sound and for the mix, so that whatever changes what is heard changes the key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flatrender.composition import timeline
from flatrender.composition.audio import AudioTrack
from flatrender.composition.expressions import Scope
from flatrender.composition.layers import GroupLayer, Layer, VideoLayer
from flatrender.composition.nested import UsedComposition
from flatrender.composition.schemas import Composition
from flatrender.composition.scopes import bound
from flatrender.composition.values import Expression, Keyframes


@dataclass(frozen=True, slots=True)
class Sound:
    """A track or a video layer, heard from `start` until `until` (seconds of the whole) at the latest.

    `volume` is that of its `part`, an expression tied to what it knows: the life of the track or layer, its place
    among its siblings, and the size of what holds it (for a track: of the canvas).
    """

    part: AudioTrack | VideoLayer
    start: float
    until: float
    volume: float | Keyframes[float] | Expression[float]

    @property
    def scope(self) -> Scope | None:
        """What its volume depends on beside what `part` says."""
        return self.volume.scope if isinstance(self.volume, Expression) else None


def sounds(composition: Composition) -> list[Sound]:
    """Everything that may be audible, in no particular order: what lasts and is not silent throughout."""
    end, canvas = composition.duration, composition.canvas
    size = (float(canvas.width), float(canvas.height))
    found = [_track(track, index, end, size) for index, track in enumerate(composition.audio)]
    for placed in timeline.scenes(composition):
        found += _layers(placed.scene.layers, (placed.start, placed.end), placed.end, size)
    found += _layers(composition.overlays, (0.0, end), end, size)
    return [sound for sound in found if sound.until > sound.start and not _silent(sound.volume)]


def _track(track: AudioTrack, index: int, end: float, size: tuple[float, float]) -> Sound:
    until = end if track.duration is None else min(end, track.start + track.duration)
    scope = Scope(max(0.0, until - track.start), index, *size)
    return Sound(track, track.start, until, bound(track, scope).volume)


def _layers(
    layers: Sequence[Layer], within: tuple[float, float], limit: float, size: tuple[float, float]
) -> Iterator[Sound]:
    """`limit`: when what holds the layers is over, however long they last themselves."""
    for index, layer in enumerate(layers):
        begin, end = timeline.span(layer, *within)
        if isinstance(layer, GroupLayer):
            # In a time of its own that may run backwards or stand still, videos are silent.
            if layer.time is None:
                times = timeline.inner(layer, begin, end)
                yield from _layers(layer.layers, times, min(limit, end), _size(layer, size))
        elif isinstance(layer, VideoLayer):
            scope = Scope(max(0.0, end - begin), index, *size)
            yield Sound(layer, begin, min(limit, end), bound(layer, scope).volume)


def _size(group: GroupLayer, size: tuple[float, float]) -> tuple[float, float]:
    if isinstance(group, UsedComposition):
        return group.size
    return (group.box[2], group.box[3]) if group.box is not None else size


def _silent(volume: float | Keyframes[float] | Expression[float]) -> bool:
    if isinstance(volume, Keyframes):
        return all(keyframe.value == 0 for keyframe in volume.keyframes)
    if isinstance(volume, Expression):
        return not volume.moves and volume.at(0.0) == 0
    return volume == 0
