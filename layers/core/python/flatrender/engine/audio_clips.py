"""Which sounds a composition plays, and when: its tracks, and the sound of its video layers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flatrender.composition import timeline
from flatrender.composition.audio import AudioTrack, Duck, Role
from flatrender.composition.layers import GroupLayer, Layer, VideoLayer
from flatrender.composition.schemas import Composition
from flatrender.engine.easing import Track


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a file on the timeline. Times in seconds; `trim_*` count in the source, the rest on the timeline.

    `until`: where it ends at the latest. `optional`: a file without sound is silent instead of an error.
    """

    asset: str
    start: float
    until: float
    trim_start: float
    trim_end: float | None
    speed: float
    loop: bool
    fade_in: float
    fade_out: float
    volume: Track
    optional: bool
    role: Role
    duck: Duck | None


def clips(composition: Composition) -> list[Clip]:
    """Everything audible, in no particular order."""
    end = composition.duration
    found = [_track(track, end) for track in composition.audio]
    for placed in timeline.scenes(composition):
        found += _layers(placed.scene.layers, placed.start, placed.end)
    found += _layers(composition.overlays, 0.0, end)
    return [clip for clip in found if clip.until > clip.start and clip.volume.peak() > 0]


def _track(track: AudioTrack, end: float) -> Clip:
    return Clip(
        asset=track.asset,
        start=track.start,
        until=end if track.duration is None else min(end, track.start + track.duration),
        trim_start=track.trim_start,
        trim_end=track.trim_end,
        speed=1.0,
        loop=track.loop,
        fade_in=track.fade_in,
        fade_out=track.fade_out,
        volume=Track(track.volume),
        optional=False,
        role=track.role,
        duck=track.duck,
    )


def _layers(layers: Sequence[Layer], start: float, end: float) -> Iterator[Clip]:
    for layer in layers:
        begin, until = timeline.span(layer, start, end)
        if isinstance(layer, GroupLayer):
            # In a time of its own that may run backwards or stand still, videos are silent.
            if layer.time is None:
                first, last = timeline.inner(layer, begin, until)
                yield from _layers(layer.layers, first, min(last, until))
        elif isinstance(layer, VideoLayer):
            yield Clip(
                asset=layer.asset,
                start=begin,
                until=until,
                trim_start=layer.trim_start,
                trim_end=layer.trim_end,
                speed=layer.speed,
                loop=layer.loop,
                fade_in=0.0,
                fade_out=0.0,
                volume=Track(layer.volume),
                optional=True,
                role=layer.audio_role,
                duck=layer.duck,
            )
