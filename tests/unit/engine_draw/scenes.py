"""Small compositions, pictures and videos to draw."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import skia

from flatrender.composition.profiles import Profile, profile
from flatrender.composition.schemas import Composition
from flatrender.engine.draw import FrameSource

PHOTO = "00000000-0000-4000-8000-0000000000a1"
VIDEO = "00000000-0000-4000-8000-0000000000b1"

type Pixels = npt.NDArray[np.uint8]


def composition(*layers: Any, **fields: Any) -> Composition:
    """One scene of two seconds on a black canvas of 320 x 180 at 20 frames per second."""
    base = {
        "canvas": {"width": 320, "height": 180, "fps": 20, "background": "#000000"},
        "scenes": [{"duration": 2.0, "layers": list(layers)}],
    }
    return Composition.model_validate({**base, **fields})


def source(made: Composition, assets: Mapping[str, Path] | None = None, **changes: Any) -> FrameSource:
    chosen: Profile = profile(made).model_copy(update=changes)
    return FrameSource(made, assets or {}, chosen)


def frame(made: Composition, index: int = 0, assets: Mapping[str, Path] | None = None, **changes: Any) -> Pixels:
    """A copy of one frame: height x width x (blue, green, red, alpha)."""
    drawn = source(made, assets, **changes)
    drawn.draw(index)
    return drawn.buffer.copy()


def drawn_alike_in_chunks(made: Composition, assets: Mapping[str, Path]) -> list[Pixels]:
    """All frames in order; fails unless a chunk that begins later draws the same ones."""
    whole = source(made, assets)
    drawn = []
    for index in range(whole.frame_count):
        whole.draw(index)
        drawn.append(whole.buffer.copy())
    for first in (11, 29):
        chunk = source(made, assets)
        for index in range(first, whole.frame_count):
            chunk.draw(index)
            assert np.array_equal(chunk.buffer, drawn[index]), f"frame {index} of the chunk from {first}"
    return drawn


def red(pixels: Pixels) -> npt.NDArray[np.float64]:
    """The red channel in 0…1."""
    return pixels[:, :, 2].astype(np.float64) / 255


def ink(pixels: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of all that is not black."""
    lit = pixels[:, :, :3].max(axis=2) > 40
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def photo(path: Path, width: int = 200, height: int = 100) -> Path:
    """Left half red, right half blue, the top tenth green."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, : width // 2, 2] = 255
    pixels[:, width // 2 :, 0] = 255
    pixels[: height // 10] = (0, 255, 0, 255)
    pixels[:, :, 3] = 255
    skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType).save(str(path), skia.kPNG)
    return path


def video(path: Path, frames: int = 40, rate: int = 20) -> Path:
    """Frames of even grey that gets brighter by 5 levels each, one key frame at the start only."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"g": "1000", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 + 5 * index, np.uint8), "rgb24")
            picture.pts, picture.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def text(words: str, box: tuple[float, float, float, float] = (10, 10, 300, 160), **fields: Any) -> dict[str, Any]:
    style = {"font": "Inter", "size": 32, **fields.pop("style", {})}
    return {"type": "text", "box": list(box), "runs": [{"text": words}], "style": style, **fields}
