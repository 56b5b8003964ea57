"""Whether an animation, a sequence, a still or a sound is what was ordered: every frame of it is decoded and held
against what was drawn.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import av
import numpy as np
from av.video.frame import VideoFrame

from flatrender.composition.outputs import FORMATS, FormatName
from flatrender.engine.frames import Image, alpha_grid, frame_grid
from flatrender.engine.outputs.stills import frame_name
from flatrender.engine.pictures import Album
from flatrender.engine.reports import Expected
from flatrender.engine.verify_sound import Hearing, fault
from flatrender.kernel.faults import Fault

MAX_FRAME_FAULTS: Final = 8
BLACK: Final = 20
GIF_SURE: Final = 250


class Known(NamedTuple):
    """Its demuxers, and how far its pixels may be from what was drawn: luma and alpha, in levels of a cell's mean."""

    demuxers: tuple[str, ...]
    luma: int
    alpha: int


FORMS: Final[dict[FormatName, Known]] = {
    "gif": Known(("gif",), 24, 60),  # 256 colours, and a pixel is there or not
    "apng": Known(("apng",), 2, 2),
    "webp": Known(("webp_anim",), 12, 4),
    "png-sequence": Known(("png_pipe", "image2"), 2, 2),
    "png": Known(("png_pipe", "image2"), 2, 2),
    "jpeg": Known(("jpeg_pipe", "image2"), 12, 0),
}


def check(path: Path, expected: Expected, album: Album | None = None) -> list[Fault]:
    """Everything that is wrong with the file. May raise FFmpeg's errors, for a file that cannot be read."""
    if FORMATS[expected.form].kind == "audio":
        return _sound(path, expected)
    pictures = _Pictures(expected, album)
    try:
        if expected.form == "png-sequence":
            _archive(path, expected, pictures)
        else:
            _single(path, expected, pictures)
    except (av.error.FFmpegError, zipfile.BadZipFile) as error:
        pictures.report("/video", "undecodable", f"The file breaks off or is damaged: {error}")
    return pictures.finish()


def _single(path: Path, expected: Expected, pictures: "_Pictures") -> None:
    with av.open(str(path)) as container:
        if container.format.name not in FORMS[expected.form].demuxers or not container.streams.video:
            pictures.report("/format", "wrong_format", f"Expected {expected.form}, found {container.format.name}.")
            return
        for packet in container.demux(video=0):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    pictures.see(round(float(frame.time or 0.0) * float(expected.fps)), frame)
            if packet.pts is not None and packet.duration and expected.frames > 1:
                pictures.until = float((packet.pts + packet.duration) * packet.time_base)


def _archive(path: Path, expected: Expected, pictures: "_Pictures") -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if names != [frame_name(number + 1) for number in range(expected.frames)]:
            message = f"Expected {expected.frames} frames, found {len(names)} files."
            pictures.report("/video/frames", "wrong_frame_count", message)
        for number, name in enumerate(names):
            for frame in _decoded(archive.read(name)):
                pictures.see(number, frame)


def _decoded(data: bytes) -> Iterator[VideoFrame]:
    with av.open(io.BytesIO(data), "r") as container:
        yield from container.decode(video=0)


class _Pictures:
    """Holds what is shown at each moment against what was drawn for it.

    Animations leave out a frame that is like the one before; so each frame counts until the next one comes.
    """

    def __init__(self, expected: Expected, album: Album | None) -> None:
        self._expected, self._album, self._known = expected, album, FORMS[expected.form]
        self._table = expected.statistics.table() if expected.statistics else None
        self._alphas = expected.statistics.alpha_table() if expected.statistics else None
        self._shown: tuple[Image, Image] | None = None
        self._next = 0
        self._faults: list[Fault] = []
        self.until: float | None = None
        """When the last frame ends, in seconds, if the file says so."""
        if album:
            album.begin(expected.duration)

    def report(self, pointer: str, code: str, message: str) -> None:
        if len(self._faults) < MAX_FRAME_FAULTS:
            self._faults.append(fault(pointer, code, message))

    def see(self, number: int, frame: VideoFrame) -> None:
        if (frame.width, frame.height) != (self._expected.width, self._expected.height):
            wanted = f"{self._expected.width}x{self._expected.height}"
            found = f"{frame.width}x{frame.height}"
            self.report("/video/size", "wrong_size", f"Expected {wanted} pixels, found {found}.")
        self._judge(number)
        if frame.format.name != "rgb24":
            frame = frame.reformat(format="rgba", threads=1)
        self._shown = frame_grid(frame), alpha_grid(frame)
        self._next = number
        if self._album:
            self._album.see(number / float(self._expected.fps), frame)

    def _judge(self, until: int) -> None:
        """Hold what was shown so far against the frames before `until`."""
        if self._shown is None or self._table is None:
            return
        for number in range(self._next, min(until, len(self._table))):
            (grid, alpha), wanted = self._shown, self._table[number]
            drawn = np.full(len(wanted), 255, np.uint8)
            if self._alphas is not None:
                drawn = self._alphas[number]
            if self._expected.form == "gif":  # what is half there was made to be there or not
                sure = (drawn >= GIF_SURE) | (drawn <= 255 - GIF_SURE)
                grid, wanted, alpha, drawn = grid[sure], wanted[sure], alpha[sure], drawn[sure]
                grid, wanted = grid[drawn > 128], wanted[drawn > 128]
            if _distance(grid, wanted) > self._known.luma:
                black = grid.max() < BLACK <= wanted.mean()
                code = "black_frame" if black else "wrong_frame"
                self.report(f"/video/frames/{number}", code, f"Frame {number} is not the one that was drawn.")
            elif self._expected.form != "jpeg" and _distance(alpha, drawn) > self._known.alpha:
                message = f"Frame {number} is not as transparent as it was drawn."
                self.report(f"/video/frames/{number}", "wrong_alpha", message)

    def finish(self) -> list[Fault]:
        expected = self._expected
        self._judge(expected.frames)
        if self._shown is None and not self._faults:
            self.report("/video", "missing_picture", "The file has no picture.")
        if self.until is not None and abs(self.until - expected.duration) > 1.5 / float(expected.fps):
            message = f"Expected {expected.duration:.3f} s, the file lasts {self.until:.3f} s."
            self.report("/duration", "wrong_duration", message)
        elif self._next >= expected.frames:
            message = f"Expected {expected.frames} frames, found one at {self._next}."
            self.report("/video/frames", "wrong_frame_count", message)
        return self._faults


def _distance(one: Image, other: Image) -> int:
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max(initial=0))


def _sound(path: Path, expected: Expected) -> list[Fault]:
    codec = {"m4a": "aac", "mp3": "mp3"}[expected.form]
    hearing = Hearing()
    faults = []
    with av.open(str(path)) as container:
        if container.streams.video or not container.streams.audio:
            return [fault("/format", "wrong_format", f"Expected {expected.form} with sound only.")]
        stream = container.streams.audio[0]
        if stream.codec_context.codec.canonical_name != codec:
            found = stream.codec_context.codec.canonical_name
            faults.append(fault("/audio/codec", "wrong_codec", f"Expected {codec}, found {found}."))
        hearing.begins = float((container.start_time or 0) / av.time_base)
        try:
            for packet in container.demux(stream):
                hearing.add(packet)
        except av.error.FFmpegError as error:
            faults.append(fault("/audio", "undecodable", f"The file breaks off or is damaged: {error}"))
    duration = expected.audio.duration if expected.audio else 0.0
    return faults + hearing.faults(expected.audio, duration, present=True)
