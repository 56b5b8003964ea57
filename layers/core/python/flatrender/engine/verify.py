"""Decides whether a finished video is what was ordered. An encoder's exit code proves nothing; the file does.

All packets are read, all sound is decoded, and of the picture the key frames, both sides of the seams between chunks,
the end, and whatever looks suspicious; each is held against the luma grid its frame had when it was drawn.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.codec.context import CodecContext
from av.container.input import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from flatrender.composition.outputs import FORMATS, Codec
from flatrender.engine.assemble import ALPHA
from flatrender.engine.frames import Image, alpha_grid, frame_grid
from flatrender.engine.outputs import checks
from flatrender.engine.pictures import Album
from flatrender.engine.reports import Expected
from flatrender.engine.verify_sound import Hearing, fault
from flatrender.kernel.faults import Fault

CELL_TOLERANCE: Final = 12
"""Luma levels a cell of the grid may differ from what was drawn; compression stays below 4."""
BLACK: Final = 20
"""Mean luma below which a frame is black (16 is pure black in limited range)."""
MAX_CHECKED_KEY_FRAMES: Final = 150
MAX_CHECKED_SEAMS: Final = 16
MAX_FRAME_FAULTS: Final = 8
PIXELS: Final[Mapping[tuple[Codec, bool], Sequence[str]]] = {
    ("h264", False): ["yuv420p"],
    ("hevc", False): ["yuv420p"],
    ("av1", False): ["yuv420p"],
    ("vp9", False): ["yuv420p"],
    ("vp9", True): ["yuv420p"],  # the decoder that FFmpeg takes by itself does not see its alpha
    ("prores", False): ["yuv444p12le", "yuv444p10le"],
    ("prores", True): ["yuva444p12le", "yuva444p10le"],
}

type AnyPacket = Packet[Any]


def verify(video: Path, expected: Expected, album: Album | None = None) -> list[Fault]:
    """Everything that is wrong with a file of the form `expected.form`; an empty list means it may be published.

    `album`, if given, collects its pictures on the way. Never raises for a broken file: that is a fault.
    """
    kind = FORMATS[expected.form].kind
    try:
        if kind != "video":
            return checks.check(video, expected, album)
        with av.open(str(video)) as container:
            if not container.streams.video:
                return [fault("/video", "missing_picture", "The file has no picture.")]
            # What a truncated header says may be of no known codec at all.
            context: object = container.streams.video[0].codec_context
            if context is None:
                return [fault("/video", "unreadable", "The file does not say what its picture is encoded with.")]
            check = _Check(container, expected, album)
            check.run()
            return check.faults
    except (av.error.FFmpegError, OSError) as error:
        return [fault("/video", "unreadable", f"The file cannot be read: {error}")]


class _Check:
    def __init__(self, container: InputContainer, expected: Expected, album: Album | None) -> None:
        self.faults: list[Fault] = []
        self._container, self._expected = container, expected
        self._picture = container.streams.video[0]
        self._sound = container.streams.audio[0] if container.streams.audio else None
        self._frames = _Frames(self._picture, expected, album)
        self._hearing = Hearing()

    def run(self) -> None:
        self._format()
        streams: list[Stream] = [self._picture, *([self._sound] if self._sound else [])]
        try:
            for packet in self._container.demux(streams):
                if packet.is_corrupt:
                    # A decoder may make a whole picture of what is left of one.
                    self._report("/video", "undecodable", "The file breaks off or is damaged.")
                    break
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
        self.faults.append(fault(pointer, code, message))

    def _format(self) -> None:
        stream, context, expected = self._picture, self._picture.codec_context, self._expected
        name, wanted = context.codec.canonical_name, PIXELS[expected.codec, expected.alpha]
        if name != expected.codec or context.pix_fmt not in wanted:
            message = f"Expected {expected.codec} {wanted[0]}, found {name} {context.pix_fmt}."
            self._report("/video/codec", "wrong_codec", message)
        if expected.codec == "vp9" and expected.alpha != (stream.metadata.get(ALPHA) == "1"):
            self._report("/video/alpha", "wrong_alpha", "The file does not say rightly whether it is transparent.")
        if (stream.width, stream.height) != (expected.width, expected.height):
            ordered, found = f"{expected.width}x{expected.height}", f"{stream.width}x{stream.height}"
            self._report("/video/size", "wrong_size", f"Expected {ordered} pixels, found {found}.")
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
        through = expected.codec == "vp9" and expected.alpha
        self._transparent = CodecContext.create("libvpx-vp9", "r") if through else None
        self._step = float(1 / (expected.fps * stream.time_base))
        # A container that counts milliseconds cannot say more exactly when a frame is shown.
        self._slack = max(0.01, 0.6 / self._step)
        self._numbers: list[int] = []
        self._uneven = False
        self._group: list[AnyPacket] = []
        self._stride = expected.frames / MAX_CHECKED_KEY_FRAMES
        self._next_key = 0.0
        self._targets = self._always_looked_at()
        self._table = expected.statistics.table() if expected.statistics else None
        self._alphas = expected.statistics.alpha_table() if expected.statistics else None
        self._last: tuple[int, Image] | None = None
        self._wrong: list[Fault] = []

    def _always_looked_at(self) -> set[int]:
        expected = self._expected
        seams = expected.seams
        every = max(1, -(-len(seams) // MAX_CHECKED_SEAMS))
        targets = {seam - 1 for seam in seams[::every]} | {expected.frames - 1}
        if self._album:
            rate = float(expected.fps)
            targets |= {int(time * rate + 1e-6) for time in self._album.begin(expected.duration)}
        return targets

    def add(self, packet: AnyPacket) -> None:
        if packet.pts is None:  # the demuxer's end mark
            return
        if packet.is_keyframe:
            self._look()
        self._group.append(packet)
        number = packet.pts / self._step
        self._uneven |= abs(number - round(number)) > self._slack
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
        for frame in self._decoded(packet):
            if frame.pts is not None:
                self._judge(round(frame.pts / self._step), frame)

    def _decoded(self, packet: AnyPacket | None) -> list[VideoFrame]:
        if self._transparent is None:
            return self._stream.decode(packet)
        return self._transparent.decode(packet)

    def _judge(self, number: int, frame: VideoFrame) -> None:
        if self._album:
            self._album.see(float(number / self._expected.fps), frame)
        if self._table is None or not 0 <= number < len(self._table):
            return
        grid = frame_grid(frame)
        wanted = self._table[number]
        if len(self._wrong) < MAX_FRAME_FAULTS:
            if _distance(grid, wanted) > CELL_TOLERANCE:
                self._wrong.append(self._name(number, grid, wanted))
            elif self._alphas is not None and _distance(alpha_grid(frame), self._alphas[number]) > CELL_TOLERANCE:
                message = f"Frame {number} is not as transparent as it was drawn."
                self._wrong.append(fault(f"/video/frames/{number}", "wrong_alpha", message))
        self._last = number, grid

    def _name(self, number: int, grid: Image, wanted: Image) -> Fault:
        at = f"/video/frames/{number}"
        if grid.mean() < BLACK <= wanted.mean():
            return fault(at, "black_frame", f"Frame {number} is black, and was not drawn so.")
        if self._last and self._table is not None:
            before, shown = self._last
            if _distance(grid, shown) <= 1 and _distance(wanted, self._table[before]) > CELL_TOLERANCE:
                return fault(at, "frozen_frame", f"Frame {number} still shows frame {before}.")
        if number in self._expected.seams or number + 1 in self._expected.seams:
            return fault(at, "broken_seam", f"Frame {number}, where two chunks meet, is not the one that was drawn.")
        return fault(at, "wrong_frame", f"Frame {number} is not the one that was drawn.")

    def faults(self) -> list[Fault]:
        expected = self._expected.frames
        found = list(self._wrong)
        if len(self._numbers) != expected:
            message = f"Expected {expected} frames, found {len(self._numbers)}."
            found.append(fault("/video/frames", "wrong_frame_count", message))
        elif self._uneven or sorted(self._numbers) != list(range(expected)):
            found.append(fault("/video/frames", "uneven_frames", "The frames do not follow each other evenly."))
        return found


def _distance(one: Image, other: Image) -> int:
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max())
