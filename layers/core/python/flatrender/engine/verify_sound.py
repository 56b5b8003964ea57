"""Whether the sound of a finished file is the one that was mixed."""

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.packet import Packet

from flatrender.engine.audio import Meter
from flatrender.engine.reports import AudioReport
from flatrender.kernel.faults import Fault

AUDIBLE: Final = -50.0
LEVEL_TOLERANCE: Final = 6.0
AAC_FRAME: Final = 1024
LOUDER: Final = 0.6
"""dB, of half of all tenths of a second. Encoders leave out what is hardly heard, none makes the rest louder: tones,
noise and drums come out 0 to 2 dB lower. What was brought up to the ceiling and is louder still is cut off there.
"""

type AnyPacket = Packet[Any]


def fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)


class Hearing:
    """Decodes the sound and measures when it starts, how long it lasts and how loud it is."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._resampler = AudioResampler(format="fltp")
        self._samples = 0
        self._rate = 0
        self._start: float | None = None
        self.begins = 0.0
        """When the file begins by its own count: an MP3 counts what its encoder needs to get going."""

    def add(self, packet: AnyPacket) -> None:
        for frame in cast("list[AudioFrame]", packet.decode()):
            if self._start is None:
                self._start = float(frame.time or 0.0)
            self._rate = frame.sample_rate
            self._samples += frame.samples
            for heard in [frame] if frame.format.name == "fltp" else self._resampler.resample(frame):
                self._meter.add(heard.to_ndarray().astype(np.float32, copy=False))

    def faults(self, expected: AudioReport | None, duration: float, *, present: bool) -> list[Fault]:
        if expected is None:
            if present:
                return [fault("/audio", "unexpected_sound", "The file has sound, and none was ordered.")]
            return []
        if not self._samples:
            return [fault("/audio", "missing_sound", "The file has no sound.")]
        if self._rate != expected.sample_rate:
            message = f"Expected {expected.sample_rate} Hz, found {self._rate}."
            return [fault("/audio/rate", "wrong_sample_rate", message)]
        found = []
        start = (self._start or 0.0) - self.begins
        if abs(start) > 0.001:
            found.append(fault("/audio/start", "out_of_sync", f"The sound starts {start:+.3f} s off the picture."))
        lasts = self._samples / self._rate
        off = max(abs(self._samples - expected.samples), abs(lasts - duration) * self._rate)
        if off > AAC_FRAME:
            message = f"The sound lasts {lasts:.3f} s, the picture {duration:.3f} s."
            found.append(fault("/audio/duration", "wrong_sound_length", message))
        return found or self._content(expected.levels)

    def _content(self, wanted: Sequence[float]) -> list[Fault]:
        heard = self._meter.levels()
        pairs = [(one, other) for one, other in zip(heard, wanted, strict=False) if max(one, other) > AUDIBLE]
        wrong = sum(abs(max(one, AUDIBLE) - max(other, AUDIBLE)) > LEVEL_TOLERANCE for one, other in pairs)
        if wrong <= max(1, len(pairs) // 10):
            return self._loudness(pairs)
        if max(heard, default=AUDIBLE) <= AUDIBLE:
            return [fault("/audio", "silent", "The sound is silent, and was not mixed so.")]
        return [fault("/audio", "wrong_sound", "The sound is not the one that was mixed, or is shifted.")]

    @staticmethod
    def _loudness(pairs: Sequence[tuple[float, float]]) -> list[Fault]:
        """`pairs` of levels, heard and wanted."""
        louder = float(np.median([one - other for one, other in pairs])) if pairs else 0.0
        if louder <= LOUDER:
            return []
        message = f"The sound is {louder:.1f} dB louder than it was mixed: its peaks are clipped."
        return [fault("/audio", "clipped", message)]
