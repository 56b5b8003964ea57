"""The values of SVG attributes: checked, and written so that skia reads them as everybody else does."""

import math
import re
from collections.abc import Callable
from typing import Final

NUMBER: Final = r"(?>[-+]?(?>\d+\.?\d*|\.\d+)(?>[eE][-+]?\d+)?)"
_SEP: Final = r"[\s,]*"
_LENGTH: Final = re.compile(rf"\s*({NUMBER})(px|pt|pc|mm|cm|in|em|rem|ex|%)?\s*")
_LIST: Final = re.compile(rf"\s*(?:{NUMBER}{_SEP})*+")
_NUMBERS: Final = re.compile(NUMBER)
_URL: Final = re.compile(r"url\(\s*+(['\"]?)\s*+#([^'\")\s]++)\s*+\1\s*+\)\s*+(.*)", re.DOTALL | re.IGNORECASE)
_TRANSFORM: Final = re.compile(r"\s*+,?\s*+(matrix|translate|scale|rotate|skewX|skewY)\s*+\(([^()]*)\)\s*+")
_ARGUMENTS: Final = {
    "matrix": {6},
    "translate": {1, 2},
    "scale": {1, 2},
    "rotate": {1, 3},
    "skewX": {1},
    "skewY": {1},
}
_PIXELS: Final = {
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
_N, _S = NUMBER, _SEP
_FLAG: Final = r"[01]"
_COMMAND: Final = re.compile(
    rf"[MmLlTt](?>(?:{_S}{_N}){{2}})++|[HhVv](?>{_S}{_N})++|[Cc](?>(?:{_S}{_N}){{6}})++|[SsQq](?>(?:{_S}{_N}){{4}})++"
    rf"|[Aa](?>(?:{_S}{_N}){{3}}{_S}{_FLAG}{_S}{_FLAG}(?:{_S}{_N}){{2}})++|[Zz]"
)
_GAP: Final = re.compile(r"[\s,]*+")
LIMIT: Final = 1e7
"""No number of a drawing is larger."""
MAX_TRANSFORM: Final = 20_000
"""Characters."""


class BadValue(ValueError):
    """An attribute's value makes no sense; the message says why."""


def _finite(number: float) -> float:
    if not math.isfinite(number) or abs(number) > LIMIT:
        raise BadValue("the number is too large")
    return number


def pixels(text: str, whole: float | None = None) -> float:
    """A length in user units; percentages are of `whole`."""
    match = _LENGTH.fullmatch(text)
    if not match:
        raise BadValue("this is no length")
    number, unit = float(match[1]), match[2]
    if unit == "%":
        if whole is None:
            raise BadValue("percentages are not possible here")
        return _finite(number / 100 * whole)
    return _finite(number * _PIXELS[unit or "px"])


def length(text: str) -> str:
    """A length as skia takes it: user units, or a percentage."""
    match = _LENGTH.fullmatch(text)
    if match and match[2] == "%":
        return f"{_finite(float(match[1])):.9g}%"
    return f"{pixels(text):.9g}"


def fraction(text: str) -> str:
    """An opacity or an offset, 0…1, also given in percent."""
    match = _LENGTH.fullmatch(text)
    if not match or match[2] not in {None, "%"}:
        raise BadValue("this is no number")
    value = float(match[1]) / (100 if match[2] else 1)
    return f"{min(1.0, max(0.0, value)):.6g}"


def numbers(text: str) -> str:
    """A list of numbers."""
    if not _LIST.fullmatch(text):
        raise BadValue("this is no list of numbers")
    return " ".join(f"{_finite(float(found)):.9g}" for found in _NUMBERS.findall(text))


def lengths(text: str) -> str:
    """A list of lengths in user units, such as dashes."""
    if text.strip() == "none":
        return "none"
    parts = [part for part in re.split(r"[\s,]+", text.strip()) if part]
    found = [pixels(part) for part in parts]
    if any(value < 0 for value in found):
        raise BadValue("lengths must not be negative")
    # Skia cuts a line into at most a million dashes; those too short to be seen would only cost time.
    if not any(found) or sum(found) < len(found) * 0.01:
        return "none"
    return " ".join(f"{value:.9g}" for value in found)


def word(text: str) -> str:
    """A keyword, or a name of a result within a filter."""
    if not re.fullmatch(r"[\w.-]{1,60}", text.strip()):
        raise BadValue("this is no keyword")
    return text.strip()


def transform(text: str) -> str:
    """A list of transforms."""
    at, written = 0, []
    text = text.strip()
    if text == "none":
        return ""
    if len(text) > MAX_TRANSFORM:
        raise BadValue("it is too long")
    while at < len(text):
        match = _TRANSFORM.match(text, at)
        if not match:
            raise BadValue("this is no transform")
        arguments = numbers(match[2])
        if len(arguments.split()) not in _ARGUMENTS[match[1]]:
            raise BadValue(f"{match[1]}() has a wrong number of arguments")
        written.append(f"{match[1]}({arguments})")
        at = match.end()
    return " ".join(written)


def path(text: str) -> str:
    """Path data, each command in full."""
    text = text.strip()
    if text in {"", "none"}:
        return ""
    if text[0] not in "Mm":
        raise BadValue("a path begins with M")
    at = 0
    while at < len(text):
        match = _COMMAND.match(text, at)
        if not match:
            raise BadValue(f"the path cannot be read from its character {at + 1} on, {text[at : at + 12]!r}")
        gap = _GAP.match(text, match.end())
        at = gap.end() if gap else match.end()
    return text


def view_box(text: str) -> tuple[float, float, float, float]:
    """x, y, width, height."""
    found = [float(value) for value in numbers(text).split()]
    if len(found) != 4 or min(found[2:]) <= 0:
        raise BadValue("a view box has four numbers, the last two larger than 0")
    return found[0], found[1], found[2], found[3]


def reference(text: str) -> tuple[str, str] | None:
    """The id and the fallback of `url(#id) fallback`; None when it is no reference."""
    if "url(" not in text.lower():
        return None
    match = _URL.fullmatch(text.strip())
    if not match:
        raise BadValue("only url(#id) within the same file is possible")
    return match[2], match[3].strip()


type Rule = Callable[[str], str]
_GEOMETRY: Final = "x y width height x1 y1 x2 y2 cx cy r rx ry fx fy dx dy"
_KEYWORDS: Final = (
    "gradientUnits spreadMethod patternUnits patternContentUnits clipPathUnits maskUnits maskContentUnits "
    "filterUnits primitiveUnits in in2 result mode operator type edgeMode xChannelSelector yChannelSelector"
)
_LISTS: Final = "stdDeviation radius values tableValues k1 k2 k3 k4 slope intercept amplitude exponent"

ATTRIBUTES: Final[dict[str, Rule]] = {
    **dict.fromkeys(_GEOMETRY.split(), length),
    **dict.fromkeys(_KEYWORDS.split(), word),
    **dict.fromkeys(_LISTS.split(), numbers),
    "offset": fraction,
    "points": numbers,
    "d": path,
    "transform": transform,
    "gradientTransform": transform,
    "patternTransform": transform,
}
"""What is kept of the attributes that are no styles."""

PROPERTIES: Final[dict[str, Rule]] = {
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "flood-opacity"), fraction),
    **dict.fromkeys(
        ("fill-rule", "clip-rule", "stroke-linecap", "stroke-linejoin", "color-interpolation-filters"), word
    ),
    "stroke-width": length,
    "stroke-miterlimit": numbers,
    "stroke-dasharray": lengths,
    "stroke-dashoffset": length,
}
"""What is kept of the styles, but for colours, references and what decides whether an element is seen."""

NEUTRAL: Final[dict[str, frozenset[str]]] = {
    "mix-blend-mode": frozenset({"normal"}),
    "vector-effect": frozenset({"none"}),
    "paint-order": frozenset({"normal", "fill", "fill stroke", "fill stroke markers", "stroke fill markers"})
    - {"stroke fill markers"},
    "marker": frozenset({"none"}),
    "marker-start": frozenset({"none"}),
    "marker-mid": frozenset({"none"}),
    "marker-end": frozenset({"none"}),
    "transform-origin": frozenset({"0 0", "0px 0px"}),
    "transform-box": frozenset(),
    "mask-type": frozenset({"luminance"}),
    "mask-image": frozenset({"none"}),
    "clip": frozenset({"auto"}),
    "backdrop-filter": frozenset({"none"}),
    "animation": frozenset({"none"}),
    "animation-name": frozenset({"none"}),
    "transition": frozenset({"none"}),
    "offset-path": frozenset({"none"}),
}
"""Styles that are not supported, with the values that make no difference."""
