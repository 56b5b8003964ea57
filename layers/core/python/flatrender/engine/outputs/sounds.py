"""What each encoder of sound is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from flatrender.composition.outputs import SoundCodec

SEGMENT_SECONDS: Final = 4
"""Length of the pieces in which a player fetches the sound of a stream."""
SEGMENTS: Final = "delay_moov+default_base_moof+skip_trailer"


class SoundSettings(Protocol):
    """The part of `composition.profiles.Profile` that shapes the soundtrack."""

    @property
    def audio_codec(self) -> SoundCodec | None: ...
    @property
    def audio_bitrate(self) -> int: ...
    @property
    def streaming(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SoundRecipe:
    """An encoder of FFmpeg, its container with options, and bits per second (0 where there is no choice)."""

    encoder: str = "aac"
    container: str = "mp4"
    bitrate: int = 160_000
    container_options: Mapping[str, str] = field(default_factory=lambda: {"movflags": "+faststart"})


def sound_recipe(settings: SoundSettings) -> SoundRecipe:
    """How the soundtrack is encoded. Raises ValueError for a silent output."""
    bitrate = settings.audio_bitrate
    match settings.audio_codec:
        case "aac" if settings.streaming:
            pieces = {"movflags": SEGMENTS, "frag_duration": str(SEGMENT_SECONDS * 1_000_000)}
            return SoundRecipe("aac", "mp4", bitrate, pieces)
        case "aac":
            return SoundRecipe("aac", "mp4", bitrate)
        case "opus":
            return SoundRecipe("libopus", "webm", bitrate, {})
        case "mp3":
            return SoundRecipe("libmp3lame", "mp3", bitrate, {})
        case "pcm":
            return SoundRecipe("pcm_s24le", "mov", 0, {})
    raise ValueError("a silent output has no sound to encode")
