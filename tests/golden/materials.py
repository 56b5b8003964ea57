"""The files that golden compositions name, made from formulas: no picture of them is drawn by what they test."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
import skia
from tests.unit.engine.media import RATE, write_wav
from tests.unit.engine_draw import vectors

PHOTO: Final = "00000000-0000-4000-8000-000000000001"
PORTRAIT: Final = "00000000-0000-4000-8000-000000000002"
SCREEN: Final = "00000000-0000-4000-8000-000000000003"
VIDEO: Final = "00000000-0000-4000-8000-000000000004"
SVG: Final = "00000000-0000-4000-8000-000000000005"
LOTTIE: Final = "00000000-0000-4000-8000-000000000006"
SONG: Final = "00000000-0000-4000-8000-000000000007"
CUBE: Final = "00000000-0000-4000-8000-000000000008"
SUBTITLES: Final = "00000000-0000-4000-8000-000000000009"
MATTE: Final = "00000000-0000-4000-8000-00000000000a"
FRAMED: Final = "00000000-0000-4000-8000-00000000000b"

type Rgb = npt.NDArray[np.uint8]


def make(folder: Path) -> Mapping[str, Path]:
    """Write all of them; ids → files."""
    made = {
        PHOTO: _save(folder / "photo.png", landscape(240, 160)),
        PORTRAIT: _save(folder / "portrait.png", landscape(120, 200)),
        SCREEN: _save(folder / "screen.png", green_screen(192, 108)),
        MATTE: _save(folder / "matte.png", _waves(192, 108)),
        VIDEO: _video(folder / "video.mp4"),
        SVG: _bytes(folder / "logo.svg", vectors.svg()),
        FRAMED: _bytes(folder / "framed.json", _framed()),
        LOTTIE: _bytes(folder / "badge.json", _lottie()),
        SONG: _song(folder / "song.wav"),
        CUBE: _bytes(folder / "look.cube", _cube()),
        SUBTITLES: _bytes(folder / "words.srt", b"1\n00:00:00,200 --> 00:00:01,800\nFrom a <i>file</i>\n"),
    }
    return dict(made)


def landscape(width: int, height: int, shift: float = 0.0) -> Rgb:
    """Sky, sun and two ridges, RGB."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x / width, y / height
    sky = np.stack([0.95 - 0.55 * (1 - v), 0.62 + 0.1 * v, 0.45 + 0.4 * (1 - v)], axis=-1)
    sun = np.clip(14 - np.hypot(x - (0.68 + shift) * width, y - 0.34 * height) / height * 100, 0, 1)[..., None]
    picture = sky * (1 - sun) + np.array([1.0, 0.93, 0.7]) * sun
    for ridge, color in (
        (0.58 + 0.1 * np.sin(u * 7 + 1), (0.3, 0.36, 0.55)),
        (0.76 + 0.08 * np.sin(u * 11), (0.1, 0.3, 0.27)),
    ):
        hill = np.clip((v - ridge) * height, 0, 1)[..., None]
        picture = picture * (1 - hill) + np.array(color) * hill
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def green_screen(width: int, height: int) -> Rgb:
    """A grey figure with a red scarf before a green screen that is lit unevenly."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    light = 0.75 + 0.25 * (x / width)
    picture = np.stack([0.05 * light, 0.82 * light, 0.1 * light], axis=-1)
    head = np.clip(height * 0.22 - np.hypot(x - width / 2, y - height * 0.36), 0, 1)
    body = np.clip(height * 0.4 - np.hypot((x - width / 2) / 1.2, y - height * 1.02), 0, 1)
    scarf = np.clip(height * 0.1 - np.hypot((x - width / 2) / 2.2, y - height * 0.62), 0, 1)
    for form, color in ((body, (0.4, 0.42, 0.5)), (head, (0.8, 0.65, 0.56)), (scarf, (0.8, 0.12, 0.15))):
        picture = picture * (1 - form[..., None]) + np.array(color) * form[..., None]
    return np.round(picture * 255).astype(np.uint8)


def _waves(width: int, height: int) -> Rgb:
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    grey = 0.5 + 0.5 * np.sin(x / width * 9 + y / height * 4)
    return np.repeat(np.round(grey * 255).astype(np.uint8)[..., None], 3, axis=2)


def _save(path: Path, rgb: Rgb) -> Path:
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    skia.Image.fromarray(np.ascontiguousarray(opaque), skia.kRGBA_8888_ColorType).save(str(path), skia.kPNG)
    return path


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _video(path: Path) -> Path:
    """Two seconds in which the sun goes down to the left."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(40):
            picture = av.VideoFrame.from_ndarray(landscape(160, 120, -index / 80), "rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 20)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def _song(path: Path) -> Path:
    """Two seconds: four beats, each a chord that dies away, each higher than the one before."""
    at = np.arange(2 * RATE) / RATE
    beat, within = np.floor(at * 2), (at * 2) % 1
    tone = sum(np.sin(2 * np.pi * at * 110 * 2**beat * part) / part for part in (1, 2, 3, 5, 9))
    return write_wav(path, np.stack([0.35 * tone * np.exp(-3 * within)] * 2))


def _cube() -> bytes:
    """Swaps red and blue."""
    rows = [f"{b} {g} {r}" for b in (0.0, 1.0) for g in (0.0, 1.0) for r in (0.0, 1.0)]
    return ("LUT_3D_SIZE 2\n" + "\n".join(rows) + "\n").encode()


def _framed() -> bytes:
    """A picture of 60 x 30 in the middle, which is a slot, on a grey card."""
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    pixel = "data:image/png;base64," + dot
    asset = {"id": "p", "w": 60, "h": 30, "p": pixel, "u": "", "e": 1, "sid": "photo"}
    shown = vectors.layer(2, refId="p", ks=vectors.still(p=vectors.constant([20, 10])))
    card = vectors.shapes(
        vectors.rectangle(100, 50), vectors.fill(0.3, 0.3, 0.35), ks=vectors.still(p=vectors.constant([50, 25]))
    )
    return vectors.lottie([shown, card], assets=[asset])


def _lottie() -> bytes:
    """A square that runs, a word and a picture, each of them a slot."""
    runner = vectors.shapes(
        vectors.rectangle(20, 20),
        vectors.fill(1, 0.2, 0.2, sid="brand"),
        ks=vectors.still(p=vectors.moving((0, [10, 38, 0]), (20, [90, 38, 0]))),
    )
    words = vectors.text("Label", "title", s=16, lh=20)
    words["ks"] = vectors.still(p=vectors.constant([6, 20]))
    return vectors.lottie([words, runner])
