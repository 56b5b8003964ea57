"""Reads an SVG file into plain nodes, refusing what a picture does not need: entities, scripts, processing
instructions, more nodes or levels than a picture has.
"""

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from flatrender.composition import limits
from flatrender.engine.faults import RejectedMedia

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
XHTML: Final = "http://www.w3.org/1999/xhtml"

_SILENT: Final = frozenset({"title", "desc", "metadata"})
"""Elements that draw nothing, whatever is in them."""


@dataclass(slots=True)
class Node:
    """An element of SVG. `attributes` are those without a namespace, and `href` wherever it comes from."""

    tag: str
    line: int
    attributes: dict[str, str]
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    @property
    def where(self) -> str:
        name = self.attributes.get("id", "")[:40]
        return f"<{self.tag}{f' id={name!r}' if name else ''}> in line {self.line}"


def refused(reason: str, message: str) -> RejectedMedia:
    return RejectedMedia(reason, message)


class _Reader:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._skipped = 0
        self._count = 0
        self._depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._entity
        self.parser.ProcessingInstructionHandler = self._instruction

    def _line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def _doctype(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        # One that only names the standard is what many editors write; nothing is ever loaded for it.
        if internal:
            raise refused("svg_entities", f"The SVG defines entities of its own in line {self._line()}. Remove them.")

    def _entity(self, name: str, _parameter: bool) -> None:
        raise refused("svg_entities", f"The SVG uses the undefined entity {name[:40]!r} in line {self._line()}.")

    def _instruction(self, target: str, _data: str) -> None:
        if target.lower() == "xml-stylesheet":
            raise refused(
                "svg_external", f"The SVG loads a style sheet in line {self._line()}. Put the styles into the file."
            )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        self._depth += 1
        if self._count > limits.MAX_SVG_ELEMENTS:
            raise refused("svg_too_large", f"The SVG has more than {limits.MAX_SVG_ELEMENTS} elements.")
        if self._depth > limits.MAX_SVG_DEPTH:
            raise refused("svg_too_deep", f"The SVG is nested deeper than {limits.MAX_SVG_DEPTH} levels.")
        space, _, tag = name.rpartition(" ")
        if self._skipped or space not in {"", SVG} or tag in _SILENT:
            if tag.lower() == "script" or space == XHTML:
                what = "a script" if tag.lower() == "script" else "a piece of a web page"
                raise refused("svg_script", f"The SVG contains {what} in line {self._line()}. Remove it.")
            self._skipped += 1
            return
        node = Node(tag, self._line(), self._own(attributes, tag), self._open[-1] if self._open else None)
        if node.parent is not None:
            node.parent.children.append(node)
        elif self.root is None:
            self.root = node
        self._open.append(node)

    def _own(self, attributes: dict[str, str], tag: str) -> dict[str, str]:
        own: dict[str, str] = {}
        if len(attributes) > limits.MAX_SVG_ATTRIBUTES:
            raise refused("svg_too_large", f"<{tag}> in line {self._line()} of the SVG has too many attributes.")
        for name, value in attributes.items():
            space, _, local = name.rpartition(" ")
            if space == "" and local.lower().startswith("on"):
                raise refused(
                    "svg_script", f"The SVG contains a script: {local} at <{tag}> in line {self._line()}. Remove it."
                )
            if space == "" or (space == XLINK and local == "href"):
                own.setdefault(local, value)
        return own

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
        else:
            self._open.pop()

    def _text(self, text: str) -> None:
        if self._open and not self._skipped and self._open[-1].tag == "style":
            self._open[-1].text += text


def read(data: bytes) -> Node:
    """The root of an SVG document. RejectedMedia says what is wrong with it, and in which line."""
    if len(data) > limits.MAX_SVG_BYTES:
        raise refused("too_large", f"The SVG has {len(data)} bytes; {limits.MAX_SVG_BYTES // 2**20} MiB are allowed.")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise refused(
            "damaged", f"The SVG is not well-formed: {expat.ErrorString(error.code)}, line {error.lineno}."
        ) from None
    except (UnicodeError, LookupError, ValueError):
        raise refused("damaged", "The SVG is not well-formed: its encoding makes no sense.") from None
    if reader.root is None or reader.root.tag != "svg":
        raise refused("damaged", "This is not an SVG: its root is no <svg> of the SVG namespace.")
    return reader.root
