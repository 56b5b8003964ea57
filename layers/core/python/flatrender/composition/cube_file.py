"""The `.cube` format of colour tables (Adobe, 2013), read strictly, and without numpy."""

import math
from dataclasses import dataclass
from typing import Final

from flatrender.composition import limits

_LINE: Final = 250
"""Characters; the format allows no longer line."""
_FURTHEST: Final = 16.0
MAX_BYTES: Final = limits.MAX_LUT_SIDE**3 * 60
_WORDS: Final = frozenset({"TITLE", "LUT_1D_SIZE", "LUT_3D_SIZE", "DOMAIN_MIN", "DOMAIN_MAX"})


class CubeError(ValueError):
    """Why a file is no LUT that can be used, as a sentence."""


@dataclass(frozen=True)
class Cube:
    """`values` are `size` ** 3 triples of red, green and blue, in which red changes fastest; 0…1 is what is shown."""

    size: int
    values: list[tuple[float, float, float]]
    low: tuple[float, float, float]
    high: tuple[float, float, float]


def detect(head: bytes) -> bool:
    """Whether a file that begins like this says that it is a LUT."""
    for line in head.removeprefix(b"\xef\xbb\xbf")[:8192].splitlines():
        words = line.split(b"#")[0].split(maxsplit=1)
        if words:
            return words[0].decode("latin-1") in _WORDS
    return False


def parse(data: bytes) -> Cube:
    """The table of a file. CubeError when it is none, is a table of one dimension, or holds too much."""
    if len(data) > MAX_BYTES:
        raise CubeError(f"A LUT may have at most {MAX_BYTES / 1e6:.0f} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CubeError("This is no LUT: it is no text.") from error
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        words = line[: _LINE + 1].split("#")[0].split()
        if len(line) > _LINE:
            raise CubeError(f"Line {number} of the LUT is longer than {_LINE} characters.")
        if words:
            reader.line(number, words)
    return reader.made()


class _Reader:
    def __init__(self) -> None:
        self._size = 0
        self._low, self._high = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        self._values: list[tuple[float, float, float]] = []

    def line(self, number: int, words: list[str]) -> None:
        match words[0]:
            case "TITLE" if not self._values:
                return
            case "LUT_1D_SIZE":
                raise CubeError("This LUT has one dimension; a 3D LUT is needed.")
            case "LUT_3D_SIZE" if not self._size and len(words) == 2 and words[1].isdecimal():
                self._size = int(words[1][:6])
                if not 2 <= self._size <= limits.MAX_LUT_SIDE:
                    raise CubeError(f"The size of a LUT must lie between 2 and {limits.MAX_LUT_SIDE}.")
            case "DOMAIN_MIN" if not self._values:
                self._low = self._triple(number, words[1:])
            case "DOMAIN_MAX" if not self._values:
                self._high = self._triple(number, words[1:])
            case _:
                if not self._size:
                    raise CubeError(f"Line {number} is none of a LUT: {' '.join(words)[:40]!r}.")
                if len(self._values) >= self._size**3:
                    raise CubeError(f"The LUT has more than {self._size**3} entries.")
                self._values.append(self._triple(number, words))

    def _triple(self, number: int, words: list[str]) -> tuple[float, float, float]:
        try:
            red, green, blue = (float(word) for word in words)
        except ValueError as error:
            raise CubeError(f"Line {number} of the LUT must hold three numbers.") from error
        if not all(math.isfinite(value) and abs(value) <= _FURTHEST for value in (red, green, blue)):
            raise CubeError(f"A number in line {number} of the LUT is out of range.")
        return red, green, blue

    def made(self) -> Cube:
        if not self._size:
            raise CubeError("This is no LUT: LUT_3D_SIZE is missing.")
        if len(self._values) != self._size**3:
            raise CubeError(f"The LUT has {len(self._values)} entries instead of {self._size**3}.")
        if any(high <= low for low, high in zip(self._low, self._high, strict=True)):
            raise CubeError("DOMAIN_MAX of a LUT must be larger than DOMAIN_MIN.")
        return Cube(self._size, self._values, self._low, self._high)
