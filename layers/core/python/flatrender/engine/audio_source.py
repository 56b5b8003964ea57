"""Decodes the sound of a file, piece by piece, as 48 kHz stereo."""

import math
import sys
from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container.input import InputContainer
from av.filter import Graph

from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.media_length import length
from flatrender.engine.picture_length import picture_length

RATE: Final = 48_000
Samples = npt.NDArray[np.float32]
"""2 x samples, -1 to 1."""

# Compressed formats know their time only roughly after a jump: up to here, decode from the start and be exact.
EXACT_SECONDS: Final = 60.0
SEEK_MARGIN: Final = 1.0
TAIL_SECONDS: Final = 0.25
"""Of silence that the change of tempo is given after the end, or it would keep the last of the sound to itself."""
KEPT: Final = 10 * RATE
"""Samples of a loop's round up to which it is decoded once, and repeated from memory."""
ALWAYS_KEPT: Final = RATE // 2
"""And up to which it is in any case; what is longer only as long as all loops together keep no more than the next."""
KEPT_BYTES: Final = 64 * 2**20


def sound_duration(path: Path) -> float | None:
    """Seconds of sound in a file, as its header says, or its packets; None when it has none."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return None
            return length(container, container.streams.audio[0], path)
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableMedia(f"The sound of {path.name} cannot be decoded: {error}") from error


def picture_duration(path: Path) -> float | None:
    """Seconds of picture in a file, counted as they are for drawing; None when it has none."""
    try:
        with av.open(str(path)) as container:
            return picture_length(container, path)
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableMedia(f"The video {path.name} cannot be opened: {error}") from error


class Source:
    """A stretch of a file's sound, read front to back. Close it after use; memory does not grow with its length.

    With `loop` it begins again at its end; each `period` seconds of the file, if that is given, however long it is.
    """

    def __init__(
        self,
        path: Path,
        begin: float,
        end: float | None,
        speed: float = 1.0,
        *,
        loop: bool = False,
        period: float | None = None,
    ) -> None:
        self._path, self._begin, self._end, self._speed, self._loop = path, begin, end, speed, loop
        self._period = None if period is None else period * RATE
        self._rest: Samples = np.zeros((2, 0), np.float32)
        self._pieces = self._played()

    def read(self, count: int) -> Samples:
        """The next `count` samples, fewer at the end. Raises UnreadableMedia when the file cannot be decoded."""
        parts, have = [self._rest], self._rest.shape[1]
        while have < count and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            have += piece.shape[1]
        joined = np.concatenate(parts, axis=1)
        self._rest = joined[:, count:]
        return joined[:, :count]

    def close(self) -> None:
        self._pieces.close()

    def _played(self) -> Generator[Samples]:
        """What is heard: at the playing speed, at unchanged pitch, exactly as long as that makes it."""
        source = self._rounds() if self._loop else self._stretch()
        if self._speed == 1.0:
            yield from source
            return
        tempo, fed, made = _tempo(self._speed), 0, 0
        for piece in source:
            fed += piece.shape[1]
            for ready in _pushed(tempo, piece):
                made += ready.shape[1]
                yield ready
        tail = np.zeros((2, round(TAIL_SECONDS * RATE)), np.float32)
        rest = chain(_pushed(tempo, tail), _pushed(tempo, None)) if fed else ()
        yield from _exactly(rest, round(fed / self._speed) - made)

    def _rounds(self) -> Iterator[Samples]:
        """The stretch again and again, as it is in the file."""
        kept, number = _Kept(), 0
        try:
            while (whole := kept.whole()) is None:
                heard, size = 0, self._size(number)
                # Rounds differ by a sample, so that they never drift off: the first is kept as long as the longest.
                most = sys.maxsize if self._period is None else math.ceil(self._period)
                for piece in self._stretch():
                    if number == 0:
                        kept.add(piece[:, : most - heard])
                    yield piece[:, : max(0, size - heard)]
                    heard += piece.shape[1]
                    if heard >= most:
                        break
                if not heard:
                    return
                if self._period is not None:
                    yield from _silence(size - heard)
                number += 1
            if self._period is None:
                # Pieces of a second at least: there may be any number of rounds in it.
                whole = np.tile(whole, math.ceil(RATE / whole.shape[1]))
            while True:
                yield from (whole,) if self._period is None else _exactly((whole,), self._size(number))
                number += 1
        finally:
            kept.drop()

    def _size(self, number: int) -> int:
        """Samples of a round of the loop, as many as there are between the nearest ones to its start and end."""
        if self._period is None:
            return sys.maxsize
        return round((number + 1) * self._period) - round(number * self._period)

    def _stretch(self) -> Iterator[Samples]:
        """Samples of the source from `begin` to `end`, exactly cut."""
        first = round(self._begin * RATE)
        last = None if self._end is None else round(self._end * RATE)
        for at, piece in self._decoded():
            low = max(0, first - at)
            high = piece.shape[1] if last is None else max(0, min(piece.shape[1], last - at))
            if low < high:
                yield piece[:, low:high]
            if last is not None and at + piece.shape[1] >= last:
                return

    def _decoded(self) -> Iterator[tuple[int, Samples]]:
        """Decoded pieces with their position in samples from the start of the file."""
        try:
            with av.open(str(self._path)) as container:
                yield from self._pieces_of(container)
        except (av.error.FFmpegError, OSError) as error:
            raise UnreadableMedia(f"The sound of {self._path.name} cannot be decoded: {error}") from error

    def _pieces_of(self, container: InputContainer) -> Iterator[tuple[int, Samples]]:
        if not container.streams.audio:
            raise UnreadableMedia(f"{self._path.name} has no sound.")
        stream = container.streams.audio[0]
        origin = (container.start_time or 0) / av.time_base
        if self._begin > EXACT_SECONDS:
            container.seek(round((self._begin - SEEK_MARGIN + origin) * av.time_base))
        mono = stream.codec_context.layout.nb_channels == 1
        resampler = AudioResampler(format="fltp", layout="mono" if mono else "stereo", rate=RATE)
        at: int | None = None
        for frame in container.decode(stream):
            if at is None:
                at = round((float(frame.time or 0.0) - origin) * RATE)
                if at > 0 and self._begin <= EXACT_SECONDS:  # sound that starts after the picture
                    yield 0, np.zeros((2, at), np.float32)
            for piece in _arrays(resampler.resample(frame)):
                yield at, piece
                at += piece.shape[1]
        for piece in _arrays(resampler.resample(None)) if at is not None else ():
            yield at or 0, piece
            at = (at or 0) + piece.shape[1]


class _Kept:
    """The first round of a loop, unless it is too long to be kept."""

    _bytes: ClassVar[int] = 0
    """Of all that are kept."""

    def __init__(self) -> None:
        self._pieces: list[Samples] | None = []
        self._samples = self._own = 0

    def add(self, piece: Samples) -> None:
        if self._pieces is None or not piece.size:
            return
        self._samples += piece.shape[1]
        full = self._samples > ALWAYS_KEPT and _Kept._bytes + piece.nbytes > KEPT_BYTES
        if full or self._samples > KEPT:
            self.drop()
            return
        self._pieces.append(piece)
        self._own += piece.nbytes
        _Kept._bytes += piece.nbytes

    def whole(self) -> Samples | None:
        """All that was added; None if that is nothing, or was too much."""
        if not self._pieces:
            return None
        self._pieces = [np.concatenate(self._pieces, axis=1)]
        return self._pieces[0]

    def drop(self) -> None:
        _Kept._bytes -= self._own
        self._pieces, self._own = None, 0


def _exactly(pieces: Iterable[Samples], size: int) -> Iterator[Samples]:
    """So many samples: what is more is cut off, what is missing is silence."""
    have = 0
    for piece in pieces:
        if have < size:
            yield piece[:, : size - have]
        have += piece.shape[1]
    yield from _silence(size - have)


def _silence(count: int) -> Iterator[Samples]:
    for at in range(0, count, RATE):
        yield np.zeros((2, min(RATE, count - at)), np.float32)


def _arrays(frames: list[AudioFrame]) -> Iterator[Samples]:
    for frame in frames:
        samples = frame.to_ndarray().astype(np.float32, copy=False)
        yield np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples


def _tempo(speed: float) -> Graph:
    """A filter that changes tempo; ffmpeg's takes half to double well, so larger changes go through several."""
    steps = []
    while not 0.5 <= speed <= 2.0:
        step = 2.0 if speed > 2.0 else 0.5
        steps.append(step)
        speed /= step
    graph = Graph()
    nodes = [graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")]
    nodes += [graph.add("atempo", str(step)) for step in (*steps, speed)]
    nodes.append(graph.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"))
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def _pushed(graph: Graph, piece: Samples | None) -> Iterator[Samples]:
    """What a filter gives after a piece, or after the last one."""
    frame = None
    if piece is not None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="stereo")
        frame.sample_rate = RATE
    graph.push(frame)
    while True:
        try:
            filtered = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(filtered, AudioFrame):
            yield filtered.to_ndarray().astype(np.float32, copy=False)
