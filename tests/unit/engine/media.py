"""Small pictures, sounds and videos, made when a test needs them."""

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame

from flatrender.composition.outputs import Codec
from flatrender.engine.frames import Image
from flatrender.engine.render import encode_frames
from flatrender.engine.reports import ChunkReport

RATE = 48_000
TONE = "00000000-0000-4000-8000-00000000000a"
BEEP = "00000000-0000-4000-8000-00000000000b"


@dataclass(frozen=True)
class Settings:
    width: int = 192
    height: int = 108
    fps: int = 30
    crf: int = 20
    preset: str = "ultrafast"
    codec: Codec = "h264"
    alpha: bool = False
    streaming: bool = False


class Panning:
    """A field of grey squares that moves; every frame differs from its neighbours."""

    def __init__(self, width: int = 192, height: int = 108, hold: Callable[[int], bool] = lambda _: False) -> None:
        self.buffer: Image = np.full((height, width, 4), 255, np.uint8)
        squares = np.random.default_rng(7).integers(30, 255, (height // 36 + 1, 60), np.uint8)
        self._field = np.kron(squares, np.ones((36, 36), np.uint8))[:height]
        self._hold = hold

    def draw(self, frame_index: int) -> bool:
        if self._hold(frame_index):
            return False
        offset = frame_index * 12 % (self._field.shape[1] - self.buffer.shape[1])
        self.buffer[..., :3] = self._field[:, offset : offset + self.buffer.shape[1], None]
        return True


class Flat:
    """One colour (BGR)."""

    def __init__(self, color: tuple[int, int, int], width: int = 192, height: int = 108) -> None:
        self.buffer: Image = np.full((height, width, 4), (*color, 255), np.uint8)

    def draw(self, frame_index: int) -> bool:
        return True


def chunks(
    folder: Path, counts: Sequence[int], settings: Settings = Settings()
) -> tuple[list[Path], list[ChunkReport]]:
    """A panning video in chunks of `counts` frames."""
    paths, reports, at = [], [], 0
    for count in counts:
        path = folder / f"chunk-{at}.mp4"
        source = Panning(settings.width, settings.height)
        reports.append(encode_frames(source, settings, at, count, path, lambda _: None, threads=1))
        paths.append(path)
        at += count
    return paths, reports


def pictures(path: Path) -> list[Image]:
    """All decoded frames, as planes under each other."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def sound(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    """Samples: channels x n, -1 to 1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return path


def tone(path: Path, seconds: float = 1.0, level: float = 0.5, channels: int = 2) -> Path:
    at = np.arange(round(seconds * RATE)) / RATE
    return write_wav(path, np.stack([level * np.sin(at * 2 * np.pi * 440)] * channels))


def beeps(path: Path, seconds: float, times: Sequence[float]) -> Path:
    samples = np.zeros((1, round(seconds * RATE)))
    for time in times:
        samples[0, round(time * RATE) : round(time * RATE) + 8] = 0.8
    return write_wav(path, samples)


def write_aac(path: Path, samples: np.ndarray, offset: int = 0) -> Path:
    """Samples: 2 x n float; `offset` samples of nothing before them, as a container offset, not as silence."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo")
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, offset
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
