"""Writes an SVG anew with what skia draws right, and nothing else.

Only known elements, attributes and values get through; styles become attributes, `<use>` is spelled out, references
are renamed. Whatever would be drawn wrong or not at all is refused by name and line, as is what would take too long.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.sax.saxutils import quoteattr

from flatrender.composition import limits
from flatrender.engine import svg_colors
from flatrender.engine import svg_values as values
from flatrender.engine.svg_css import Declarations, StyleSheet, declarations
from flatrender.engine.svg_tags import FILTERS, GROUPS, HIDDEN, SERVERS, SHAPES, aligned, check
from flatrender.engine.svg_xml import Node, read, refused

_COLORS: Final = {"fill": "fill-opacity", "stroke": "stroke-opacity", "stop-color": "stop-opacity"} | {
    "flood-color": "flood-opacity"
}
_COSTS: Final = {"mask": 40, "filter": 400, "pattern": 40, "clipPath": 3}
"""What a reference costs besides the content of its target, in elements."""
_GRADIENT: Final = (
    "x1", "y1", "x2", "y2", "cx", "cy", "r", "fx", "fy", "gradientUnits", "gradientTransform", "spreadMethod",
)  # fmt: skip


class CleanSvg(NamedTuple):
    """`width` and `height` in user units, from the view box; `xml` draws them from (0, 0) on."""

    width: float
    height: float
    xml: bytes


def clean(data: bytes, colors: Mapping[str, str] | None = None) -> CleanSvg:
    """The drawing of an SVG file. `colors` maps colours of the file (`#rrggbb`) to those drawn in their stead
    (`#rrggbb` or `#rrggbbaa`). Raises RejectedMedia.
    """
    return _Cleaner(read(data), {key.lower(): value for key, value in (colors or {}).items()}).document()


class _Context(NamedTuple):
    """What an element inherits that is not left to skia."""

    color: str
    visible: bool
    uses: tuple[str, ...]
    """The ids of the `<use>` targets around."""


class _Cleaner:
    def __init__(self, root: Node, colors: Mapping[str, str]) -> None:
        self._root, self._colors = root, colors
        self._nodes: dict[str, Node] = {}
        self._resources: dict[str, tuple[str, int]] = {}
        """Of each id that was referred to: its new name, and what drawing it costs."""
        self._making: set[str] = set()
        self._definitions: list[str] = []
        self._styles: dict[int, Declarations] = {}
        self._values: dict[tuple[int, str], str] = {}
        self._emitted = self._cost = self._depth = self._length = 0
        styles, pending = [], [root]
        while pending:
            node = pending.pop()
            pending += node.children[::-1]
            check(node)
            if node.tag == "style":
                styles.append(node)
            if "id" in node.attributes:
                self._nodes.setdefault(node.attributes["id"], node)
        self._sheet = StyleSheet(styles)

    def document(self) -> CleanSvg:
        left, top, width, height = self._frame()
        start = _Context("#000000", True, ())
        body: list[str] = []
        self._open_group(self._root, body, start, f'transform="translate({-left:.9g} {-top:.9g})"')
        head = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width:.9g}" height="{height:.9g}">'
        )
        xml = f"{head}<defs>{''.join(self._definitions)}</defs>{''.join(body)}</svg>"
        return CleanSvg(width, height, xml.encode())

    def _frame(self) -> tuple[float, float, float, float]:
        """The part of the drawing that is shown."""
        given = self._root.attributes
        try:
            if given.get("viewBox", "").strip():
                return values.view_box(given["viewBox"])
            sides = [values.pixels(given[name]) for name in ("width", "height")]
        except KeyError:
            raise refused("svg_size", "The SVG has neither a viewBox nor a width and height.") from None
        except values.BadValue as error:
            raise refused("svg_size", f"The size of the SVG makes no sense: {error}.") from None
        if min(sides) <= 0:
            raise refused("svg_size", "The SVG has no size.")
        return 0.0, 0.0, sides[0], sides[1]

    def _style(self, node: Node) -> Declarations:
        """The styles of an element, worked out once, however often it is repeated."""
        if id(node) not in self._styles:
            self._styles[id(node)] = self._found(node)
        return self._styles[id(node)]

    def _found(self, node: Node) -> Declarations:
        own = {name.lower(): value.strip() for name, value in node.attributes.items() if name not in {"style", "class"}}
        given = self._sheet.of(node) | declarations(node.attributes.get("style", ""), node.where)
        for name in ("transform", "d", "x", "y", "cx", "cy", "r", "rx", "ry"):
            if given.get(name, "none") != "none":
                raise refused(
                    "svg_style", f"The SVG sets {name!r} as a style at {node.where}; it has to be an attribute."
                )
        found = own | given
        for name, neutral in values.NEUTRAL.items():
            value = " ".join(found.get(name, "").split())
            if (
                value
                and value not in neutral
                and value != "inherit"
                and not (name == "animation" and node is self._root)
            ):
                raise refused(
                    "svg_style", f"The SVG uses {name}: {value[:40]} at {node.where}, which is not supported."
                )
        return found

    def _tick(self, cost: int = 1) -> None:
        self._emitted += 1
        self._cost += cost
        if self._emitted > limits.MAX_SVG_DRAWN or self._cost > limits.MAX_SVG_COST:
            raise refused(
                "svg_too_complex",
                "Drawing the SVG takes too much: repeated by <use>, or under too many masks, patterns or filters.",
            )

    def _draw(self, node: Node, out: list[str], context: _Context) -> None:
        if node.tag in HIDDEN:
            return
        self._depth += 1
        if self._depth > limits.MAX_SVG_DEPTH:
            raise refused(
                "svg_too_deep", f"The SVG is nested deeper than {limits.MAX_SVG_DEPTH} levels at {node.where}."
            )
        self._draw_seen(node, out, context)
        self._depth -= 1

    def _draw_seen(self, node: Node, out: list[str], context: _Context) -> None:
        style = self._style(node)
        if style.get("display") == "none":
            return
        if node.tag == "use":
            self._use(node, style, out, context)
        elif node.tag in SHAPES:
            inner = self._inner(style, context, node)
            if inner.visible:
                self._tick()
                out.append(f"<{node.tag}{self._attributes(node, style, inner)}/>")
        elif node.tag == "svg":
            self._viewport(node, out, context, self._size(node, "width"), self._size(node, "height"))
        elif node.tag in GROUPS:
            self._open_group(node, out, context)
        else:
            raise refused("svg_unsupported", f"The SVG contains {node.where} where it means nothing.")

    def _open_group(self, node: Node, out: list[str], context: _Context, extra: str = "") -> None:
        style = self._style(node)
        if style.get("display") == "none":
            return
        inner = self._inner(style, context, node)
        self._tick()
        skipped = {"x", "y", "width", "height"} | ({"transform"} if node is self._root else set())
        out.append(f"<g{self._attributes(node, style, inner, skipped)}>")
        out.append(f"<g {extra}>" if extra else "")
        for child in node.children:
            self._draw(child, out, inner)
            if node.tag == "switch" and child.tag not in HIDDEN:
                break
        out.append("</g>" if extra else "")
        out.append("</g>")

    def _use(self, node: Node, style: Declarations, out: list[str], context: _Context) -> None:
        name = node.attributes.get("href", "").strip().removeprefix("#")
        target = self._target(name, node)
        if name in context.uses or len(context.uses) >= limits.MAX_SVG_DEPTH:
            raise refused("svg_cycle", f"The SVG repeats itself without end by {node.where}.")
        inner = self._inner(style, context, node)._replace(uses=(*context.uses, name))
        x, y = self._size(node, "x") or "0", self._size(node, "y") or "0"
        self._tick()
        out.append(f"<g{self._attributes(node, style, inner, {'x', 'y', 'width', 'height'})}>")
        out.append(f'<g transform="translate({x} {y})">')
        if target.tag in {"symbol", "svg"}:
            sizes = [self._size(node, side) or self._size(target, side) for side in ("width", "height")]
            self._viewport(target, out, inner, *sizes)
        else:
            self._draw(target, out, inner)
        out.append("</g></g>")

    def _viewport(self, node: Node, out: list[str], context: _Context, width: str | None, height: str | None) -> None:
        """A nested `<svg>` or a `<symbol>`: a box of its own, which its content does not leave."""
        _, _, whole_width, whole_height = self._frame()
        try:
            wide = values.pixels(width or "100%", whole_width)
            tall = values.pixels(height or "100%", whole_height)
            box = values.view_box(node.attributes["viewBox"]) if node.attributes.get("viewBox") else None
            x, y = (values.pixels(node.attributes.get(side, "0"), 0.0) for side in "xy")
        except values.BadValue as error:
            raise refused("svg_value", f"The SVG has a wrong size at {node.where}: {error}.") from None
        if wide <= 0 or tall <= 0:
            return
        move = f"translate({x:.9g} {y:.9g})" if node.tag == "svg" else ""
        style = self._style(node)
        inner = self._inner(style, context, node)
        clip = ""
        if style.get("overflow") not in {"visible", "auto"}:
            name = f"v{len(self._definitions)}"
            self._definitions.append(f'<clipPath id="{name}"><rect width="{wide:.9g}" height="{tall:.9g}"/></clipPath>')
            clip = f' clip-path="url(#{name})"'
        self._tick(3)
        out.append(f"<g{self._attributes(node, style, inner, {'x', 'y', 'width', 'height', 'transform'})}>")
        out.append(f'<g transform="{move}"><g{clip}><g transform="{aligned(box, wide, tall, node)}">')
        for child in node.children:
            self._draw(child, out, inner)
        out.append("</g></g></g></g>")

    def _size(self, node: Node, name: str) -> str | None:
        """A length; None when it is not given or automatic."""
        given = node.attributes.get(name, "").strip()
        if given in {"", "auto"}:
            return None
        try:
            return values.length(given)
        except values.BadValue as error:
            raise refused("svg_value", f"The SVG has a wrong {name!r} at {node.where}: {error}.") from None

    def _target(self, name: str, node: Node) -> Node:
        found = self._nodes.get(name)
        if found is None:
            raise refused("svg_reference", f"The SVG refers to {name[:40]!r} at {node.where}, which is not in it.")
        return found

    def _inner(self, style: Declarations, context: _Context, node: Node) -> _Context:
        color = style.get("color", "inherit")
        if color not in {"inherit", "currentColor", "currentcolor"}:
            parsed = svg_colors.parse(color)
            if parsed is None:
                raise self._bad("color", color, node)
            context = context._replace(color=parsed[0])
        visibility = style.get("visibility", "inherit")
        return context if visibility == "inherit" else context._replace(visible=visibility == "visible")

    def _bad(self, name: str, value: str, node: Node, why: str = "this is no colour") -> Exception:
        return refused("svg_value", f"The SVG has a wrong {name!r} at {node.where}: {value[:40]!r}: {why}.")

    def _attributes(
        self, node: Node, style: Declarations, context: _Context, skipped: set[str] | frozenset[str] = frozenset()
    ) -> str:
        """All that is kept of an element's attributes and styles, as they are written."""
        found: dict[str, str] = {}
        for name in sorted(values.ATTRIBUTES.keys() & node.attributes.keys() - skipped):
            if node.attributes[name].strip() not in {"", "auto"}:
                found[name] = self._checked(values.ATTRIBUTES[name], name, node.attributes[name], node)
        for name, rule in values.PROPERTIES.items():
            value = style.get(name, "")
            if value and value != "inherit":
                found[name] = self._checked(rule, name, value, node)
        for name, opacity in _COLORS.items():
            value = style.get(name, "")
            if value and value != "inherit":
                found |= self._paint(name, opacity, value, found.get(opacity, "1"), node, context)
        found |= self._references(node, style, context)
        if float(found.get("opacity", "1")) < 1 and node.tag not in SHAPES:
            self._tick(5)
        written = "".join(f" {name}={quoteattr(value)}" for name, value in found.items() if value)
        self._length += len(written)
        if self._length > limits.MAX_SVG_WRITTEN:
            raise refused("svg_too_complex", "The SVG repeats long paths too often by <use>.")
        return written

    def _references(self, node: Node, style: Declarations, context: _Context) -> dict[str, str]:
        tags = {"clip-path": "clipPath", "mask": "mask", "filter": "filter"}
        return {
            name: f"url(#{self._resource(style[name], frozenset({tag}), name, node, context)})"
            for name, tag in tags.items()
            if style.get(name, "none") not in {"none", "inherit", ""}
        }

    def _checked(self, rule: values.Rule, name: str, value: str, node: Node) -> str:
        """A value as it is written, worked out once, however often its element is repeated."""
        key = id(node), name
        if key not in self._values:
            try:
                self._values[key] = rule(value)
            except values.BadValue as error:
                raise self._bad(name, value, node, str(error)) from None
        return self._values[key]

    def _paint(  # noqa: PLR0917  a colour is nothing without its opacity
        self, name: str, opacity: str, value: str, given: str, node: Node, context: _Context
    ) -> dict[str, str]:
        if value == "none":
            return {name: "none"}
        if "url(" in value.lower():
            return {name: f"url(#{self._resource(value, SERVERS, name, node, context)})"}
        if value.lower() == "currentcolor":
            value = context.color
        parsed = svg_colors.parse(value)
        if parsed is None:
            raise self._bad(name, value, node)
        color, alpha = parsed
        changed = svg_colors.parse(self._colors[color]) if color in self._colors else None
        if changed is not None:
            color, alpha = changed[0], alpha * changed[1]
        return {name: color} if alpha == 1 else {name: color, opacity: f"{float(given) * alpha:.6g}"}

    def _resource(self, value: str, tags: frozenset[str], name: str, node: Node, context: _Context) -> str:
        """The new name of what `url(#id)` refers to, which is written out the first time."""
        try:
            found = values.reference(value)
        except values.BadValue as error:
            raise refused(
                "svg_external", f"The SVG has a wrong {name!r} at {node.where}: {value[:60]!r}: {error}."
            ) from None
        if found is None:
            raise self._bad(name, value, node, "only url(#id) is supported")
        old = found[0]
        target = self._target(old, node)
        if target.tag not in tags:
            raise self._bad(name, value, node, f"{target.where} cannot be used here")
        if old in self._making:
            raise refused("svg_cycle", f"The SVG refers to itself without end by {target.where}.")
        if len(self._making) >= limits.MAX_SVG_REFERENCES:
            raise refused("svg_too_deep", f"The SVG refers on and on, the last time to {target.where}.")
        if old not in self._resources:
            self._making.add(old)
            before = self._cost
            new = f"r{len(self._resources) + len(self._making)}"
            written = self._written(target, new, context._replace(visible=True))
            self._definitions.append(written)
            self._resources[old] = new, self._cost - before + _COSTS.get(target.tag, 1)
            self._making.discard(old)
        new, cost = self._resources[old]
        self._tick(cost)
        return new

    def _written(self, target: Node, name: str, context: _Context) -> str:
        if target.tag in {"linearGradient", "radialGradient"}:
            return self._gradient(target, name, context)
        style = self._style(target)
        inner = self._inner(style, context, target)
        body: list[str] = []
        if target.tag == "filter":
            self._filter(target, body, inner)
        else:
            for child in target.children:
                self._draw(child, body, inner)
        attributes = self._attributes(target, style, inner)
        if target.tag == "pattern" and "viewBox" in target.attributes:
            box = self._checked(values.numbers, "viewBox", target.attributes["viewBox"], target)
            attributes += f' viewBox="{box}"'
        if target.tag == "pattern" and "href" in target.attributes:
            raise refused("svg_unsupported", f"The SVG contains {target.where} that builds on another pattern.")
        return f'<{target.tag} id="{name}"{attributes}>{"".join(body)}</{target.tag}>'

    def _filter(self, node: Node, out: list[str], context: _Context) -> None:
        for child in node.children:
            if child.tag not in FILTERS:
                raise refused("svg_unsupported", f"The SVG contains {child.where} within a filter.")
            self._tick(20)
            out.append(f"<{child.tag}{self._attributes(child, self._style(child), context)}>")
            self._filter(child, out, context)
            out.append(f"</{child.tag}>")

    def _gradient(self, node: Node, name: str, context: _Context) -> str:
        """A gradient with what it takes over from others."""
        chain = [node]
        while "href" in chain[-1].attributes:
            base = self._target(chain[-1].attributes["href"].strip().removeprefix("#"), chain[-1])
            if base in chain or base.tag not in {"linearGradient", "radialGradient"}:
                raise refused("svg_cycle", f"The SVG refers to itself without end by {node.where}.")
            chain.append(base)
        merged: dict[str, str] = {}
        for part in chain:
            for key in _GRADIENT:
                if key in part.attributes and key not in merged:
                    merged[key] = self._checked(values.ATTRIBUTES[key], key, part.attributes[key], part)
        stops = next((part.children for part in chain if any(c.tag == "stop" for c in part.children)), [])
        written = []
        for stop in stops:
            if stop.tag == "stop":
                style = {"stop-color": "#000000"} | self._style(stop)
                self._tick()
                written.append(f"<stop{self._attributes(stop, style, self._inner(style, context, stop))}/>")
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in merged.items() if value)
        return f'<{node.tag} id="{name}"{attributes}>{"".join(written)}</{node.tag}>'
