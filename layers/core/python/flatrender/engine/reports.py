"""What each step of a render says about what it made. Reports travel through the pipeline as JSON files."""

import base64
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from flatrender.composition.outputs import Codec, FormatName
from flatrender.engine.outputs.boxes import Pieces

if TYPE_CHECKING:  # reports are read where no numpy is
    from flatrender.engine.frames import Image


class FrameStatistics(BaseModel):
    """How each frame was meant to look, in about 23 bytes a frame.

    `grids`: base64 of frames x 16 luma means (limited range, 16 is black); `changed`: "1" where the frame differs from
    the one before it, else "0". The first frame of a chunk counts as changed. `alphas`: like `grids`, the means of what
    is opaque (255) and transparent (0); None where there is no transparency.
    """

    model_config = ConfigDict(frozen=True)

    grids: str
    changed: str
    alphas: str | None = None

    @classmethod
    def of(cls, grids: Sequence[bytes], changed: Sequence[bool], alphas: Sequence[bytes] | None = None) -> Self:
        flags = "".join("01"[flag] for flag in changed)
        return cls(grids=_packed(grids), changed=flags, alphas=None if alphas is None else _packed(alphas))

    @classmethod
    def concatenate(cls, parts: Iterable["FrameStatistics"]) -> Self:
        grids, alphas, changed = bytearray(), bytearray(), []
        for part in parts:
            grids += base64.b64decode(part.grids)
            alphas += base64.b64decode(part.alphas or "")
            changed.append(part.changed)
        seen = base64.b64encode(alphas).decode("ascii") if alphas else None
        return cls(grids=base64.b64encode(grids).decode("ascii"), changed="".join(changed), alphas=seen)

    def table(self) -> "Image":
        """Frames x 16, uint8."""
        return _table(self.grids)

    def alpha_table(self) -> "Image | None":
        """Frames x 16, uint8."""
        return _table(self.alphas) if self.alphas else None


def _packed(grids: Sequence[bytes]) -> str:
    return base64.b64encode(b"".join(grids)).decode("ascii")


def _table(packed: str) -> "Image":
    import numpy as np

    from flatrender.engine.frames import GRID

    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(-1, GRID * GRID)


class ChunkReport(BaseModel):
    """One encoded chunk. Times in seconds; drawing and encoding run side by side, so they do not add up.

    Of a segment of a stream, `header_bytes` precede its one fragment, and `codec_name` is what playlists call it.
    """

    model_config = ConfigDict(frozen=True)

    first_frame: int
    frames: int
    duration: float
    width: int
    height: int
    draw_seconds: float
    convert_seconds: float
    encode_seconds: float
    wall_seconds: float
    fps: float
    size_bytes: int
    statistics: FrameStatistics
    codec: Codec = "h264"
    header_bytes: int = 0
    codec_name: str = ""


class AudioReport(BaseModel):
    """The encoded soundtrack.

    `levels`: RMS of each tenth of a second in dBFS, -120 for silence; `peak`: largest sample after limiting, 0 to 1.
    Where a loudness was asked for, `loudness` (LUFS) and `true_peak` (1 is full scale) are what the encoded file has.
    """

    model_config = ConfigDict(frozen=True)

    samples: int
    sample_rate: int
    channels: int
    duration: float
    peak: float
    size_bytes: int
    levels: list[float]
    loudness: float | None = None
    true_peak: float | None = None
    pieces: Pieces | None = None
    """How a player may fetch the sound of a stream piece by piece."""


class Expected(BaseModel):
    """What a finished video must be; made from the reports of its parts."""

    model_config = ConfigDict(frozen=True)

    frames: int
    width: int
    height: int
    fps_numerator: int
    fps_denominator: int = 1
    seams: list[int] = []
    """First frame of each chunk but the first."""
    statistics: FrameStatistics | None = None
    audio: AudioReport | None = None
    form: FormatName = "mp4"
    codec: Codec = "h264"

    @property
    def alpha(self) -> bool:
        return self.statistics is not None and self.statistics.alphas is not None

    @property
    def fps(self) -> Fraction:
        return Fraction(self.fps_numerator, self.fps_denominator)

    @property
    def duration(self) -> float:
        return float(self.frames / self.fps)

    @classmethod
    def of(
        cls,
        chunks: Sequence[ChunkReport],
        audio: AudioReport | None,
        fps: float | Fraction,
        form: FormatName = "mp4",
        first_frame: int = 0,
    ) -> Self:
        """`chunks` in timeline order, from `first_frame` on. Raises ValueError when they leave a gap or overlap."""
        at, seams = first_frame, []
        for chunk in chunks:
            if chunk.first_frame != at:
                raise ValueError(f"chunk at frame {chunk.first_frame} does not follow frame {at - 1}")
            if at > first_frame:
                seams.append(at - first_frame)
            at += chunk.frames
        rate = exact_rate(fps)
        return cls(
            frames=at - first_frame,
            width=chunks[0].width,
            height=chunks[0].height,
            fps_numerator=rate.numerator,
            fps_denominator=rate.denominator,
            seams=seams,
            statistics=FrameStatistics.concatenate(chunk.statistics for chunk in chunks),
            audio=audio,
            form=form,
            codec=chunks[0].codec,
        )


def exact_rate(fps: float | Fraction) -> Fraction:
    """29.97 means 30000/1001: broadcast rates written as decimals get their exact value back."""
    rate = Fraction(fps).limit_denominator(1001)
    for base in (24, 30, 48, 60, 120):
        if abs(rate - Fraction(base * 1000, 1001)) < Fraction(1, 200):
            return Fraction(base * 1000, 1001)
    return rate
