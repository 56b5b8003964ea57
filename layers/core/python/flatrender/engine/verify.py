"""Decides whether a finished video is what was ordered. An encoder's exit code proves nothing; the file does.

All packets are read, all sound is decoded, and of the picture the key frames, both sides of the seams between chunks,
the end, and whatever looks suspicious; each is held against the luma grid its frame had when it was drawn.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container.input import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from flatrender.engine.audio import Meter
from flatrender.engine.frames import Image, luma_grid, luma_plane
from flatrender.engine.pictures import Album
from flatrender.engine.reports import AudioReport, Expected
from flatrender.kernel.faults import Fault

CELL_TOLERANCE: Final = 12
"""Luma levels a cell of the grid may differ from what was drawn; compression stays below 4."""
BLACK: Final = 20
"""Mean luma below which a frame is black (16 is pure black in limited range)."""
MAX_CHECKED_KEY_FRAMES: Final = 150
MAX_CHECKED_SEAMS: Final = 16
MAX_FRAME_FAULTS: Final = 8
AUDIBLE: Final = -50.0
LEVEL_TOLERANCE: Final = 6.0
AAC_FRAME: Final = 1024

type AnyPacket = Packet[Any]


def verify(video: Path, expected: Expected, album: Album | None = None) -> list[Fault]:
    """Everything that is wrong with `video`; an empty list means it may be published.

    `album`, if given, collects its pictures on the way. Never raises for a broken file: that is a fault.
    """
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                return [_fault("/video", "missing_picture", "The file has no picture.")]
            check = _Check(container, expected, album)
            check.run()
            return check.faults
    except (av.error.FFmpegError, OSError) as error:
        return [_fault("/video", "unreadable", f"The file cannot be read: {error}")]


def _fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)


class _Check:
    def __init__(self, container: InputContainer, expected: Expected, album: Album | None) -> None:
        self.faults: list[Fault] = []
        self._container, self._expected = container, expected
        self._picture = container.streams.video[0]
        self._sound = container.streams.audio[0] if container.streams.audio else None
        self._frames = _Frames(self._picture, expected, album)
        self._hearing = _Hearing()

    def run(self) -> None:
        self._format()
        streams: list[Stream] = [self._picture, *([self._sound] if self._sound else [])]
        try:
            for packet in self._container.demux(streams):
                if packet.stream.type == "video":
                    self._frames.add(packet)
                else:
                    self._hearing.add(packet)
            self._frames.finish()
        except av.error.FFmpegError as error:
            self._report("/video", "undecodable", f"The file breaks off or is damaged: {error}")
        self.faults += self._frames.faults()
        self.faults += self._hearing.faults(self._expected.audio, self._expected.duration, present=bool(self._sound))

    def _report(self, pointer: str, code: str, message: str) -> None:
        self.faults.append(_fault(pointer, code, message))

    def _format(self) -> None:
        stream, context, expected = self._picture, self._picture.codec_context, self._expected
        if context.name != "h264" or context.pix_fmt != "yuv420p":
            self._report(
                "/video/codec", "wrong_codec", f"Expected h264 yuv420p, found {context.name} {context.pix_fmt}."
            )
        if (stream.width, stream.height) != (expected.width, expected.height):
            wanted, found = f"{expected.width}x{expected.height}", f"{stream.width}x{stream.height}"
            self._report("/video/size", "wrong_size", f"Expected {wanted} pixels, found {found}.")
        if stream.average_rate != expected.fps:
            self._report("/video/fps", "wrong_fps", f"Expected {expected.fps} fps, found {stream.average_rate}.")
        tags = (context.colorspace, context.color_range, context.color_primaries, context.color_trc)
        if tags != (1, 1, 1, 1):
            self._report("/video/color", "wrong_color_tags", f"Expected BT.709 limited range, found {tags}.")
        duration = (self._container.duration or 0) / av.time_base
        if abs(duration - expected.duration) > float(1 / expected.fps):
            self._report(
                "/duration", "wrong_duration", f"Expected {expected.duration:.3f} s, the file lasts {duration:.3f} s."
            )


class _Frames:
    """Follows the video packets, one group of pictures at a time, and decodes what is worth looking at."""

    def __init__(self, stream: VideoStream, expected: Expected, album: Album | None) -> None:
        self._stream, self._expected, self._album = stream, expected, album
        stream.thread_type = "AUTO"
        self._step = float(1 / (expected.fps * stream.time_base))
        self._numbers: list[int] = []
        self._uneven = False
        self._group: list[AnyPacket] = []
        self._stride = expected.frames / MAX_CHECKED_KEY_FRAMES
        self._next_key = 0.0
        self._targets = self._always_looked_at()
        self._table = expected.statistics.table() if expected.statistics else None
        self._last: tuple[int, Image] | None = None
        self._wrong: list[Fault] = []

    def _always_looked_at(self) -> set[int]:
        expected = self._expected
        seams = expected.seams
        every = max(1, -(-len(seams) // MAX_CHECKED_SEAMS))
        targets = {seam - 1 for seam in seams[::every]} | {expected.frames - 1}
        if self._album:
            targets.add(int(self._album.begin(expected.duration) * float(expected.fps) + 1e-6))
        return targets

    def add(self, packet: AnyPacket) -> None:
        if packet.pts is None:  # the demuxer's end mark
            return
        if packet.is_keyframe:
            self._look()
        self._group.append(packet)
        number = packet.pts / self._step
        self._uneven |= abs(number - round(number)) > 0.01
        self._numbers.append(round(number))

    def finish(self) -> None:
        self._look()
        self._decode(None)

    def _look(self) -> None:
        """Decode as much of the group that just ended as is needed."""
        group, self._group = self._group, []
        if not group:
            return
        numbers = self._numbers[-len(group) :]
        wanted = [place for place, number in enumerate(numbers) if number in self._targets]
        until = max(wanted, default=-1) + 1
        if self._suspicious(group, numbers):
            until = len(group)
        if numbers[0] >= self._next_key:
            self._next_key = numbers[0] + self._stride
            until = max(until, 1)
        for packet in group[:until]:
            self._decode(packet)

    def _suspicious(self, group: Sequence[AnyPacket], numbers: Sequence[int]) -> bool:
        """Frames that were meant to move but took next to no bytes."""
        if self._expected.statistics is None or len(group) < 2:
            return False
        changed = self._expected.statistics.changed
        moving = sum(changed[number : number + 1] == "1" for number in numbers[1:])
        size = sum(packet.size for packet in group[1:]) / (len(group) - 1)
        macroblocks = self._expected.width * self._expected.height / 256
        return moving > len(numbers) / 2 and size < macroblocks / 100

    def _decode(self, packet: AnyPacket | None) -> None:
        for frame in self._stream.decode(packet):
            if frame.pts is not None:
                self._judge(round(frame.pts / self._step), frame)

    def _judge(self, number: int, frame: VideoFrame) -> None:
        if self._album:
            self._album.see(float(number / self._expected.fps), frame)
        if self._table is None or not 0 <= number < len(self._table):
            return
        grid = luma_grid(luma_plane(frame))
        wanted = self._table[number]
        if _distance(grid, wanted) > CELL_TOLERANCE and len(self._wrong) < MAX_FRAME_FAULTS:
            self._wrong.append(self._name(number, grid, wanted))
        self._last = number, grid

    def _name(self, number: int, grid: Image, wanted: Image) -> Fault:
        at = f"/video/frames/{number}"
        if grid.mean() < BLACK <= wanted.mean():
            return _fault(at, "black_frame", f"Frame {number} is black, and was not drawn so.")
        if self._last and self._table is not None:
            before, shown = self._last
            if _distance(grid, shown) <= 1 and _distance(wanted, self._table[before]) > CELL_TOLERANCE:
                return _fault(at, "frozen_frame", f"Frame {number} still shows frame {before}.")
        if number in self._expected.seams or number + 1 in self._expected.seams:
            return _fault(at, "broken_seam", f"Frame {number}, where two chunks meet, is not the one that was drawn.")
        return _fault(at, "wrong_frame", f"Frame {number} is not the one that was drawn.")

    def faults(self) -> list[Fault]:
        expected = self._expected.frames
        found = list(self._wrong)
        if len(self._numbers) != expected:
            message = f"Expected {expected} frames, found {len(self._numbers)}."
            found.append(_fault("/video/frames", "wrong_frame_count", message))
        elif self._uneven or sorted(self._numbers) != list(range(expected)):
            found.append(_fault("/video/frames", "uneven_frames", "The frames do not follow each other evenly."))
        return found


def _distance(one: Image, other: Image) -> int:
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max())


class _Hearing:
    """Decodes the sound and measures when it starts, how long it lasts and how loud it is."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._samples = 0
        self._rate = 0
        self._start: float | None = None

    def add(self, packet: AnyPacket) -> None:
        frames = cast("list[AudioFrame]", packet.decode())
        for frame in frames:
            if self._start is None:
                self._start = float(frame.time or 0.0)
            self._rate = frame.sample_rate
            self._samples += frame.samples
            self._meter.add(frame.to_ndarray().astype(np.float32, copy=False))

    def faults(self, expected: AudioReport | None, duration: float, *, present: bool) -> list[Fault]:
        if expected is None:
            if present:
                return [_fault("/audio", "unexpected_sound", "The file has sound, and none was ordered.")]
            return []
        if not self._samples:
            return [_fault("/audio", "missing_sound", "The file has no sound.")]
        if self._rate != expected.sample_rate:
            message = f"Expected {expected.sample_rate} Hz, found {self._rate}."
            return [_fault("/audio/rate", "wrong_sample_rate", message)]
        found = []
        start = self._start or 0.0
        if abs(start) > 0.001:
            found.append(_fault("/audio/start", "out_of_sync", f"The sound starts {start:+.3f} s off the picture."))
        lasts = self._samples / self._rate
        off = max(abs(self._samples - expected.samples), abs(lasts - duration) * self._rate)
        if off > AAC_FRAME:
            message = f"The sound lasts {lasts:.3f} s, the picture {duration:.3f} s."
            found.append(_fault("/audio/duration", "wrong_sound_length", message))
        return found or self._content(expected.levels)

    def _content(self, wanted: Sequence[float]) -> list[Fault]:
        heard = self._meter.levels()
        pairs = [(one, other) for one, other in zip(heard, wanted, strict=False) if max(one, other) > AUDIBLE]
        wrong = sum(abs(max(one, AUDIBLE) - max(other, AUDIBLE)) > LEVEL_TOLERANCE for one, other in pairs)
        if wrong <= max(1, len(pairs) // 10):
            return []
        if max(heard, default=AUDIBLE) <= AUDIBLE:
            return [_fault("/audio", "silent", "The sound is silent, and was not mixed so.")]
        return [_fault("/audio", "wrong_sound", "The sound is not the one that was mixed, or is shifted.")]
