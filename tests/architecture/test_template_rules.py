"""Our own cfn-lint rules: what they let through, and what they stop."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs

RULES = str(Path(__file__).resolve().parents[2] / "infra/lint/rules")

FILES = "arn:aws:s3:::media/files/*"

GOOD: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Globals": {"Function": {"Runtime": "python3.13", "Tracing": "Active"}},
    "Resources": {
        "TaskQueue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["TaskDeadLetterQueue", "Arn"]},
                    "maxReceiveCount": 5,
                }
            },
        },
        "TaskDeadLetterQueue": {"Type": "AWS::SQS::Queue"},
        "TaskLogGroup": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
        "TaskRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "own",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": "*"},
                                {
                                    "Effect": "Allow",
                                    "Action": ["s3:GetObject"],
                                    "Resource": "arn:aws:s3:::media/files/*",
                                },
                            ],
                        },
                    }
                ],
            },
        },
        "TaskFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "functions/task/",
                "Handler": "task.handler",
                "MemorySize": 256,
                "Timeout": 5,
                "Role": {"Fn::GetAtt": ["TaskRole", "Arn"]},
                "LoggingConfig": {"LogGroup": {"Ref": "TaskLogGroup"}},
                "Events": {
                    "Stream": {
                        "Type": "DynamoDB",
                        "Properties": {
                            "Stream": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-01-01T00:00:00.000",
                            "StartingPosition": "TRIM_HORIZON",
                            "MaximumRetryAttempts": 3,
                            "DestinationConfig": {
                                "OnFailure": {
                                    "Type": "SQS",
                                    "Destination": {"Fn::GetAtt": ["TaskDeadLetterQueue", "Arn"]},
                                }
                            },
                        },
                    }
                },
            },
        },
    },
}


def findings(template: dict[str, Any]) -> list[str]:
    """The ids of what our rules find in `template`."""
    matches = lint(yaml.safe_dump(template), config=ManualArgs(append_rules=[RULES], regions=["us-east-1"]))
    return sorted({match.rule.id for match in matches if match.rule.id.startswith("E9")})


def without(*path: str) -> dict[str, Any]:
    """GOOD without what stands at `path` in its resources."""
    template = copy.deepcopy(GOOD)
    node = template["Resources"]
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return template


def with_statement(**statement: Any) -> dict[str, Any]:
    template = copy.deepcopy(GOOD)
    policy = template["Resources"]["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"].append({"Effect": "Allow", **statement})
    return template


def test_a_template_that_keeps_the_rules_has_no_findings() -> None:
    assert findings(GOOD) == []


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (("TaskLogGroup", "Properties"), "E9001"),
        (("TaskFunction", "Properties", "LoggingConfig"), "E9001"),
        (("TaskFunction", "Properties", "MemorySize"), "E9002"),
        (("TaskFunction", "Properties", "Timeout"), "E9002"),
        (("TaskQueue", "Properties"), "E9003"),
        (("TaskFunction", "Properties", "Events", "Stream", "Properties", "DestinationConfig"), "E9003"),
        (("TaskFunction", "Properties", "Events", "Stream", "Properties", "MaximumRetryAttempts"), "E9003"),
    ],
)
def test_what_is_missing_is_found(path: tuple[str, ...], rule: str) -> None:
    assert findings(without(*path)) == [rule]


def test_tracing_may_not_be_off() -> None:
    template = copy.deepcopy(GOOD)
    template["Globals"]["Function"]["Tracing"] = "PassThrough"
    assert findings(template) == ["E9002"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "s3:*", "Resource": FILES},
        {"Action": ["dynamodb:GetItem"], "Resource": "*"},
        {"Action": ["dynamodb:GetItem"], "Resource": "arn:aws:dynamodb:us-east-1:*:table/t"},
        {"Action": ["xray:PutTraceSegments", "s3:GetObject"], "Resource": "*"},
    ],
)
def test_wildcards_in_a_role_are_found(statement: dict[str, Any]) -> None:
    assert findings(with_statement(**statement)) == ["E9004"]


@pytest.mark.parametrize(
    ("policy", "found"),
    [("AdministratorAccess", ["E9004"]), ("service-role/AmazonAPIGatewayPushToCloudWatchLogs", [])],
)
def test_a_managed_policy_is_found_unless_aws_demands_it(policy: str, found: list[str]) -> None:
    template = copy.deepcopy(GOOD)
    arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"}
    template["Resources"]["TaskRole"]["Properties"]["ManagedPolicyArns"] = [arn]
    assert findings(template) == found
