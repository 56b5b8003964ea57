"""Text layers of a Lottie as shapes: the library that draws Lotties does not shape text, skia does."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from flatrender.engine.lottie_check import SHAPE, Json, refuse

_TOKEN: Final = re.compile(r"[MLQCZ]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_POINTS: Final = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
_ALIGN: Final[dict[int, Literal["left", "right", "center", "justify"]]] = {0: "left", 1: "right", 2: "center"}
_WEIGHTS: Final = (
    ("thin", 100), ("extralight", 200), ("ultralight", 200), ("semibold", 600), ("demibold", 600), ("extrabold", 800),
    ("ultrabold", 800), ("light", 300), ("medium", 500), ("bold", 700), ("black", 900), ("heavy", 900),
)  # fmt: skip

type Outline = Callable[["TextSpec"], str]
"""Path data (absolute M, L, Q, C and Z) of a text in the coordinates of its layer."""
type Point = tuple[float, float]


@dataclass(frozen=True)
class TextSpec:
    """A text as a Lottie describes it. Sizes in units of the file, `tracking` too. Without `box` (left, top, width,
    height) the first baseline lies at y = 0, and x = 0 is what `align` aligns to. `weight` is None for that of the
    font.
    """

    text: str
    size: float
    weight: int | None
    italic: bool
    tracking: float
    line_height: float
    align: Literal["left", "right", "center", "justify"]
    box: tuple[float, float, float, float] | None


def _broken(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x03", "\n")


def as_shapes(layer: Json, fonts: dict[str, Json], outline: Outline) -> None:
    """Turn a text layer (as `lottie_check` lets it through) into a shape layer, in place."""
    found = layer["t"]["d"]["k"][0].get("s")
    style: Json = found if isinstance(found, dict) else {}
    size = _positive(style.get("s"), 16.0)
    font = fonts.get(str(style.get("f")), {})
    look = f"{font.get('fStyle', '')} {style.get('f', '')}".lower().replace("-", "").replace(" ", "")
    text = _broken(str(style.get("t", "")))
    spec = TextSpec(
        text=text.upper() if style.get("ca") in {1, 2} else text,
        size=size,
        weight=next((weight for name, weight in _WEIGHTS if name in look), None),
        italic="italic" in look or "oblique" in look,
        tracking=_number(style.get("tr"), 0.0) / 1000 * size,
        line_height=_positive(style.get("lh"), size * 1.2),
        align=_ALIGN.get(style.get("j", 0), "justify"),
        box=_box(style),
    )
    for name in ("t", "shapes"):
        layer.pop(name, None)
    shift = -_number(style.get("ls"), 0.0)
    items: list[Json] = list(_contours(outline(spec), shift)) if spec.text.strip() else []
    if items:
        layer["shapes"] = [{"ty": "gr", "nm": "text", "it": [*items, *_paints(style), _still()]}]
    else:
        layer["shapes"] = []
    layer["ty"] = SHAPE


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else default


def _positive(value: Any, default: float) -> float:
    number = _number(value, default)
    return number if number > 0 else default


def _box(style: Json) -> tuple[float, float, float, float] | None:
    size, place = style.get("sz"), style.get("ps")
    if not isinstance(size, list) or len(size) < 2:
        return None
    x, y = place[:2] if isinstance(place, list) and len(place) >= 2 else (0.0, 0.0)
    return _number(x, 0.0), _number(y, 0.0), _positive(size[0], 1.0), _positive(size[1], 1.0)


def _paints(style: Json) -> list[Json]:
    """Fill and stroke; what comes first is drawn on top."""
    paints: list[Json] = []
    if isinstance(style.get("fc"), list):
        paints.append({"ty": "fl", "c": _constant(style["fc"]), "o": _constant(100), "r": 1})
    if isinstance(style.get("sc"), list) and _number(style.get("sw"), 0.0) > 0:
        stroke = {"ty": "st", "c": _constant(style["sc"]), "o": _constant(100), "w": _constant(style["sw"])}
        paints.insert(0 if style.get("of", True) else len(paints), {**stroke, "lc": 2, "lj": 2})
    return paints


def _constant(value: Any) -> Json:
    return {"a": 0, "k": value}


def _still() -> Json:
    """The transform that every group must have."""
    zero = [0, 0]
    places = {"p": zero, "a": zero, "s": [100, 100], "r": 0, "o": 100, "sk": 0, "sa": 0}
    return {"ty": "tr", **{name: _constant(value) for name, value in places.items()}}


def _contours(data: str, shift: float) -> Iterator[Json]:
    """Path data as closed Bézier shapes, moved down by `shift`."""
    vertices: list[Point] = []
    ins: list[Point] = []
    outs: list[Point] = []

    def shape() -> Json:
        path = {"c": True, "v": [[x, y + shift] for x, y in vertices], "i": ins[:], "o": outs[:]}
        return {"ty": "sh", "ks": _constant(path)}

    for command, points in _segments(data):
        if command in "MZ":
            if len(vertices) > 1:
                yield shape()
            vertices, ins, outs = [], [], []
        if command == "Z":
            continue
        end = points[-1]
        if vertices:
            start = vertices[-1]
            first, second = _controls(command, start, points)
            outs[-1] = (first[0] - start[0], first[1] - start[1])
            ins.append((second[0] - end[0], second[1] - end[1]))
        else:
            ins.append((0.0, 0.0))
        vertices.append(end)
        outs.append((0.0, 0.0))
    if len(vertices) > 1:
        yield shape()


def _controls(command: str, start: Point, points: list[Point]) -> tuple[Point, Point]:
    """The control points of a segment as a cubic."""
    end = points[-1]
    if command == "C":
        return points[0], points[1]
    if command == "Q":
        (x, y) = points[0]
        return (
            (start[0] + (x - start[0]) * 2 / 3, start[1] + (y - start[1]) * 2 / 3),
            (end[0] + (x - end[0]) * 2 / 3, end[1] + (y - end[1]) * 2 / 3),
        )
    return start, end


def _segments(data: str) -> Iterator[tuple[str, list[Point]]]:
    command, numbers = "", list[float]()
    for token in [*_TOKEN.findall(data), "M"]:
        if token not in _POINTS:
            numbers.append(float(token))
            continue
        if command == "Z":
            yield "Z", []
        step = 2 * _POINTS.get(command, 0)
        for at in range(0, len(numbers), step) if step else ():
            part = numbers[at : at + step]
            yield (command if at == 0 or command != "M" else "L"), list(zip(part[::2], part[1::2], strict=True))
        command, numbers = token, []


def nothing(_spec: TextSpec) -> str:
    """An outline for those who only want to know whether the rest can be drawn."""
    return ""


def unwritable(text: str) -> None:
    """Raise RejectedMedia: some characters of a text have no outline."""
    refuse("text", f"The text {text[:40]!r} of the Lottie has characters without an outline, such as coloured emoji.")
