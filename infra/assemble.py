"""Writes template.yaml from infra/header.yaml and the fragments in infra/contexts.

    python infra/assemble.py            write
    python infra/assemble.py --check    exit 1 when template.yaml is not what would be written

A fragment says what is particular about a function; what every function has (its log group, its role, the right to
write its own log and traces, the rights its event sources need) is added here, once.
"""

import argparse
import copy
import re
import sys
from pathlib import Path

from cfn_yaml import Intrinsic, Node, YAMLError, dumps, load
from watching import access_log, dead_letter_alarms, write_dashboards

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
LAYERS = ("deps", "core", "render", "fonts")
SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
BANNER = (
    "# Assembled by infra/assemble.py from infra/header.yaml and infra/contexts/*.yaml. Do not edit: `make template`.\n"
)


class AssemblyError(Exception):
    """A fragment breaks the rules of docs/architecture.md, section 'Template fragments'."""


def ref(name: str) -> Intrinsic:
    return Intrinsic("Ref", name)


def arn(name: str) -> Intrinsic:
    return Intrinsic("GetAtt", f"{name}.Arn")


def assemble(root: Path = ROOT) -> Node:
    """The whole template as a document."""
    template = load(root / "infra/header.yaml")
    for section in SECTIONS:
        template.setdefault(section, {})
    metadata: dict[str, dict[str, Node]] = {}
    for path in sorted((root / "infra/contexts").glob("*.yaml")):
        fragment = load(path)
        unknown = set(fragment) - set(SECTIONS)
        if unknown:
            raise AssemblyError(f"{path.name}: {sorted(unknown)} do not belong into a fragment.")
        for section, entries in fragment.items():
            for name, entry in (entries or {}).items():
                if name in template[section]:
                    raise AssemblyError(f"{path.name}: {section}.{name} is defined in another fragment already.")
                if isinstance(entry, dict) and entry.get("Type") == "AWS::Serverless::Function":
                    metadata[name] = entry.pop("Metadata", None) or {}
                    template[section].update(complete(name, entry, metadata[name]))
                else:
                    template[section][name] = entry
    add_tables_to_environment(template)
    template["Resources"] |= dead_letter_alarms(template["Resources"])
    write_dashboards(template["Resources"])
    include_state_machines(root, template["Resources"])
    template["Resources"]["SocketStage"]["Properties"]["AccessLogSettings"] = access_log(
        "SocketAccessLogGroup", socket=True
    )
    template["Resources"] |= layers() | api(metadata)
    template["Outputs"] |= outputs()
    return {key: value for key, value in template.items() if value}


def complete(name: str, function: dict[str, Node], metadata: dict[str, Node]) -> dict[str, Node]:
    """The function with its log group and role, in the order they are made."""
    if not name.endswith("Function"):
        raise AssemblyError(f"{name}: the logical id of a function ends in 'Function'.")
    function = copy.deepcopy(function)
    properties = function["Properties"]
    missing = {"CodeUri", "Handler", "MemorySize", "Timeout", "Policies"} - set(properties)
    if missing:
        raise AssemblyError(f"{name}: {sorted(missing)} are missing.")
    stem = name.removesuffix("Function")
    context = Path(properties["CodeUri"]).name
    endpoint = properties["Handler"].removesuffix(".handler")
    function_name = f"${{AWS::StackName}}-{context}-{endpoint}"
    statements = own_rights(stem) + source_rights(properties.get("Events") or {})
    statements += [statement for statement in properties.pop("Policies") if statement not in statements]
    properties["FunctionName"] = Intrinsic("Sub", function_name)
    properties["Role"] = arn(f"{stem}Role")
    properties["LoggingConfig"] = {"LogGroup": ref(f"{stem}LogGroup")}
    extra = metadata.get("Layers") or []
    if extra:
        properties["Layers"] = [ref(f"{layer.capitalize()}Layer") for layer in extra]
    condition = {"Condition": function["Condition"]} if "Condition" in function else {}
    return {
        f"{stem}LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            **condition,
            "Properties": {
                "LogGroupName": Intrinsic("Sub", f"/aws/lambda/{function_name}"),
                "RetentionInDays": ref("LogRetentionDays"),
            },
        },
        f"{stem}Role": {
            "Type": "AWS::IAM::Role",
            **condition,
            "Properties": {
                "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
                "Policies": [policy(statements)],
            },
        },
        name: function,
    }


def trust(service: str) -> Node:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }


def policy(statements: list[Node]) -> Node:
    allowed = [{"Effect": "Allow"} | statement for statement in statements]
    return {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}}


def own_rights(stem: str) -> list[Node]:
    """Writing one's own log and traces. X-Ray's two actions know no resource but '*'."""
    return [
        {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": arn(f"{stem}LogGroup")},
        {"Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"},
    ]


def source_rights(events: dict[str, Node]) -> list[Node]:
    """What Lambda must be allowed to do on the function's behalf to read its queues and streams."""
    statements: list[Node] = []
    for event in events.values():
        properties = event.get("Properties", {})
        if event["Type"] == "SQS":
            actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
            statements.append({"Action": actions, "Resource": properties["Queue"]})
        if event["Type"] == "DynamoDB":
            actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
            resource = properties["Stream"]
            statements.append({"Action": [f"dynamodb:{action}" for action in actions], "Resource": resource})
        destination = (properties.get("DestinationConfig") or {}).get("OnFailure")
        if destination:
            statements.append({"Action": ["sqs:SendMessage"], "Resource": destination["Destination"]})
    return statements


def add_tables_to_environment(template: Node) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table" and name.endswith("Table"):
            words = re.findall(r"[A-Z][a-z0-9]*", name.removesuffix("Table"))
            variables["_".join(words).upper() + "_TABLE"] = ref(name)


def include_state_machines(root: Path, resources: Node) -> None:
    """Put in the definitions that `DefinitionString: !Sub [path, values]` names.

    In the file `"${Name:json}"` stands for a value that is no text, so that the file itself is JSON.
    """
    for resource in resources.values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            path, values = resource["Properties"]["DefinitionString"].value
            text = (root / path).read_text(encoding="utf-8")
            text = re.sub(r'"\$\{(\w+):json\}"', r"${\1}", text)
            resource["Properties"]["DefinitionString"] = Intrinsic("Sub", [text, values])


def layers() -> Node:
    return {
        f"{layer.capitalize()}Layer": {
            "Type": "AWS::Serverless::LayerVersion",
            "Properties": {
                "LayerName": Intrinsic("Sub", f"${{AWS::StackName}}-{layer}"),
                "ContentUri": f".build/layers/{layer}.zip",
                "CompatibleRuntimes": ["python3.13"],
                "CompatibleArchitectures": ["x86_64"],
                "RetentionPolicy": "Delete",
            },
        }
        for layer in LAYERS
    }


def api(metadata: dict[str, dict[str, Node]]) -> Node:
    """The REST API, and the one role with which it calls functions and the authorizer."""
    called = [name for name, given in metadata.items() if given.get("Api")]
    called += [name for name in ("AuthorizerFunction",) if name in metadata and name not in called]
    return {
        "ApiRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": trust("apigateway.amazonaws.com"),
                "Policies": [
                    policy([{"Action": ["lambda:InvokeFunction"], "Resource": [arn(name) for name in called]}])
                ],
            },
        },
        "Api": {
            "Type": "AWS::Serverless::Api",
            # A stage that is to write logs needs the account's right to.
            "DependsOn": "ApiGatewayAccount",
            "Properties": {
                "Name": ref("AWS::StackName"),
                "StageName": ref("Stage"),
                "OpenApiVersion": "3.0.1",
                "EndpointConfiguration": {"Type": "REGIONAL"},
                "TracingEnabled": True,
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "MetricsEnabled": True,
                        "ThrottlingBurstLimit": ref("ApiBurstLimit"),
                        "ThrottlingRateLimit": ref("ApiRateLimit"),
                    }
                ],
                "AccessLogSetting": access_log("ApiAccessLogGroup"),
                "DefinitionBody": {
                    "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "infra/api.yaml"}}
                },
            },
        },
    }


def outputs() -> Node:
    local = "${LocalEndpoint}/_aws/execute-api/${Api}/${Stage}"
    aws = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
    return {"ApiUrl": {"Value": Intrinsic("If", ["OnAws", Intrinsic("Sub", aws), Intrinsic("Sub", local)])}}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="only say whether template.yaml is up to date")
    check = arguments.parse_args().check
    try:
        text = BANNER + dumps(assemble())
    except (AssemblyError, YAMLError) as error:
        print(f"infra/assemble.py: {error}", file=sys.stderr)
        return 1
    if check:
        if not TEMPLATE.exists() or TEMPLATE.read_text(encoding="utf-8") != text:
            print("template.yaml is not what infra/contexts say. Run `make template`.", file=sys.stderr)
            return 1
        return 0
    TEMPLATE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
