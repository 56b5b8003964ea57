"""One frame of a composition as a picture file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import skia

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.engine.draw import FrameSource

_FORMATS: Final = {
    "jpeg": skia.EncodedImageFormat.kJPEG,
    "png": skia.EncodedImageFormat.kPNG,
    "webp": skia.EncodedImageFormat.kWEBP,
}


def render_still(  # noqa: PLR0917  callers name what they give
    composition: Composition,
    assets: Mapping[str, Path],
    at: float,
    width: int | None = None,
    format: Literal["jpeg", "png", "webp"] = "jpeg",  # noqa: A002  the word that callers know
    quality: int = 88,
    fonts_dir: Path | None = None,
) -> bytes:
    """The encoded picture at `at` seconds, `width` pixels wide (the canvas' own width by default)."""
    canvas = composition.canvas
    wide = max(2, round((width or canvas.width) / 2) * 2)
    tall = max(2, round(wide * canvas.height / canvas.width / 2) * 2)
    source = FrameSource(composition, assets, Profile(width=wide, height=tall, fps=canvas.fps), fonts_dir)
    source.draw(int(at * canvas.fps + 1e-6))
    image = skia.Image.fromarray(
        source.buffer, colorType=skia.kBGRA_8888_ColorType, alphaType=skia.kOpaque_AlphaType, copy=False
    )
    data = image.encodeToData(_FORMATS[format], quality)
    return bytes(data)
