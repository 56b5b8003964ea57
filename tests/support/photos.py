"""Photos that cannot be mistaken for anything a template draws by itself: one strong colour each, with grain."""

from pathlib import Path

import numpy as np
import skia

MAGENTA = (205, 20, 130)
GREEN = (20, 190, 70)


def photo(path: Path, colour: tuple[int, int, int], width: int = 1600, height: int = 1000, seed: int = 1) -> Path:
    """Writes a JPEG whose pixels lie near `colour`; another seed gives another file."""
    grain = np.random.default_rng(seed).integers(-18, 19, (height // 8, width // 8, 1))
    grain = np.kron(grain, np.ones((8, 8, 1), np.int64))
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = np.clip(np.array(colour) + grain, 0, 255)
    image = skia.Image.fromarray(pixels, colorType=skia.ColorType.kRGBA_8888_ColorType)
    image.save(str(path), skia.EncodedImageFormat.kJPEG, 92)
    return path
