"""Whether two pictures look the same.

Both are compared as CIELAB (D65), where a distance of 1 is about the least that is seen side by side, after a 3 x 3
mean: an edge whose smoothing differs by a level or two is not another picture. Two limits:

- `MEAN` over all pixels finds what is slightly wrong everywhere, a colour or a gamma;
- `REGION` over the worst 8 x 8 pixels finds what is wrong in one place, a shifted edge or a missing glyph.

Processors differ in the last bit of blurs and scaling (within one level, 0.2 to 0.4 here), which the limits leave room
for; a shift by two pixels and a change of colours by 3 % are beyond them, as `test_compare` shows on every picture.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

MEAN: Final = 0.6
REGION: Final = 2.0
CELL: Final = 8

type Rgb = npt.NDArray[np.uint8]
type Values = npt.NDArray[np.float64]

_TO_XYZ: Final = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])


@dataclass(frozen=True)
class Difference:
    """In CIELAB units: the mean, and that of the region that differs most; its left top corner in pixels."""

    mean: float
    region: float
    at: tuple[int, int]

    @property
    def seen(self) -> bool:
        return self.mean > MEAN or self.region > REGION

    def __str__(self) -> str:
        return f"mean {self.mean:.2f} (limit {MEAN}), worst region {self.region:.2f} (limit {REGION}) at {self.at}"


def compare(one: Rgb, other: Rgb) -> Difference:
    """Height x width x RGB each. Pictures of unlike size are as different as can be."""
    if one.shape != other.shape:
        return Difference(100.0, 100.0, (0, 0))
    distance = distances(one, other)
    height, width = distance.shape
    rows, columns = np.arange(0, height, CELL), np.arange(0, width, CELL)
    sums = np.add.reduceat(np.add.reduceat(distance, rows, axis=0), columns, axis=1)
    areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    means = sums / areas
    row, column = np.unravel_index(int(means.argmax()), means.shape)
    return Difference(float(distance.mean()), float(means.max()), (int(column) * CELL, int(row) * CELL))


def distances(one: Rgb, other: Rgb) -> Values:
    """Per pixel."""
    return np.linalg.norm(_smooth(_lab(one)) - _smooth(_lab(other)), axis=-1)


def _lab(rgb: Rgb) -> Values:
    value = np.arange(256) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)[rgb]
    relative = light @ _TO_XYZ.T / _WHITE
    curve = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    x, y, z = curve[..., 0], curve[..., 1], curve[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _smooth(values: Values) -> Values:
    for axis in (0, 1):
        pad = [(1, 1) if axis == other else (0, 0) for other in range(3)]
        wide = np.pad(values, pad, mode="edge")
        count = values.shape[axis]
        values = sum(np.take(wide, range(step, step + count), axis=axis) for step in range(3)) / 3
    return values
