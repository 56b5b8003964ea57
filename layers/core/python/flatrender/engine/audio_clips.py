"""Which sounds a composition plays, and when, as stretches of files: its tracks, and the sound of its video layers."""

from dataclasses import dataclass

from flatrender.composition import heard
from flatrender.composition.audio import AudioTrack, Duck, Role
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
    return [_clip(sound) for sound in heard.sounds(composition)]


def _clip(sound: heard.Sound) -> Clip:
    part, track = sound.part, sound.part if isinstance(sound.part, AudioTrack) else None
    return Clip(
        asset=part.asset,
        start=sound.start,
        until=sound.until,
        trim_start=part.trim_start,
        trim_end=part.trim_end,
        speed=1.0 if isinstance(part, AudioTrack) else part.speed,
        loop=part.loop,
        fade_in=track.fade_in if track else 0.0,
        fade_out=track.fade_out if track else 0.0,
        volume=Track(sound.volume),
        optional=track is None,
        role=part.role if isinstance(part, AudioTrack) else part.audio_role,
        duck=part.duck,
    )
