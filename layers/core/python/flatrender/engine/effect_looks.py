"""The built-in looks: each a formula from straight red, green and blue (0…1) to others."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from flatrender.composition.effects import Look

type Colors = npt.NDArray[np.float32]
"""Any number of rows of red, green and blue, in 0…1."""

_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)


def _luma(rgb: Colors) -> Colors:
    luma: Colors = (rgb @ _LUMA)[:, None]
    return luma


def _mix(a: Colors, b: Colors, p: Colors | float) -> Colors:
    return a + (b - a) * p


def _saturated(rgb: Colors, amount: float) -> Colors:
    return _mix(_luma(rgb), rgb, amount)


def _curve(rgb: Colors, strength: float) -> Colors:
    """More contrast in the middle, less towards both ends, which stay where they are."""
    x = np.clip(rgb, 0, 1)
    return _mix(x, x * x * (3 - 2 * x), strength)


def _split(rgb: Colors, shadows: tuple[float, float, float], lights: tuple[float, float, float]) -> Colors:
    """Adds one tint to what is dark and another to what is bright; luma stays as it was."""
    luma = np.clip(_luma(rgb), 0, 1)
    low, high = np.array(shadows, np.float32), np.array(lights, np.float32)
    tinted = rgb + (low - low @ _LUMA) * (1 - luma) ** 2 + (high - high @ _LUMA) * luma
    return tinted.astype(np.float32)


def _balance(rgb: Colors, red: float, green: float, blue: float) -> Colors:
    return rgb * np.array([red, green, blue], np.float32)


def _lifted(rgb: Colors, black: float, white: float) -> Colors:
    return black + rgb * (white - black)


def _noir(rgb: Colors) -> Colors:
    grey = (rgb @ np.array([0.36, 0.52, 0.12], np.float32))[:, None]
    return np.repeat(_curve(grey * 1.04, 0.8), 3, axis=1)


def _bleach(rgb: Colors) -> Colors:
    luma = np.clip(_luma(rgb), 0, 1)
    hard = np.where(luma < 0.5, 2 * rgb * luma, 1 - 2 * (1 - rgb) * (1 - luma))
    return _saturated(_mix(rgb, hard.astype(np.float32), 0.75), 0.6)


def _cross(rgb: Colors) -> Colors:
    red, green, blue = np.clip(rgb, 0, 1).T
    bent = np.stack([_curve(red, 0.8), _curve(green, 0.45), 0.12 + 0.76 * blue], axis=1)
    return _saturated(bent.astype(np.float32), 1.12)


_LOOKS: Final[Mapping[Look, Callable[[Colors], Colors]]] = {
    "warm": lambda rgb: _split(_balance(_curve(rgb, 0.15), 1.06, 1.0, 0.9), (0.02, 0.0, -0.02), (0.04, 0.01, -0.05)),
    "cool": lambda rgb: _split(_balance(_curve(rgb, 0.15), 0.93, 1.0, 1.07), (-0.02, 0.0, 0.05), (-0.02, 0.01, 0.03)),
    "teal-orange": lambda rgb: _split(_saturated(_curve(rgb, 0.35), 1.1), (-0.1, 0.02, 0.09), (0.1, 0.01, -0.11)),
    "film": lambda rgb: _split(
        _lifted(_curve(_saturated(rgb, 0.92), 0.4), 0.03, 0.98), (-0.02, 0.01, 0.03), (0.03, 0.01, -0.03)
    ),
    "faded": lambda rgb: _lifted(_saturated(rgb, 0.72), 0.13, 0.93),
    "vintage": lambda rgb: _lifted(_split(_saturated(rgb, 0.62), (0.06, 0.0, 0.03), (0.07, 0.03, -0.1)), 0.08, 0.95),
    "noir": _noir,
    "bleach": _bleach,
    "cross-process": _cross,
    "night": lambda rgb: _split(
        _balance(_saturated(rgb, 0.55), 0.68, 0.74, 0.86) ** 1.2, (-0.02, 0.0, 0.05), (-0.02, 0.0, 0.03)
    ),
}


def look(name: Look, rgb: Colors) -> Colors:
    """Colours as a look shows them; they may leave 0…1 a little."""
    return np.clip(_LOOKS[name](rgb), 0, 1).astype(np.float32)
