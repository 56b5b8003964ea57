"""What is heard: tracks, what each one is to the mix, and how loud the whole becomes."""

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from flatrender.composition import limits
from flatrender.composition.values import AnimatedVolume, AssetId, Seconds, Strict

Role = Literal["music", "speech", "effect"]
"""What a sound is to the mix: others may go down while speech sounds."""

LoudnessName = Literal["youtube", "streaming", "podcast", "broadcast", "atsc"]
TARGETS: Final[dict[LoudnessName, float]] = {
    "youtube": -14.0,
    "streaming": -14.0,
    "podcast": -16.0,
    "broadcast": -23.0,
    "atsc": -24.0,
}
"""LUFS; `broadcast` is EBU R 128, `atsc` ATSC A/85."""


class Duck(Strict):
    """Takes a sound down by `amount_db` while others of the role `by` are louder than `threshold` (dBFS).

    It is down when they begin: the way down takes the `attack` seconds before. Pauses up to `hold` seconds do not
    count; after them it comes back within `release` seconds.
    """

    by: Literal["speech"] = "speech"
    amount_db: Annotated[float, Field(ge=0, le=60)] = 12.0
    attack: Annotated[float, Field(ge=0.005, le=2)] = 0.25
    hold: Annotated[float, Field(ge=0, le=5)] = 0.4
    release: Annotated[float, Field(ge=0.005, le=10)] = 0.6
    threshold: Annotated[float, Field(ge=-80, le=0)] = -40.0


class AudioTrack(Strict):
    """Sound from a file (an audio file, or the sound of a video); `trim_*` are seconds of the source."""

    asset: AssetId
    role: Role = "effect"
    start: Seconds = 0.0
    duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)] | None = None
    trim_start: Seconds = 0.0
    trim_end: Seconds | None = None
    fade_in: Seconds = 0.0
    fade_out: Seconds = 0.0
    volume: AnimatedVolume = 1.0
    loop: bool = False
    duck: Duck | None = None


def _target_tag(value: Any) -> str:
    return "=name" if isinstance(value, str) else "=number"


Target = Annotated[
    Annotated[LoudnessName, Tag("=name")] | Annotated[float, Field(ge=-40, le=-9), Tag("=number")],
    Discriminator(_target_tag),
]


class Loudness(Strict):
    """Brings the whole to an integrated loudness (ITU-R BS.1770), by one gain for all of it, and keeps peaks down.

    `target` is LUFS, or the name of where the video will be shown; no true peak exceeds `true_peak` (dBTP).
    """

    target: Target = "youtube"
    true_peak: Annotated[float, Field(ge=-9, le=-1)] = -1.0

    @property
    def lufs(self) -> float:
        return TARGETS[self.target] if isinstance(self.target, str) else self.target
