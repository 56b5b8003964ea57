"""SVG path data: parsed here, without a graphics library, so that validation and engine agree on what is valid."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from flatrender.composition import limits

_TOKEN: Final = re.compile(r"[MmZzLlHhVvCcSsQqTtAa]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[\s,]+|.")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COUNT: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}

type Segment = tuple[str, tuple[float, ...]]
"""An absolute command: M x y, L x y, C x1 y1 x2 y2 x y, Q x1 y1 x y, A rx ry rotation large sweep x y, Z."""


def _tokens(data: str) -> Iterator[tuple[str, list[float]]]:
    command, numbers = "", list[float]()
    for token in _TOKEN.findall(data):
        if token.upper() in _COUNT:
            if command:
                yield command, numbers
            command, numbers = token, []
        elif _NUMBER.fullmatch(token) and command:
            number = float(token)
            if abs(number) > limits.MAX_PATH_NUMBER:
                raise ValueError(f"{token[:20]} is too large a number")
            numbers.append(number)
        elif token.strip(" \t\r\n,"):
            raise ValueError(f"unexpected {token!r}")
    if command:
        yield command, numbers


def parse(data: str) -> list[Segment]:  # noqa: C901, PLR0912  one case per command of the format
    """The path as absolute segments, shorthands spelled out. ValueError with the reason when it is no path data."""
    segments: list[Segment] = []
    x = y = start_x = start_y = 0.0
    control: tuple[str, float, float] = ("", 0.0, 0.0)
    for letter, numbers in _tokens(data):
        kind, relative, count = letter.upper(), letter.islower(), _COUNT[letter.upper()]
        if not segments and kind != "M":
            raise ValueError("a path must begin with M")
        if (count == 0 and numbers) or (count and (not numbers or len(numbers) % count)):
            raise ValueError(f"{letter} takes {count} numbers at a time, not {len(numbers)}")
        for n in range(max(1, len(numbers) // count if count else 1)):
            part = numbers[n * count : (n + 1) * count]
            dx, dy = (x, y) if relative else (0.0, 0.0)
            if kind == "Z":
                segments.append(("Z", ()))
                x, y = start_x, start_y
                continue
            if kind == "A":
                points = [*part[:5], part[5] + dx, part[6] + dy]
            elif kind == "H":
                points = [part[0] + dx, y]
            elif kind == "V":
                points = [x, part[0] + dy]
            else:
                points = [value + (dy if i % 2 else dx) for i, value in enumerate(part)]
            name = {"H": "L", "V": "L", "S": "C", "T": "Q"}.get(kind, kind)
            if kind == "M" and n:
                name = "L"
            if kind in "ST":
                curve = control[0] == name
                points = [2 * x - control[1] if curve else x, 2 * y - control[2] if curve else y, *points]
            segments.append((name, tuple(points)))
            control = (name, points[-4], points[-3]) if name in "CQ" else ("", 0.0, 0.0)
            x, y = points[-2], points[-1]
            if name == "M":
                start_x, start_y = x, y
    if not segments:
        raise ValueError("the path is empty")
    return segments


def form(segments: list[Segment]) -> str:
    """What two paths must have in common to flow into each other: their commands, and which way their arcs go."""
    return "".join(f"A{part[3]:g}{part[4]:g}" if name == "A" else name for name, part in segments)


def form_of(data: str) -> str:
    """Equal for paths of the same form, which it begins like; remembered, because a nested composition has its paths
    in each of its uses. ValueError with the reason when it is no path data.
    """
    if len(_forms) >= _REMEMBERED:
        _forms.clear()
    key = blake2b(data.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if key not in _forms:
        try:
            whole = form(parse(data))
            _forms[key] = whole if len(whole) <= _SHORT else whole[:_SHORT] + blake2b(whole.encode()).hexdigest(), ""
        except ValueError as error:
            _forms[key] = "", str(error)
    found, problem = _forms[key]
    if problem:
        raise ValueError(problem)
    return found


_REMEMBERED: Final = 5_000
_SHORT: Final = 100
_forms: dict[bytes, tuple[str, str]] = {}
