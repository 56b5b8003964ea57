"""The styles of an SVG: `<style>` elements and `style` attributes, as far as editors write them."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from flatrender.composition import limits
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.svg_xml import Node, refused

_COMPOUND: Final = re.compile(r"(\*|[A-Za-z][\w-]*)?((?:[.#][\w-]+)*)")
_PART: Final = re.compile(r"[.#][\w-]+")
LOCAL: Final = re.compile(r"(?>(?!url\().)*+(?>url\(\s*+['\"]?\s*+#(?>(?!url\().)*+)*+", re.DOTALL | re.IGNORECASE)
"""Text whose references all lead to ids of the same file."""

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
    for part in _uncommented(text).split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), value.strip()
        if value.lower().endswith("important"):
            value = value.rpartition("!")[0].strip()
        if not colon:
            if name:
                raise refused("svg_style", f"The SVG has a style that cannot be read at {where}: {name[:40]!r}.")
            continue
        if "var(" in value or "calc(" in value or name.startswith("--"):
            raise refused("svg_style", f"The SVG computes a style at {where}: {name[:40]!r}. Write its value instead.")
        found[name] = value
    return found


def _uncommented(text: str) -> str:
    """Without comments. No regular expression: what is not closed would be looked for again and again."""
    text = text.replace("<!--", " ").replace("-->", " ")
    kept, at = [], 0
    while (start := text.find("/*", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("*/", start + 2)
        at = len(text) if end < 0 else end + 2
    return " ".join([*kept, text[at:]])


class StyleSheet:
    """The rules of all `<style>` elements."""

    def __init__(self, styles: Iterable[Node]) -> None:
        self._by_name: dict[str, list[_Rule]] = {}
        """By one name that the element must have: a class, an id, or the tag."""
        self._left = limits.MAX_SVG_MATCHES
        count = 0
        for style in styles:
            text = _uncommented(style.text)
            if "@" in text:
                what = text[text.index("@") :].split(None, 1)[0][:20]
                reason = "svg_external" if what.lower().startswith("@import") else "svg_style"
                raise refused(reason, f"The SVG has the style rule {what!r} in {style.where}, which is not supported.")
            if not LOCAL.fullmatch(text):
                raise refused("svg_external", f"The SVG refers to something outside in {style.where}.")
            *rules, rest = text.split("}")
            for rule in rules:
                selectors, brace, body = rule.partition("{")
                if not brace or "{" in body:
                    raise _unreadable(rule, style)
                found = declarations(body, style.where)
                for selector in selectors.split(","):
                    count += 1
                    if count > limits.MAX_SVG_RULES:
                        raise refused("svg_too_large", f"The SVG has more than {limits.MAX_SVG_RULES} style rules.")
                    self._add(_Rule(_selector(selector.strip(), style), count, found))
            if rest.strip():
                raise _unreadable(rest, style)

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
        candidates = [rule for key in (*names, node.tag, "*") for rule in self._by_name.get(key, ())]
        self._left -= sum(1 + len(rule.declarations) for rule in candidates)
        if self._left < 0:
            raise refused("svg_too_complex", "The style rules of the SVG apply to too many elements.")
        matching = [
            rule for rule in candidates if rule.selector.names <= names and rule.selector.tag in {"*", node.tag}
        ]
        matching.sort(key=lambda rule: (rule.selector.weight, rule.order))
        found: Declarations = {}
        for rule in matching:
            found |= rule.declarations
        return found


def _unreadable(text: str, style: Node) -> RejectedMedia:
    return refused("svg_style", f"The SVG has styles that cannot be read in {style.where}: {text.strip()[:40]!r}.")


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
