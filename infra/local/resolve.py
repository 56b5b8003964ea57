"""Evaluates a piece of template.yaml for the local cloud: parameters, conditions, and names of what is deployed.

Only what stands in resources that CloudFormation cannot make locally; everything else CloudFormation evaluates itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cfn_yaml import Intrinsic, Node
from settings import REGION, LocalError

ACCOUNT = "000000000000"
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


@dataclass(frozen=True)
class Resolver:
    """`physical` are physical ids by logical id of what is deployed."""

    template: Node
    stack: str
    parameters: Mapping[str, str]
    physical: Mapping[str, str]

    def value(self, node: Node) -> Any:
        """`node` without intrinsics. Raises LocalError: it needs something that is not known here."""
        if isinstance(node, dict):
            pairs = ((key, self.value(value)) for key, value in node.items())
            return {key: value for key, value in pairs if value is not None}
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not None]
        if not isinstance(node, Intrinsic):
            return node
        handlers = {
            "Ref": self._ref,
            "GetAtt": self._attribute,
            "Sub": self._substitute,
            "If": lambda parts: self.value(parts[1] if self.condition(parts[0]) else parts[2]),
            "Join": lambda parts: parts[0].join(self.value(parts[1])),
            "Split": lambda parts: self.value(parts[1]).split(parts[0]),
        }
        if node.name not in handlers:
            raise LocalError(f"infra/local/resolve.py does not know !{node.name}.")
        return handlers[node.name](node.value)

    def value_of_ref(self, logical_id: str) -> str:
        """What `!Ref logical_id` gives."""
        return str(self._ref(logical_id))

    def condition(self, given: Node) -> bool:
        """A condition by name, or one that is written out."""
        if isinstance(given, str):
            return self.condition(self.template["Conditions"][given])
        if given.name == "Condition":
            return self.condition(given.value)
        if given.name == "Equals":
            left, right = map(self.value, given.value)
            return str(left) == str(right)
        if given.name in {"And", "Or"}:
            return (all if given.name == "And" else any)(map(self.condition, given.value))
        return not self.condition(given.value[0])

    def _ref(self, name: str) -> str | None:
        pseudo = {"AWS::StackName": self.stack, "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
        pseudo |= {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
        if name == "AWS::NoValue":
            return None
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in self.physical:
            return self.physical[name]
        if "Default" in self.template["Parameters"].get(name, {}):
            return str(self.template["Parameters"][name]["Default"])
        return self._name(name)

    def _name(self, logical_id: str) -> str:
        """The name that a resource gives itself; for what is not deployed here."""
        properties = self.template["Resources"].get(logical_id, {}).get("Properties", {})
        for key, value in properties.items():
            if key.endswith("Name"):
                return str(self.value(value))
        return f"{self.stack}-{logical_id}"

    def _attribute(self, given: str | list[str]) -> str:
        name, _, attribute = (given if isinstance(given, str) else ".".join(given)).partition(".")
        kind = self.template["Resources"].get(name, {}).get("Type", "")
        physical = self._ref(name)
        arns = {
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{physical}",
            "AWS::IAM::InstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/{physical}",
            "AWS::S3::Bucket": f"arn:aws:s3:::{physical}",
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{physical}",
        }
        if attribute == "Arn" and kind in arns:
            return arns[kind]
        if kind.startswith(("AWS::EC2::", "AWS::Batch::")):
            # Networks exist on AWS only, and nothing here looks at their ids.
            return f"{physical}.{attribute}"
        raise LocalError(f"infra/local/resolve.py does not know {attribute} of {kind or name}.")

    def _substitute(self, given: str | list[Any]) -> str:
        text, extra = (given, {}) if isinstance(given, str) else (given[0], given[1])

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name in extra:
                return str(self.value(extra[name]))
            return str(self._attribute(name) if "." in name else self._ref(name))

        return _VARIABLE.sub(replace, text)
