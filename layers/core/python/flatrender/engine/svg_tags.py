"""The elements of SVG: what is drawn, what is referred to, what is refused and why; and how boxes are aligned."""

import re
from typing import Final

from flatrender.engine.svg_css import LOCAL
from flatrender.engine.svg_xml import Node, refused

SHAPES: Final = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
GROUPS: Final = frozenset({"g", "a", "svg", "switch"})
SERVERS: Final = frozenset({"linearGradient", "radialGradient", "pattern"})
HIDDEN: Final = frozenset({"defs", "style", "symbol", "clipPath", "mask", "filter", "marker", "view"}) | SERVERS
"""Elements that draw nothing where they stand."""
FILTERS: Final = frozenset(
    {
        "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feFlood", "feGaussianBlur", "feMerge",
        "feMergeNode", "feMorphology", "feOffset", "feFuncR", "feFuncG", "feFuncB", "feFuncA",
    }
)  # fmt: skip
_ANIMATION: Final = frozenset({"animate", "animateTransform", "animateMotion", "animateColor", "set", "discard"})
_TEXT: Final = frozenset({"text", "tspan", "textPath", "tref", "font", "font-face", "glyph"})
_ACTIVE: Final = frozenset({"script", "handler", "foreignObject", "iframe", "object", "embed", "audio", "video"})


def check(node: Node) -> None:
    """Raise RejectedMedia for an element that is not drawn, or not drawn right."""
    tag = node.tag
    href = node.attributes.get("href", "").strip()
    if tag in _ACTIVE:
        raise refused("svg_script", f"The SVG contains {node.where}, which is active content. Remove it.")
    if tag in _ANIMATION:
        raise refused("svg_animation", f"The SVG is animated by {node.where}; it is drawn as a still. Remove it.")
    if tag in _TEXT:
        raise refused("svg_text", f"The SVG contains text: {node.where}. Convert text to paths and export it again.")
    if tag in {"image", "feImage"}:
        raise refused(
            "svg_image", f"The SVG contains a picture: {node.where}. Use a layer of type 'image' for pictures."
        )
    if href and not href.startswith("#"):
        raise refused("svg_external", f"The SVG refers to something outside: {href[:60]!r} at {node.where}.")
    for name, value in node.attributes.items():
        if "url(" in value.lower() and not LOCAL.fullmatch(value):
            raise refused(
                "svg_external", f"The SVG refers to something outside: {name}={value[:60]!r} at {node.where}."
            )
    known = tag in SHAPES | GROUPS | HIDDEN | FILTERS or tag in {"use", "stop"}
    if not known:
        raise refused("svg_unsupported", f"The SVG contains {node.where}, which is not supported.")


def aligned(box: tuple[float, float, float, float] | None, wide: float, tall: float, node: Node) -> str:
    """The transform that puts a view box into a box of `wide` x `tall`, as preserveAspectRatio says."""
    if box is None:
        return ""
    wanted = node.attributes.get("preserveAspectRatio", "xMidYMid meet").split() or ["xMidYMid"]
    scale_x, scale_y = wide / box[2], tall / box[3]
    if wanted[0] == "none":
        return f"scale({scale_x:.9g} {scale_y:.9g}) translate({-box[0]:.9g} {-box[1]:.9g})"
    aligned = re.fullmatch(r"x(Min|Mid|Max)Y(Min|Mid|Max)", wanted[0])
    if not aligned:
        raise refused("svg_value", f"The SVG has a wrong 'preserveAspectRatio' at {node.where}.")
    scale = max(scale_x, scale_y) if wanted[1:] == ["slice"] else min(scale_x, scale_y)
    share = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
    x = (wide - box[2] * scale) * share[aligned[1]] - box[0] * scale
    y = (tall - box[3] * scale) * share[aligned[2]] - box[1] * scale
    return f"translate({x:.9g} {y:.9g}) scale({scale:.9g})"
