"""Small SVG and Lottie files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SVG = "00000000-0000-4000-8000-0000000000d1"
LOTTIE = "00000000-0000-4000-8000-0000000000d2"

LOGO = """<rect width="100" height="50" fill="red"/><circle cx="75" cy="25" r="20" style="fill:#00F"/>"""
"""Red, twice as wide as tall, with a blue disc in its right half."""


def svg(body: str = LOGO, head: str = 'viewBox="0 0 100 50"', before: str = "") -> bytes:
    xmlns = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{before}<svg {xmlns} {head}>{body}</svg>".encode()


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def constant(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}


def moving(*steps: tuple[float, list[float]]) -> dict[str, Any]:
    """Linear keyframes: (frame, value)."""
    ease = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
    return {"a": 1, "k": [{"t": time, "s": value, **ease} for time, value in steps]}


def still(**changes: Any) -> dict[str, Any]:
    """The transform of a layer or group."""
    base: dict[str, Any] = {"p": [0, 0], "a": [0, 0], "s": [100, 100], "r": 0, "o": 100}
    return {**{name: constant(value) for name, value in base.items()}, **changes}


def layer(kind: int, **fields: Any) -> dict[str, Any]:
    return {"ty": kind, "nm": "part", "ip": 0, "op": 40, "st": 0, "ks": still(), **fields}


def shapes(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    transform = {"ty": "tr", **still()}
    return layer(4, shapes=[{"ty": "gr", "it": [*items, transform]}], **fields)


def rectangle(width: float, height: float) -> dict[str, Any]:
    """Around (0, 0)."""
    return {"ty": "rc", "p": constant([0, 0]), "s": constant([width, height]), "r": constant(0)}


def fill(*color: float, **fields: Any) -> dict[str, Any]:
    return {"ty": "fl", "c": {**constant([*color, 1]), **fields}, "o": constant(100), "r": 1}


def text(words: str, slot: str | None = None, **style: Any) -> dict[str, Any]:
    """A text layer, white, its first baseline at (0, 0)."""
    document = {"s": 20, "f": "Any-Bold", "t": words, "j": 0, "tr": 0, "lh": 24, "ls": 0, "fc": [1, 1, 1], **style}
    frames: dict[str, Any] = {"k": [{"s": document, "t": 0}]}
    if slot:
        frames["sid"] = slot
    return layer(5, t={"d": frames, "a": [], "p": {}, "m": {}})


def lottie(layers: Iterable[dict[str, Any]], **fields: Any) -> bytes:
    """Two seconds of 100 x 50 at 20 frames per second."""
    base = {"v": "5.9.0", "fr": 20, "ip": 0, "op": 40, "w": 100, "h": 50, "assets": [], "layers": list(layers)}
    return json.dumps({**base, **fields}).encode()


def runner(**fields: Any) -> bytes:
    """A red square of 20 that runs from x = 10 to x = 90 in the first second, then rests; its colour is the slot
    `brand`.
    """
    place = still(p=moving((0, [10, 25, 0]), (20, [90, 25, 0])))
    return lottie([shapes(rectangle(20, 20), fill(1, 0, 0, sid="brand"), ks=place)], **fields)
