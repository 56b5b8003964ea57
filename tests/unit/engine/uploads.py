"""Files as people upload them, one of each accepted type, made with the encoders at hand."""

import io
from pathlib import Path

import av
import numpy as np
import skia
from av.audio.frame import AudioFrame
from tests.unit.engine import media


def image(kind: int, width: int = 64, height: int = 48) -> bytes:
    """An encoded picture; `kind` is one of skia's (kPNG, kJPEG, kWEBP)."""
    pixels = np.random.default_rng(5).integers(0, 255, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    return bytes(skia.Image.fromarray(pixels).encodeToData(kind, 80))


def png() -> bytes:
    return image(skia.kPNG)


def jpeg() -> bytes:
    return image(skia.kJPEG)


def webp() -> bytes:
    return image(skia.kWEBP)


def gif(frames: int = 3) -> bytes:
    return _encoded("gif", "gif", "rgb8", frames, rate=10)


def _encoded(container_name: str, codec: str, pixel_format: str, frames: int, rate: int = 30, **options: str) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        source = media.Panning(64, 48)
        for number in range(frames):
            source.draw(number)
            frame = av.VideoFrame.from_ndarray(source.buffer, format="bgra").reformat(format=pixel_format)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def mp4(frames: int = 60) -> bytes:
    return _encoded("mp4", "libx264", "yuv420p", frames, preset="ultrafast")


def mov() -> bytes:
    return _encoded("mov", "libx264", "yuv420p", 30, preset="ultrafast")


def webm() -> bytes:
    return _encoded("webm", "libvpx-vp9", "yuv420p", 30, deadline="realtime")


def matroska() -> bytes:
    return _encoded("matroska", "libx264", "yuv420p", 30, preset="ultrafast")


def sound(container_name: str, codec: str, sample_format: str = "fltp", seconds: float = 2.0) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=media.RATE, layout="stereo")
        at = np.arange(round(seconds * media.RATE)) / media.RATE
        wave = np.stack([0.5 * np.sin(at * 2 * np.pi * 440)] * 2).astype(np.float32)
        frame = AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = media.RATE, 0
        for piece in av.AudioResampler(format=sample_format, layout="stereo", rate=media.RATE).resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return target.getvalue()


def mp3() -> bytes:
    return sound("mp3", "libmp3lame")


def m4a() -> bytes:
    return sound("ipod", "aac")


def wav() -> bytes:
    return sound("wav", "pcm_s16le", "s16")


def ogg() -> bytes:
    return sound("ogg", "libopus", "flt")


def zip_file() -> bytes:
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return target.getvalue()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(data)
    return path
