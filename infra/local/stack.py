"""Builds and deploys the stack to the local cloud with sam, when anything changed since the last time."""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

import gateway
from cfn_yaml import load
from settings import REGION, ROOT, Local, LocalError, bare_environment

SAM = ROOT / ".build/sam/bin/sam"
BUILT = ROOT / ".build/sam-build/template.yaml"
SOURCES = (
    "functions",
    "infra/api_gateway.py",
    "infra/assemble.py",
    "infra/cfn_yaml.py",
    "infra/contexts",
    "infra/generate_api.py",
    "infra/header.yaml",
    "infra/local",
    "infra/seed",
    "infra/watching.py",
    "layers/build.py",
    "layers/core/python/flatrender",
    "layers/fonts",
    "layers/native",
    "layers/native.py",
    "requirements/app.txt",
    "requirements/native.txt",
    "requirements/render.txt",
    "samconfig.toml",
    "statemachines",
)
_REFUSED = "[cloudformation] Failed to provision "
COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


def client(local: Local, service: str, config: Config | None = None) -> Any:
    given = local.aws()
    return boto3.client(
        service,
        endpoint_url=local.endpoint,
        region_name=REGION,
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


def deploy(local: Local) -> bool:
    """Bring the stack up to date; False when it was. Raises LocalError: it failed, and why."""
    with _alone():
        fingerprint = _fingerprint(local)
        noted = local.home / "deployed"
        if noted.exists() and noted.read_text() == fingerprint and _status(local) in COMPLETE:
            return False
        noted.unlink(missing_ok=True)
        print("Building and deploying …", flush=True)
        _run([sys.executable, "infra/assemble.py"], "template.yaml could not be assembled")
        _run([sys.executable, "infra/generate_api.py"], "The API definition could not be generated")
        _run([sys.executable, "layers/build.py"], "The layers could not be built")
        _run([str(SAM), "build", "--config-env", "local", "--template-file", "template.yaml"], "sam build failed")
        _sam_deploy(local)
    unchecked = Config(parameter_validation=False)  # see gateway.py
    client(local, "ses").verify_email_identity(EmailAddress=environment(local)["MAIL_FROM"])
    gateway.complete(client(local, "apigateway", unchecked), resources(local)["Api"])
    local.outputs.write_text(json.dumps(outputs(local), indent=2) + "\n")
    noted.write_text(fingerprint)
    return True


def outputs(local: Local) -> dict[str, str]:
    """The stack's outputs by name, and the mailbox."""
    stack = client(local, "cloudformation").describe_stacks(StackName=local.stack)["Stacks"][0]
    found = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return found | {"MailboxUrl": local.mailbox, "Endpoint": local.endpoint, "Stack": local.stack}


def resources(local: Local) -> dict[str, str]:
    """Physical ids by logical id."""
    pages = client(local, "cloudformation").get_paginator("list_stack_resources").paginate(StackName=local.stack)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def environment(local: Local) -> dict[str, str]:
    """What every deployed function finds in its environment; for programs that stand beside them, such as the seed."""
    name = resources(local)["HealthFunction"]
    configuration = client(local, "lambda").get_function_configuration(FunctionName=name)
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    return variables


def parameters(local: Local) -> dict[str, str]:
    """What a local deployment gives for the template's parameters, where the defaults are made for AWS."""
    cores = os.cpu_count() or 1
    given = {
        "Stage": "local",
        "LocalEndpoint": local.endpoint,
        "PublicApiUrl": local.endpoint,
        "FontsDir": str(ROOT / "layers/fonts"),
        "LogRetentionDays": "1",
        # The local cloud runs the children of a distributed map one after the other.
        "RenderMapMode": "INLINE",
        # All workers share this machine, and none waits for one.
        "RenderMaxConcurrency": str(cores),
        "RenderEncoderThreads": "1",
        "RenderBurstHeartbeatSeconds": "10",
        "RenderBatchHeartbeatSeconds": "20",
        "RenderLeftoversSeconds": "3",
        # Two chunks per core for the ten seconds of the demo.
        "RenderChunkSeconds": "2.5",
    }
    known = load(ROOT / "template.yaml")["Parameters"]
    return {name: value for name, value in given.items() if name in known}


def _sam_deploy(local: Local) -> None:
    command = [str(SAM), "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    command += ["--stack-name", local.stack, "--template-file", str(BUILT)]
    command += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters(local).items())]
    cloud_log = local.log("cloud")
    before = cloud_log.stat().st_size if cloud_log.exists() else 0
    done = _sam(command, local.aws())
    local.log("deploy").write_text(done.stdout + done.stderr)
    if done.returncode:
        said = [line.strip() for line in (done.stderr.strip() or done.stdout.strip()).splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("Error:")]
        reasons = _failures(local) or _refusals(cloud_log, before) or errors or said[-3:]
        shown = local.log("deploy").relative_to(ROOT)
        raise LocalError(
            "The deployment failed:\n"
            + "\n".join(f"  {reason}" for reason in reasons)
            + f"\nAll of it: {shown}."
            + (f" To start from nothing: make reset FLATRENDER_PORT={local.port}" if local.cloud == "ministack" else "")
        )


def _failures(local: Local) -> list[str]:
    """The first failures of the latest deployment, in the words of CloudFormation; what they cancelled is left out."""
    # The message is a courtesy: without events, of which LocalStack has one kind only, sam's own words must do.
    cloudformation = client(local, "cloudformation")
    with contextlib.suppress(Exception):
        operation = cloudformation.describe_events(StackName=local.stack)["OperationEvents"]
        latest_id = max(operation, key=lambda event: event["Timestamp"])["OperationId"]
        refused = [e for e in operation if e["OperationId"] == latest_id and e.get("ValidationStatusReason")]
        if refused:
            return [f"{event['LogicalResourceId']}: {event['ValidationStatusReason']}" for event in refused[:3]]
    with contextlib.suppress(Exception):
        events = cloudformation.describe_stack_events(StackName=local.stack)["StackEvents"]
        latest = []
        for event in sorted(events, key=lambda event: event["Timestamp"], reverse=True):
            latest.append(event)
            is_stack = event["ResourceType"] == "AWS::CloudFormation::Stack"
            if is_stack and event["ResourceStatus"] in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
                break
        return [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
            for event in reversed(latest)
            if event["ResourceStatus"].endswith("_FAILED")
            and event.get("ResourceStatusReason")
            and "cancelled" not in event["ResourceStatusReason"]
        ][:3]
    return []


def _refusals(log: Path, start: int) -> list[str]:
    """What ministack says of resources that it could not make; in a stack's events it leaves them out."""
    if not log.exists():
        return []
    with log.open("rb") as lines:
        lines.seek(start)
        text = lines.read().decode(errors="replace")
    return [line.partition(_REFUSED)[2].strip() for line in text.splitlines() if _REFUSED in line][:3]


def _status(local: Local) -> str:
    try:
        stack = client(local, "cloudformation").describe_stacks(StackName=local.stack)["Stacks"][0]
    except Exception:  # noqa: BLE001 - whatever the reason, it is not deployed
        return ""
    return str(stack["StackStatus"])


def _fingerprint(local: Local) -> str:
    """Everything that a deployment is made of."""
    digest = hashlib.sha256(f"{local}".encode())
    for source in SOURCES:
        paths = (ROOT / source).rglob("*") if (ROOT / source).is_dir() else [ROOT / source]
        for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _run(command: list[str], failure: str) -> None:
    environment = bare_environment() | {"UV": os.environ.get("UV", "")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"{failure}:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def _sam(command: list[str], aws: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | aws | {"SAM_CLI_TELEMETRY": "0", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One build at a time in this checkout, whatever the ports: they share .build."""
    lock = ROOT / ".build/build.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
