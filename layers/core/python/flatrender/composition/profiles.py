"""Output profiles: into how many pixels, and how, a composition is encoded."""

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from flatrender.composition import transparency
from flatrender.composition.outputs import FORMATS, Codec, FormatName, SoundCodec
from flatrender.composition.schemas import Composition

type Resolution = Literal["source", "360p", "480p", "720p", "1080p", "1440p", "2160p"]
type Quality = Literal["draft", "standard", "high"]

SHORT_SIDE: Final = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160}

RATE: Final[Mapping[Codec, Mapping[Quality, tuple[int, str]]]] = {
    "h264": {"draft": (26, "ultrafast"), "standard": (20, "veryfast"), "high": (17, "medium")},
    "hevc": {"draft": (30, "ultrafast"), "standard": (24, "veryfast"), "high": (20, "fast")},
    "av1": {"draft": (45, "12"), "standard": (33, "10"), "high": (25, "8")},
    "vp9": {"draft": (40, "8"), "standard": (31, "6"), "high": (24, "4")},
    "prores": {"draft": (16, "4444"), "standard": (9, "4444"), "high": (4, "4444")},
    "png": {"draft": (0, "3"), "standard": (0, "3"), "high": (0, "3")},
}
"""Constant rate factor (quantiser scale for ProRes) and preset (effort) of each codec; `docs/guide/outputs.md`."""

SOUND_RATE: Final[Mapping[SoundCodec, Mapping[Quality, int]]] = {
    "aac": {"draft": 96_000, "standard": 160_000, "high": 256_000},
    "opus": {"draft": 96_000, "standard": 128_000, "high": 192_000},
    "mp3": {"draft": 128_000, "standard": 192_000, "high": 320_000},
    "pcm": {"draft": 0, "standard": 0, "high": 0},
}
"""Bits per second; PCM has no choice."""

BLACK: Final = "#000000"


class Profile(BaseModel):
    """Size in pixels (even), whole frames per second, and the encoder's settings; the same in every chunk of a job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int
    height: int
    fps: int
    crf: int = 20
    preset: str = "veryfast"
    codec: Codec = "h264"
    alpha: bool = False
    """Transparent where the composition is; else all of it lies on `ground`."""
    ground: str = BLACK
    streaming: bool = False
    """Chunks are segments of a stream as well: fragmented, at their time, without frames out of order."""
    device: str = "cpu"
    """The class of devices that draws and encodes (`engine.gpu.devices`); one class makes all chunks of a job."""
    audio_codec: SoundCodec | None = "aac"
    """None: the output is silent."""
    audio_rate: int = 48_000
    audio_bitrate: int = 160_000

    def frame_count(self, duration: float) -> int:
        """Frames that `duration` seconds take; at least one."""
        return max(1, round(duration * self.fps))


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def profile(
    composition: Composition,
    resolution: Resolution = "source",
    quality: Quality = "standard",
    *,
    output: FormatName = "mp4",
    codec: Codec | None = None,
    streaming: bool = False,
    ground: str = BLACK,
) -> Profile:
    """The profile of a resolution, counted along the shorter side of the canvas, a quality and a form of delivery.

    `ground` is what lies behind a transparent composition where the form has no alpha.
    """
    canvas, form = composition.canvas, FORMATS[output]
    scale = SHORT_SIDE[resolution] / min(canvas.width, canvas.height) if resolution != "source" else 1.0
    chosen = codec or (form.codecs[0] if form.codecs else "png")
    crf, preset = RATE[chosen][quality]
    clear = transparency.transparent(composition)
    alpha = clear and form.alpha and chosen != "av1"
    return Profile(
        width=_even(canvas.width * scale),
        height=_even(canvas.height * scale),
        fps=canvas.fps,
        crf=crf,
        preset=preset,
        codec=chosen,
        alpha=alpha,
        ground=ground.lower() if clear and not alpha else BLACK,
        streaming=streaming,
        audio_codec=form.sound,
        audio_bitrate=SOUND_RATE[form.sound][quality] if form.sound else 0,
    )
