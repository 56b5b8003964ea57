"""Output profiles: into how many pixels, and how, a composition is encoded."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from flatrender.composition.schemas import Composition

type Resolution = Literal["source", "360p", "480p", "720p", "1080p", "1440p", "2160p"]
type Quality = Literal["draft", "standard", "high"]

SHORT_SIDE: Final = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160}
RATE: Final = {"draft": (26, "ultrafast"), "standard": (20, "veryfast"), "high": (17, "medium")}


class Profile(BaseModel):
    """Size in pixels (even), whole frames per second, and the encoder's settings; the same in every chunk of a job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int
    height: int
    fps: int
    crf: int = 20
    preset: str = "veryfast"
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    audio_rate: int = 48_000
    audio_bitrate: int = 160_000

    def frame_count(self, duration: float) -> int:
        """Frames that `duration` seconds take; at least one."""
        return max(1, round(duration * self.fps))


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def profile(composition: Composition, resolution: Resolution = "source", quality: Quality = "standard") -> Profile:
    """The profile of a resolution, counted along the shorter side of the canvas, and a quality."""
    canvas = composition.canvas
    scale = SHORT_SIDE[resolution] / min(canvas.width, canvas.height) if resolution != "source" else 1.0
    crf, preset = RATE[quality]
    return Profile(
        width=_even(canvas.width * scale), height=_even(canvas.height * scale), fps=canvas.fps, crf=crf, preset=preset
    )
