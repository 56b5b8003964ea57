"""The forms a render can be delivered in, and what each may be at most. Plain data, loaded with every request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from flatrender.kernel.faults import Fault

type FormatName = Literal["mp4", "webm", "mov", "gif", "apng", "webp", "png-sequence", "png", "jpeg", "m4a", "mp3"]
type Codec = Literal["h264", "hevc", "av1", "vp9", "prores", "png"]
"""What the pictures of a chunk are stored as; `png` is the lossless one that animations and stills are made from."""
type SoundCodec = Literal["aac", "opus", "mp3", "pcm"]
type Kind = Literal["video", "animation", "sequence", "still", "audio"]


@dataclass(frozen=True, slots=True)
class Format:
    """One form of delivery. The first of `codecs` is the default; `sound` is None for what is silent.

    `max_seconds`, `max_side` (pixels of the longer side), `max_fps` and `max_megapixels` (frames x width x height) are
    limits of the form itself, on top of the plan's: what is made in one piece must fit one machine and its time.
    """

    name: FormatName
    kind: Kind
    suffix: str
    content_type: str
    codecs: tuple[Codec, ...] = ()
    sound: SoundCodec | None = None
    alpha: bool = False
    max_seconds: float | None = None
    max_side: int | None = None
    max_fps: int | None = None
    max_megapixels: int | None = None

    @property
    def file_name(self) -> str:
        """Under which the result is stored: `video.mp4`, `animation.gif`, `frames.zip`, `still.png`, `audio.mp3`."""
        stem = {"sequence": "frames"}.get(self.kind, self.kind)
        return f"{stem}.{self.suffix}"


FORMATS: Final[Mapping[str, Format]] = {
    form.name: form
    for form in (
        Format("mp4", "video", "mp4", "video/mp4", ("h264", "hevc", "av1"), "aac"),
        Format("webm", "video", "webm", "video/webm", ("vp9", "av1"), "opus", alpha=True),
        Format(
            "mov", "video", "mov", "video/quicktime", ("prores",), "pcm", alpha=True, max_seconds=600,
            max_megapixels=24_000,
        ),
        Format(
            "gif", "animation", "gif", "image/gif", ("png",), alpha=True, max_seconds=60, max_side=1080, max_fps=50,
            max_megapixels=500,
        ),
        Format(
            "apng", "animation", "png", "image/apng", ("png",), alpha=True, max_seconds=60, max_side=1080,
            max_megapixels=400,
        ),
        Format(
            "webp", "animation", "webp", "image/webp", ("png",), alpha=True, max_seconds=60, max_side=1080,
            max_megapixels=600,
        ),
        Format("png-sequence", "sequence", "zip", "application/zip", ("png",), alpha=True, max_megapixels=1_500),
        Format("png", "still", "png", "image/png", ("png",), alpha=True),
        Format("jpeg", "still", "jpg", "image/jpeg", ("png",)),
        Format("m4a", "audio", "m4a", "audio/mp4", sound="aac"),
        Format("mp3", "audio", "mp3", "audio/mpeg", sound="mp3"),
    )
}  # fmt: skip

SUFFIXES: Final[Mapping[str, FormatName]] = {
    "mp4": "mp4", "webm": "webm", "mov": "mov", "gif": "gif", "apng": "apng", "webp": "webp", "zip": "png-sequence",
    "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "m4a": "m4a", "mp3": "mp3",
}  # fmt: skip
"""What a file name asks for."""

STREAMED: Final[tuple[Codec, ...]] = ("h264", "hevc")
"""What may be watched while it renders."""

CHUNK_SUFFIX: Final[Mapping[str, str]] = {
    "h264": "mp4", "hevc": "mp4", "av1": "mp4", "vp9": "webm", "prores": "mov", "png": "mov",
}  # fmt: skip
"""The container that a chunk of a codec lies in."""
SOUND_SUFFIX: Final[Mapping[str, str]] = {"aac": "mp4", "opus": "webm", "mp3": "mp3", "pcm": "mov"}
"""The container that a soundtrack lies in."""


def frame_at(at: float | None, duration: float, fps: int) -> int:
    """The frame that is shown `at` seconds (None: in the middle); the last one, when that is past the end."""
    total = max(1, round(duration * fps))
    return min(total - 1, int((duration / 2 if at is None else at) * fps + 1e-6))


def limits(form: Format, *, width: int, height: int, fps: int, frames: int, root: str = "") -> list[Fault]:
    """What of a render is more than its form can hold; pointers lead into the request's `output` below `root`."""
    faults = []
    duration, side = frames / fps, max(width, height)
    megapixels = frames * width * height / 1e6
    if form.max_fps and fps > form.max_fps:
        message = f"{form.name} shows at most {form.max_fps} frames per second; this has {fps}. Set output.fps lower."
        faults.append(Fault(pointer=f"{root}/fps", code="format_fps", message=message))
    if form.max_seconds and duration > form.max_seconds + 1e-6:
        message = f"{form.name} holds at most {form.max_seconds:g} seconds; this lasts {duration:.2f}. Make it shorter."
        faults.append(Fault(pointer=f"{root}/format", code="format_duration", message=message))
    if form.max_side and side > form.max_side:
        message = (
            f"{form.name} may be at most {form.max_side} pixels wide and high; this is {width} x {height}. "
            "Choose a lower output.resolution."
        )
        faults.append(Fault(pointer=f"{root}/resolution", code="format_size", message=message))
    elif form.max_megapixels and megapixels > form.max_megapixels:
        message = (
            f"{form.name} holds at most {form.max_megapixels} million pixels in all frames together; these are "
            f"{megapixels:.0f}. Choose a lower output.resolution or output.fps, or make it shorter."
        )
        faults.append(Fault(pointer=f"{root}/resolution", code="format_pixels", message=message))
    return faults
