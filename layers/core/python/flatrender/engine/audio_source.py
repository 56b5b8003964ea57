"""Decodes the sound of a file, piece by piece, as 48 kHz stereo."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container.input import InputContainer
from av.filter import Graph

from flatrender.engine.faults import UnreadableMedia

RATE: Final = 48_000
Samples = npt.NDArray[np.float32]
"""2 x samples, -1 to 1."""

# Compressed formats know their time only roughly after a jump: up to here, decode from the start and be exact.
EXACT_SECONDS: Final = 60.0
SEEK_MARGIN: Final = 1.0


def sound_duration(path: Path) -> float | None:
    """Seconds of sound in a file, as its header says; None when it has none."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return None
            stream = container.streams.audio[0]
            if stream.duration is not None:
                return float(stream.duration * stream.time_base)
            return (container.duration or 0) / av.time_base
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableMedia(f"The sound of {path.name} cannot be decoded: {error}") from error


class Source:
    """A stretch of a file's sound, read front to back. Close it after use; memory does not grow with its length."""

    def __init__(self, path: Path, begin: float, end: float | None, speed: float = 1.0, *, loop: bool = False) -> None:
        self._path, self._begin, self._end, self._speed, self._loop = path, begin, end, speed, loop
        self._rest: Samples = np.zeros((2, 0), np.float32)
        self._pieces = self._rounds()

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

    def _rounds(self) -> Generator[Samples]:
        while True:
            heard = 0
            for piece in self._stretched():
                heard += piece.shape[1]
                yield piece
            if not self._loop or not heard:
                return

    def _stretched(self) -> Iterator[Samples]:
        """The stretch at its playing speed, at unchanged pitch."""
        if self._speed == 1.0:
            yield from self._stretch()
            return
        tempo = _tempo(self._speed)
        for piece in self._stretch():
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="stereo")
            frame.sample_rate = RATE
            tempo.push(frame)
            yield from _pulled(tempo)
        tempo.push(None)
        yield from _pulled(tempo)

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


def _pulled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame.to_ndarray().astype(np.float32, copy=False)
