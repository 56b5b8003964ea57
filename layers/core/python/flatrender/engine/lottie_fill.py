"""Puts values into the slots of a Lottie, and makes of it what the drawing library takes: pictures decoded by us, text
as shapes, no slots.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Final

import skia

from flatrender.composition import limits
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.lottie_check import TEXT, Json, Lottie, assets, name_of, refuse, slotted
from flatrender.engine.lottie_text import Outline, as_shapes
from flatrender.engine.surface import LINEAR, shrink

type Color = tuple[float, float, float]
"""Red, green, blue in 0…1."""
type Picture = Callable[[int, int], skia.Image]
"""A picture that fills so many pixels."""

_SHARPER: Final = 2
"""A picture in a slot may have so many times the pixels of the one it replaces, for drawing larger than designed."""
_MAX_SIDE: Final = 4096
_KEPT: Final = ("v", "fr", "ip", "op", "w", "h", "ddd", "assets", "layers")


def filled(
    lottie: Lottie,
    outline: Outline,
    texts: Mapping[str, str] | None = None,
    colors: Mapping[str, Color] | None = None,
    pictures: Mapping[str, Picture] | None = None,
) -> bytes:
    """The JSON to draw; the `lottie` is used up. Raises RejectedMedia."""
    document = lottie.document
    defaults = document.get("slots")
    defaults = defaults if isinstance(defaults, dict) else {}
    for _, key, node in list(slotted(document)):
        name = node.pop("sid")
        entry = defaults.get(name)
        value = entry.get("p") if isinstance(entry, dict) else None
        if isinstance(value, dict):
            node.update({field: inner for field, inner in value.items() if field not in {"id", "sid"}})
        if key == "asset":
            _picture(node, (pictures or {}).get(name))
        elif key == "d" and name in (texts or {}):
            _set_text(node, (texts or {})[name], name)
        elif key in {"c", "v"} and name in (colors or {}):
            node.pop("x", None)
            node.update({"a": 0, "k": [*(colors or {})[name], 1]})
    _embedded(document)
    fonts = document.get("fonts")
    listed = fonts.get("list") if isinstance(fonts, dict) else None
    by_name = {str(font.get("fName")): font for font in listed or [] if isinstance(font, dict)}
    for layers in (document["layers"], *(asset["layers"] for asset in document.get("assets", []) if "layers" in asset)):
        for layer in layers:
            if layer.get("ty") == TEXT:
                try:
                    as_shapes(layer, by_name, outline)
                except (KeyError, IndexError, TypeError, AttributeError):
                    refuse("field", f"The text layer {name_of(layer)} of the Lottie makes no sense.")
    return json.dumps({name: document[name] for name in _KEPT if name in document}, separators=(",", ":")).encode()


def _set_text(node: Json, text: str, name: str) -> None:
    frames = node.get("k")
    style = frames[0].get("s") if isinstance(frames, list) and frames and isinstance(frames[0], dict) else None
    if not isinstance(style, dict):
        refuse("field", f"The slot {name[:60]!r} of the Lottie holds no text.")
    style["t"] = text


def _picture(node: Json, picture: Picture | None) -> None:
    """Put a picture into an asset; without one, it shows what it holds itself, or nothing."""
    width, height = (node.get(side) for side in "wh")
    if not all(isinstance(side, (int, float)) and 1 <= side <= _MAX_SIDE for side in (width, height)):
        refuse("field", f"The picture {str(node.get('id'))[:60]!r} of the Lottie has no size that makes sense.")
    if picture is not None:
        wide, tall = round(float(width or 1)), round(float(height or 1))
        factor = min(_SHARPER, _MAX_SIDE / max(wide, tall))
        node["p"] = _uri(picture(round(wide * factor), round(tall * factor)))
    elif not str(node.get("p", "")).startswith("data:image/"):
        node["p"] = _uri(skia.Surface(1, 1).makeImageSnapshot())
    node.update({"u": "", "e": 1})


def _uri(image: skia.Image) -> str:
    return "data:image/png;base64," + base64.b64encode(bytes(image.encodeToData(skia.kPNG, 100))).decode()


def _embedded(document: Json) -> None:
    """Decode every embedded picture here and write it anew, so that no other decoder ever sees a stranger's bytes."""
    budget = limits.MAX_LOTTIE_PICTURES
    for name, asset in assets(document).items():
        if isinstance(asset.get("layers"), list):
            continue
        given = asset.get("p")
        if not isinstance(given, str) or not given.startswith("data:image/"):
            for field in ("p", "u"):
                asset.pop(field, None)  # nothing shows it, and nothing may be opened by its name
            continue
        image = _decoded(given, name)
        budget -= image.width() * image.height()
        if budget < 0:
            refuse(
                "too_large",
                f"The pictures in the Lottie have more than {limits.MAX_LOTTIE_PICTURES // 10**6} million pixels.",
            )
        image = image.makeRasterImage()
        if image is None:
            raise _unreadable(name)
        asset.update({"p": _uri(image), "u": "", "e": 1})


def _decoded(uri: str, name: str) -> skia.Image:
    """A picture whose size is known, but whose pixels are not yet decoded."""
    head, _, body = uri.partition(",")
    if not head.endswith(";base64"):
        raise _unreadable(name)
    try:
        image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(base64.b64decode(body, validate=True)))
    except (binascii.Error, ValueError, RuntimeError):
        raise _unreadable(name) from None
    if image is None:
        raise _unreadable(name)
    return image


def _unreadable(name: str) -> RejectedMedia:
    return RejectedMedia("lottie_picture", f"The picture {name[:60]!r} in the Lottie cannot be decoded.")


def covering(image: skia.Image, width: int, height: int, cover: bool) -> skia.Image:
    """A picture cut (or, without `cover`, padded) to the shape of `width` x `height`, and shrunk if it is larger."""
    ratios = width / image.width(), height / image.height()
    scale = max(ratios) if cover else min(ratios)
    wide, tall = max(1, round(image.width() * scale)), max(1, round(image.height() * scale))
    if scale < 1:
        image = shrink(image, wide, tall)
    surface = skia.Surface(width, height)
    x, y = (width - wide) / 2, (height - tall) / 2
    surface.getCanvas().drawImageRect(image, skia.Rect.MakeXYWH(x, y, wide, tall), LINEAR)
    return surface.makeImageSnapshot()
