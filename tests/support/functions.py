"""The deployed functions, as template.yaml has them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Function:
    """A function as template.yaml has it."""

    name: str
    source: Path
    layers: tuple[str, ...]
    timeout: int
    """Seconds."""
    actions: frozenset[str]
    """What its role lets it do."""

    def __str__(self) -> str:
        return self.name

    @property
    def layer_folders(self) -> list[Path]:
        return [ROOT / ".build/layers" / layer for layer in self.layers]


def functions() -> list[Function]:
    """Every function of the deployed template, with all its layers."""
    sys.path.insert(0, str(ROOT / "infra"))
    try:
        from cfn_yaml import load
    finally:
        sys.path.pop(0)
    template = load(ROOT / "template.yaml")
    return [
        Function(
            name=name,
            source=ROOT / resource["Properties"]["CodeUri"] / (resource["Properties"]["Handler"].split(".")[0] + ".py"),
            timeout=resource["Properties"]["Timeout"],
            actions=_actions(template["Resources"][name.removesuffix("Function") + "Role"]),
            layers=("deps", "core", *_layers(resource["Properties"].get("Layers", []))),
        )
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def _layers(references: list[Any]) -> list[str]:
    return [reference.value.removesuffix("Layer").lower() for reference in references]


def _actions(role: dict[str, Any]) -> frozenset[str]:
    statements = [one for policy in role["Properties"]["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    return frozenset(action for statement in statements for action in _listed(statement["Action"]))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
