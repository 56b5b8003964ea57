"""CloudFormation YAML in and out: short-form intrinsics (`!Ref`, `!Sub` …) survive, and the order of keys too."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["Intrinsic", "Node", "YAMLError", "dumps", "load", "loads", "long_form"]

type Node = Any
"""What YAML makes of a document: dicts, lists, scalars, and `Intrinsic` where a short form stood."""

_LINE_WIDTH = 120


@dataclass(frozen=True)
class Intrinsic:
    """`!Name value`, as it stood in the document."""

    name: str
    value: Node

    def long_form(self) -> dict[str, Node]:
        """The same as JSON spells it, as files that AWS::Include pulls in must."""
        key = self.name if self.name in {"Ref", "Condition"} else f"Fn::{self.name}"
        value = self.value
        if self.name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {key: long_form(value)}


def long_form(node: Node) -> Node:
    """A copy of `node` in which no short form is left."""
    if isinstance(node, Intrinsic):
        return node.long_form()
    if isinstance(node, dict):
        return {key: long_form(value) for key, value in node.items()}
    if isinstance(node, list):
        return [long_form(value) for value in node]
    return node


class _Loader(yaml.SafeLoader):
    """Keeps `2010-09-09` a string: CloudFormation knows no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _intrinsic(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> Intrinsic:
    if isinstance(node, yaml.ScalarNode):
        return Intrinsic(name, loader.construct_scalar(node))
    if isinstance(node, yaml.SequenceNode):
        return Intrinsic(name, loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has no fourth kind
    return Intrinsic(name, loader.construct_mapping(node, deep=True))


_Loader.add_multi_constructor("!", _intrinsic)


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, writes long text as blocks, repeats instead of aliasing."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def choose_scalar_style(self) -> str:
        """`!Ref Name` needs no quotes; PyYAML would add them to whatever has a tag of its own."""
        if self.event.tag and self.event.tag.startswith("!") and not self.event.style:
            self.analysis = self.analysis or self.analyze_scalar(self.event.value)
            plain = self.analysis.allow_flow_plain if self.flow_level else self.analysis.allow_block_plain
            if plain and not self.analysis.multiline and self.event.value:
                return ""
        return str(super().choose_scalar_style())


def _represent_intrinsic(dumper: yaml.SafeDumper, intrinsic: Intrinsic) -> yaml.Node:
    tag, value = f"!{intrinsic.name}", intrinsic.value
    if isinstance(value, dict):
        return dumper.represent_mapping(tag, value)
    if isinstance(value, list):
        flat = not any(isinstance(item, (dict, list, Intrinsic)) for item in value)
        return dumper.represent_sequence(tag, value, flow_style=flat)
    return dumper.represent_scalar(tag, str(value))


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(Intrinsic, _represent_intrinsic)
_Dumper.add_representer(str, _represent_text)


def loads(text: str) -> Node:
    """Raises yaml.YAMLError: it is no YAML, or names a key twice, of which YAML would keep the last without a word."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _refuse_repeated_keys(root)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _refuse_repeated_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands here twice", key.start_mark
                )
            seen.add(key.value)
            _refuse_repeated_keys(value)


def load(path: Path) -> Node:
    """Raises YAMLError, which names the file."""
    try:
        return loads(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise YAMLError(f"{path.name}: {error}") from error


def dumps(node: Node) -> str:
    return yaml.dump(node, Dumper=_Dumper, sort_keys=False, width=_LINE_WIDTH, allow_unicode=True)
