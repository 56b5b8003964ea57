"""What every template of ours keeps to, beyond what CloudFormation demands. cfn-lint runs these on the SAM template."""

import json
from collections.abc import Iterator
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

type Path = list[str | int]
type Finding = tuple[Path, str]

# Actions for which AWS knows no resource but '*'. Add one only with a link to the service authorization reference.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "batch:DescribeJobs",
    # For whom a Batch instance pulls its image; the token is for the whole registry.
    "ecr:GetAuthorizationToken",
    # Delivering a state machine's log, and sampling its traces:
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}

# Managed policies of which AWS documents that its own machinery needs them.
WRITTEN_BY_AWS = (
    "service-role/AmazonEC2ContainerServiceforEC2Role",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
)


class _OurRule(CloudFormationLintRule):
    """Finds nothing by itself; cfn-lint makes one of it all the same."""

    def findings(self, _cfn: Template) -> Iterator[Finding]:
        return iter(())

    def match(self, cfn: Template) -> list[RuleMatch]:
        return [RuleMatch(path, message) for path, message in self.findings(cfn)]


def _functions(cfn: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every function's properties, with what Globals say for all."""
    common = cfn.template.get("Globals", {}).get("Function", {})
    for name, function in cfn.get_resources("AWS::Serverless::Function").items():
        yield name, {**common, **function["Properties"]}


class LogGroupPerFunction(_OurRule):
    id = "E9001"
    shortdesc = "Every function writes to a log group of the template that has a retention"
    description = "A log group that Lambda makes by itself is kept, and paid for, for ever."

    def findings(self, cfn: Template) -> Iterator[Finding]:
        groups = cfn.get_resources("AWS::Logs::LogGroup")
        for name, group in groups.items():
            if "RetentionInDays" not in group.get("Properties", {}):
                yield ["Resources", name], "A log group needs RetentionInDays."
        for name, properties in _functions(cfn):
            group = properties.get("LoggingConfig", {}).get("LogGroup", {})
            if not isinstance(group, dict) or group.get("Ref") not in groups:
                yield ["Resources", name], "LoggingConfig.LogGroup must be a !Ref to a log group of this template."


class FunctionLimits(_OurRule):
    id = "E9002"
    shortdesc = "Every function says its memory, its timeout, and traces"
    description = "Lambda's defaults (128 MB, 3 s, no tracing) fit nothing by accident."

    def findings(self, cfn: Template) -> Iterator[Finding]:
        for name, properties in _functions(cfn):
            for key in ("MemorySize", "Timeout", "Role"):
                if key not in properties:
                    yield ["Resources", name], f"A function needs {key}."
            if properties.get("Tracing") != "Active":
                yield ["Resources", name], "A function needs active tracing."


class DeadLetters(_OurRule):
    id = "E9003"
    shortdesc = "What cannot be processed ends up in a dead-letter queue"
    description = "For queues by redrive policy, for streams by failure destination, for rules by dead-letter queue."

    def findings(self, cfn: Template) -> Iterator[Finding]:
        for name, queue in cfn.get_resources("AWS::SQS::Queue").items():
            if "DeadLetter" not in name and "RedrivePolicy" not in queue.get("Properties", {}):
                yield ["Resources", name], "A queue needs a RedrivePolicy to its dead-letter queue."
        for name, properties in _functions(cfn):
            for event, source in properties.get("Events", {}).items():
                where: Path = ["Resources", name, "Properties", "Events", event]
                yield from ((where, message) for message in _event_source(source["Type"], source["Properties"]))
        for name, rule in cfn.get_resources("AWS::Events::Rule").items():
            for index, target in enumerate(rule["Properties"].get("Targets", [])):
                if "DeadLetterConfig" not in target:
                    yield ["Resources", name, "Properties", "Targets", index], "A rule's target needs DeadLetterConfig."


def _event_source(kind: str, properties: dict[str, Any]) -> Iterator[str]:
    if kind in {"DynamoDB", "Kinesis"}:
        if "OnFailure" not in properties.get("DestinationConfig", {}):
            yield "A stream's consumer needs DestinationConfig.OnFailure."
        if "MaximumRetryAttempts" not in properties:
            yield "Without MaximumRetryAttempts one bad record stops its shard for a day."
    if (
        kind in {"EventBridgeRule", "CloudWatchEvent", "Schedule", "ScheduleV2"}
        and "DeadLetterConfig" not in properties
    ):
        yield "What is invoked by an event or a schedule needs DeadLetterConfig."


class LeastPrivilege(_OurRule):
    id = "E9004"
    shortdesc = "No wildcard action or resource in a role"
    description = "A resource may end in /* below a named bucket or the like, but may not be everything of a kind."

    def findings(self, cfn: Template) -> Iterator[Finding]:
        for name, role in cfn.get_resources("AWS::IAM::Role").items():
            properties = role["Properties"]
            if any(
                not json.dumps(arn).rstrip('"}').endswith(WRITTEN_BY_AWS)
                for arn in properties.get("ManagedPolicyArns", [])
            ):
                yield ["Resources", name], "Managed policies allow more than we need; write statements."
            for policy in properties.get("Policies", []):
                for statement in _list(policy["PolicyDocument"]["Statement"]):
                    yield from ((["Resources", name], message) for message in _too_wide(statement))


def _too_wide(statement: dict[str, Any]) -> Iterator[str]:
    actions = _list(statement.get("Action", "*"))
    for action in actions:
        if "*" in action:
            yield f"'{action}' allows actions that nobody named."
    for resource in _list(statement.get("Resource", "*")):
        text = resource if isinstance(resource, str) else json.dumps(resource)
        if text == "*" and not set(actions) <= WITHOUT_RESOURCE:
            yield f"{', '.join(actions)} on every resource there is."
        elif isinstance(resource, str) and text != "*" and text.count("*") and not text.endswith("/*"):
            yield f"'{text}' names more resources than it should."


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
