"""All golden pictures: importing this hangs them. Their files, and reading and writing them."""

from pathlib import Path
from typing import Final

import numpy as np
import skia
from tests.golden import hung_blurs, hung_captions, hung_layers, hung_looks, hung_nested, hung_text, hung_transitions
from tests.golden.gallery import GALLERY, Golden, Picture

__all__ = [
    "FOLDER", "GALLERY", "Golden", "hung_blurs", "hung_captions", "hung_layers", "hung_looks", "hung_nested",
    "hung_text", "hung_transitions", "read", "write",
]  # fmt: skip

FOLDER: Final = Path(__file__).parent / "pictures"


def path(name: str) -> Path:
    return FOLDER / f"{name}.png"


def read(file: Path) -> Picture:
    image = skia.Image.open(str(file))
    pixels = image.toarray(colorType=skia.kRGBA_8888_ColorType)
    return np.ascontiguousarray(pixels[:, :, :3])


def write(file: Path, picture: Picture) -> None:
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    image = skia.Image.fromarray(
        np.ascontiguousarray(opaque), skia.kRGBA_8888_ColorType, skia.AlphaType.kOpaque_AlphaType
    )
    file.write_bytes(bytes(image.encodeToData(skia.kPNG, 100)))
