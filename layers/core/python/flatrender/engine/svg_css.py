"""The styles of an SVG: `<style>` elements and `style` attributes, as far as editors write them."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from flatrender.composition import limits
from flatrender.engine.svg_xml import Node, refused

_COMMENT: Final = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]*)\{([^{}]*)\}")
_COMPOUND: Final = re.compile(r"(\*|[A-Za-z][\w-]*)?((?:[.#][\w-]+)*)")
_PART: Final = re.compile(r"[.#][\w-]+")
_IMPORTANT: Final = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)

type Declarations = dict[str, str]


class _Selector(NamedTuple):
    weight: tuple[int, int, int]
    tag: str
    names: frozenset[str]
    """`.class` and `#id`, all of which must be there."""


class _Rule(NamedTuple):
    selector: _Selector
    order: int
    declarations: Declarations


def declarations(text: str, where: str) -> Declarations:
    """Properties by lower-case name, the last of each. Raises RejectedMedia for what would be loaded or computed."""
    found: Declarations = {}
    for part in _COMMENT.sub(" ", text).split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), _IMPORTANT.sub("", value).strip()
        if not colon:
            if name:
                raise refused("svg_style", f"The SVG has a style that cannot be read at {where}: {name[:40]!r}.")
            continue
        if "var(" in value or "calc(" in value or name.startswith("--"):
            raise refused("svg_style", f"The SVG computes a style at {where}: {name[:40]!r}. Write its value instead.")
        found[name] = value
    return found


class StyleSheet:
    """The rules of all `<style>` elements."""

    def __init__(self, styles: Iterable[Node]) -> None:
        self._by_name: dict[str, list[_Rule]] = {}
        """By one name that the element must have: a class, an id, or the tag."""
        count = 0
        for style in styles:
            text = _COMMENT.sub(" ", style.text)
            if "@" in text:
                what = text[text.index("@") :].split()[0][:20]
                reason = "svg_external" if what.lower().startswith("@import") else "svg_style"
                raise refused(reason, f"The SVG has the style rule {what!r} in {style.where}, which is not supported.")
            rest = _RULE.sub("", text).strip()
            if rest:
                raise refused("svg_style", f"The SVG has styles that cannot be read in {style.where}: {rest[:40]!r}.")
            for selectors, body in _RULE.findall(text):
                found = declarations(body, style.where)
                for selector in selectors.split(","):
                    count += 1
                    if count > limits.MAX_SVG_RULES:
                        raise refused("svg_too_large", f"The SVG has more than {limits.MAX_SVG_RULES} style rules.")
                    self._add(_Rule(_selector(selector.strip(), style), count, found))

    def _add(self, rule: _Rule) -> None:
        key = min(rule.selector.names) if rule.selector.names else rule.selector.tag
        self._by_name.setdefault(key, []).append(rule)

    def of(self, node: Node) -> Declarations:
        """What the rules say about an element, the stronger ones over the weaker."""
        if not self._by_name:
            return {}
        names = {f".{name}" for name in node.attributes.get("class", "").split()}
        if "id" in node.attributes:
            names.add(f"#{node.attributes['id']}")
        matching = [
            rule
            for key in (*names, node.tag, "*")
            for rule in self._by_name.get(key, ())
            if rule.selector.names <= names and rule.selector.tag in {"*", node.tag}
        ]
        matching.sort(key=lambda rule: (rule.selector.weight, rule.order))
        found: Declarations = {}
        for rule in matching:
            found |= rule.declarations
        return found


def _selector(text: str, style: Node) -> _Selector:
    match = _COMPOUND.fullmatch(text)
    if not text or not match:
        raise refused(
            "svg_style",
            f"The SVG uses the selector {text[:40]!r} in {style.where}; there may be tags, .classes and #ids. "
            "Export it with presentation attributes instead.",
        )
    names = frozenset(_PART.findall(match[2]))
    ids = sum(name.startswith("#") for name in names)
    return _Selector((ids, len(names) - ids, int(match[1] not in {None, "*"})), match[1] or "*", names)
