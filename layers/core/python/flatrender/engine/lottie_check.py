"""Reads a Lottie file and refuses, by name, what would be drawn wrong, not at all, or without end."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from flatrender.composition import limits
from flatrender.engine.faults import RejectedMedia

type Json = dict[str, Any]
type SlotKind = Literal["text", "color", "image", "other"]

PRECOMP, SOLID, IMAGE, NULL, SHAPE, TEXT = range(6)
_LAYERS: Final = {6: "sound", 7: "a placeholder for video", 9: "video", 13: "a camera", 14: "a light", 15: "data"}
_SHAPES: Final = frozenset(
    {"gr", "sh", "rc", "el", "sr", "fl", "st", "gf", "gs", "tr", "tm", "rp", "rd", "op", "mm", "no"}
)
"""`mm`, Merge Paths, is drawn as in browsers: the paths side by side."""
_SHAPE_NAMES: Final = {"pb": "Pucker & Bloat", "tw": "Twist", "zz": "Zig Zag"}
_EFFECTS: Final = frozenset({20, 21, 22, 23, 25, 29})
"""Tint, fill, stroke, tritone, drop shadow, Gaussian blur."""
_CONTROLS: Final = frozenset({0, 1, 2, 3, 4, 6, 7, 10})
"""Sliders and the like: they draw nothing."""


@dataclass(frozen=True)
class Lottie:
    """A file that may be drawn. `first` is the number of its first frame, `frames` how many there are (it may end
    within one); `slots` are the values that may be replaced, by name.
    """

    document: Json
    width: int
    height: int
    rate: float
    first: float
    frames: float
    slots: dict[str, SlotKind]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.rate


def refuse(reason: str, message: str) -> NoReturn:
    raise RejectedMedia(f"lottie_{reason}", message)


def read(data: bytes) -> Lottie:
    """The animation in a file. Raises RejectedMedia."""
    if len(data) > limits.MAX_LOTTIE_BYTES:
        raise RejectedMedia(
            "too_large", f"The Lottie has {len(data)} bytes; {limits.MAX_LOTTIE_BYTES // 2**20} MiB are allowed."
        )
    document = _parsed(data)
    _check_values(document)
    width, height = (round(_number(document, name, 1, limits.MAX_LOTTIE_SIDE)) for name in "wh")
    rate = _number(document, "fr", 1, limits.MAX_LOTTIE_RATE)
    first, last = (_number(document, name, -1e6, 1e9) for name in ("ip", "op"))
    frames = last - first
    if frames <= 0:
        refuse("empty", "The Lottie has no frames: it ends ('op') before it starts ('ip').")
    if frames / rate > limits.MAX_DURATION:
        raise RejectedMedia(
            "too_long", f"The Lottie lasts {frames / rate:.0f} s; up to {limits.MAX_DURATION:.0f} s are allowed."
        )
    if not document["layers"]:
        refuse("empty", "The Lottie has no layers.")
    known = assets(document)
    compositions = {"": document["layers"], **{name: asset["layers"] for name, asset in _nested(document)}}
    for layers in compositions.values():
        for layer in layers:
            _layer(layer, known)
    _count_instances(compositions)
    if sum(map(len, texts(document))) > limits.MAX_LOTTIE_TEXT:
        refuse("too_large", f"The texts of the Lottie have more than {limits.MAX_LOTTIE_TEXT} characters.")
    return Lottie(document, width, height, rate, first, frames, slots(document))


def looks_like(head: bytes) -> bool:
    """Whether a file that starts so may be a Lottie: a JSON object."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _parsed(data: bytes) -> Json:
    def constant(name: str) -> NoReturn:
        refuse("number", f"The Lottie contains {name}, which is no number.")

    try:
        document = json.loads(data, parse_constant=constant)
    except RecursionError:
        refuse("too_deep", f"The Lottie is nested deeper than {limits.MAX_LOTTIE_DEPTH} levels.")
    except (ValueError, UnicodeError) as error:
        raise RejectedMedia("damaged", f"The Lottie is no valid JSON: {str(error)[:120]}.") from None
    if not isinstance(document, dict) or not isinstance(document.get("layers"), list):
        raise RejectedMedia("unknown_type", "This JSON file is no Lottie animation: it has no list of layers.")
    return document


def _check_values(document: Json) -> None:
    """Counts values and levels without recursion; looks at every number and for expressions."""
    level: list[Any] = [document]
    count = depth = 0
    while level:
        depth += 1
        count += len(level)
        if depth > limits.MAX_LOTTIE_DEPTH:
            refuse("too_deep", f"The Lottie is nested deeper than {limits.MAX_LOTTIE_DEPTH} levels.")
        if count > limits.MAX_LOTTIE_VALUES:
            refuse("too_large", f"The Lottie has more than {limits.MAX_LOTTIE_VALUES} values.")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if "k" in value and isinstance(value.get("x"), str):
                    refuse(
                        "expression",
                        f"The Lottie computes values by expressions ({value['x'].strip()[:40]!r} …). "
                        "Convert expressions to keyframes and export it again.",
                    )
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, (int, float)) and not (abs(value) <= limits.MAX_LOTTIE_NUMBER):
                refuse("number", f"The Lottie contains a number that makes no sense: {str(value)[:20]}.")
        level = inner


def _number(node: Json, name: str, least: float, most: float) -> float:
    value = node.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        refuse("field", f"The Lottie has no number {name!r}.")
    if not least <= value <= most:
        refuse("field", f"The Lottie's {name!r} is {value:g}; it must lie between {least:g} and {most:g}.")
    return float(value)


def _nested(document: Json) -> Iterator[tuple[str, Json]]:
    """The nested compositions, by id."""
    for asset in _list(document.get("assets", []), "assets"):
        if isinstance(asset.get("layers"), list):
            yield str(asset.get("id")), asset


def assets(document: Json) -> dict[str, Json]:
    """All assets by id."""
    return {str(asset.get("id")): asset for asset in _list(document.get("assets", []), "assets")}


def texts(document: Json) -> Iterator[str]:
    """What the text layers say."""
    for layers in (document["layers"], *(asset["layers"] for _, asset in _nested(document))):
        for layer in layers:
            if layer.get("ty") == TEXT:
                style = layer["t"]["d"]["k"][0].get("s")
                yield str(style.get("t", "")) if isinstance(style, dict) else ""


def _list(value: Any, what: str) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        refuse("field", f"The Lottie's {what} are no list of objects.")
    return value


def name_of(layer: Json) -> str:
    """How a person finds a layer."""
    return repr(str(layer.get("nm") or layer.get("ind") or "")[:60])


def _layer(layer: Any, known: dict[str, Json]) -> None:  # noqa: C901  one sentence per kind of trouble
    if not isinstance(layer, dict):
        refuse("field", "The Lottie's layers are no list of objects.")
    kind, name = layer.get("ty"), name_of(layer)
    if kind not in {PRECOMP, SOLID, IMAGE, NULL, SHAPE, TEXT}:
        what = _LAYERS.get(kind, "of an unknown type") if isinstance(kind, int) else "of an unknown type"
        refuse("unsupported", f"The layer {name} of the Lottie is {what}, which is not supported.")
    if layer.get("hd") is True:
        return
    if layer.get("ddd") == 1:
        refuse("unsupported", f"The layer {name} of the Lottie is a 3D layer, which is not supported.")
    if any(style.get("en", 1) for style in _list(layer.get("sy", []), f"styles of {name}")):
        refuse("unsupported", f"The layer {name} of the Lottie has layer styles, which are not supported.")
    for effect in _list(layer.get("ef", []), f"effects of {name}"):
        _effect(effect, name)
    if kind == TEXT:
        _text(layer, name)
    if kind == SHAPE:
        _shapes(_list(layer.get("shapes", []), f"shapes of {name}"), name, 1)
    if kind == IMAGE:
        asset = known.get(str(layer.get("refId")))
        if asset is None:
            refuse("reference", f"The layer {name} of the Lottie shows a picture that is not in it.")
        if not str(asset.get("p", "")).startswith("data:image/") and "sid" not in asset:
            refuse(
                "external",
                f"The layer {name} of the Lottie shows the picture {str(asset.get('p'))[:60]!r} from outside. "
                "Export it with its pictures embedded.",
            )


def _text(layer: Json, name: str) -> None:
    text = layer.get("t")
    frames = text.get("d", {}).get("k") if isinstance(text, dict) and isinstance(text.get("d"), dict) else None
    if (
        not isinstance(text, dict)
        or not isinstance(frames, list)
        or not isinstance(frames[0] if frames else None, dict)
    ):
        refuse("field", f"The text layer {name} of the Lottie has no text.")
    if len(frames) > 1:
        refuse("unsupported", f"The text of the layer {name} of the Lottie changes over time, which is not supported.")
    if any(animator.get("a") for animator in _list(text.get("a", []), f"animators of {name}")):
        refuse(
            "text",
            f"The text layer {name} of the Lottie is animated letter by letter, which is not supported. "
            "Convert it to shapes and export it again.",
        )
    if isinstance(text.get("p"), dict) and "m" in text["p"]:
        refuse("text", f"The text of the layer {name} of the Lottie runs along a path, which is not supported.")


def _effect(effect: Json, name: str) -> None:
    kind = effect.get("ty")
    if effect.get("en", 1) == 0 or kind in _EFFECTS | _CONTROLS:
        return
    label = str(effect.get("nm") or effect.get("mn") or kind)[:60]
    maker = str(effect.get("mn", ""))
    if kind == 5 and (not maker or "Control" in maker or maker.startswith("Pseudo/")):
        return
    refuse("unsupported", f"The layer {name} of the Lottie has the effect {label!r}, which is not supported.")


def _shapes(items: list[Json], name: str, copies: float) -> None:
    """Shapes, groups in groups; `copies` is how often repeaters around draw them."""
    for item in items:
        if item.get("ty") == "rp" and not item.get("hd"):
            copies *= max(1.0, _largest(item.get("c")))
    if copies > limits.MAX_LOTTIE_COPIES:
        refuse(
            "too_complex",
            f"Repeaters in the layer {name} of the Lottie draw more than {limits.MAX_LOTTIE_COPIES} copies.",
        )
    for item in items:
        kind = item.get("ty")
        if item.get("hd"):
            continue
        if kind not in _SHAPES:
            label = _SHAPE_NAMES.get(str(kind), repr(str(kind)[:20]))
            refuse("unsupported", f"The layer {name} of the Lottie uses {label}, which is not supported.")
        if kind == "sr" and _largest(item.get("pt")) > limits.MAX_LOTTIE_POINTS:
            refuse("too_complex", f"A star in the layer {name} of the Lottie has too many points.")
        if kind == "gr":
            _shapes(_list(item.get("it", []), f"shapes of {name}"), name, copies)


def _largest(value: Any) -> float:
    """The largest number in a property, keyframes included."""
    if isinstance(value, dict):
        return max((_largest(value.get(key)) for key in ("k", "s", "e")), default=0.0)
    if isinstance(value, list):
        return max((_largest(item) for item in value), default=0.0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _count_instances(compositions: dict[str, list[Json]]) -> None:
    """Refuses compositions that hold themselves, or that together show too many layers."""
    counts: dict[str, int] = {}
    stack: list[tuple[str, bool]] = [("", False)]
    around: list[str] = []
    while stack:
        name, done = stack.pop()
        inside = [str(layer.get("refId")) for layer in compositions[name] if layer.get("ty") == PRECOMP]
        missing = next((ref for ref in inside if ref not in compositions), None)
        if missing is not None:
            refuse("reference", f"The Lottie refers to a composition {missing[:60]!r} that is not in it.")
        if done:
            around.pop()
            counts[name] = len(compositions[name]) + sum(counts[ref] for ref in inside)
            if counts[name] > limits.MAX_LOTTIE_LAYERS:
                refuse(
                    "too_complex", f"The Lottie shows more than {limits.MAX_LOTTIE_LAYERS} layers, nested ones counted."
                )
            continue
        if name in around:
            refuse("cycle", f"The composition {name[:60]!r} of the Lottie contains itself.")
        if name in counts:
            continue
        if len(around) >= limits.MAX_LOTTIE_NESTING:
            refuse("too_deep", f"Compositions of the Lottie are nested deeper than {limits.MAX_LOTTIE_NESTING} levels.")
        around.append(name)
        stack.append((name, True))
        stack += [(ref, False) for ref in dict.fromkeys(inside)]


def slots(document: Json) -> dict[str, SlotKind]:
    """What may be replaced in a file: every `sid`, and what it stands for."""
    found: dict[str, SlotKind] = {}
    for _, key, node in slotted(document):
        kind: SlotKind = {"asset": "image", "d": "text", "c": "color", "v": "color"}.get(key, "other")  # type: ignore[assignment]
        if key == "v" and not _is_color(node):
            kind = "other"
        found.setdefault(node["sid"], kind)
    return found


def _is_color(node: Json) -> bool:
    value = node.get("k")
    return isinstance(value, list) and len(value) in {3, 4} and all(isinstance(part, (int, float)) for part in value)


def slotted(document: Json) -> Iterator[tuple[Any, str, Json]]:
    """(holder, key, node) of every object with a `sid`; pictures have the key `asset`."""
    pending: list[tuple[Any, str, Any]] = [
        (document, key, document[key]) for key in ("layers", "assets") if key in document
    ]
    while pending:
        holder, key, node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("sid"), str):
                yield holder, key, node
            pending += [(node, name, value) for name, value in node.items()]
        elif isinstance(node, list):
            pending += [(node, "asset" if key == "assets" else key, value) for value in node]
