"""Starts and stops the local cloud itself: ministack as a process of ours, or a LocalStack that is there."""

import hashlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import processes
from settings import HOST, REGION, ROOT, Local, LocalError, bare_environment

NAME = "cloud"
START_SECONDS = 60
STOP_SECONDS = 30  # saving the state of everything takes a second or two
HEALTH_TIMEOUT = 3
_POLL_SECONDS = 0.1
# What a deployment cannot do without, as LocalStack names it. Its free edition has no WebSocket API and no Batch.
NEEDED_SERVICES = {
    "apigateway": "REST API",
    "apigatewayv2": "WebSocket API",
    "batch": "Batch",
    "cloudformation": "CloudFormation",
    "dynamodb": "DynamoDB",
    "dynamodbstreams": "DynamoDB Streams",
    "events": "EventBridge",
    "iam": "IAM",
    "kms": "KMS",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "ses": "SES",
    "sns": "SNS",
    "sqs": "SQS",
    "stepfunctions": "Step Functions",
}


def start(local: Local) -> bool:
    """Make sure the local cloud answers; True when it was started just now.

    Raises LocalError: the port is another program's, or the cloud does not come up.
    """
    if local.cloud == "localstack":
        return _start_localstack(local)
    process = processes.running(local, NAME)
    version = local.home / "run/cloud.version"
    current = version.exists() and version.read_text() == _version()
    if process and current and _answers_within(local, HEALTH_TIMEOUT):
        return False
    if process:
        reason = "does not answer any more" if current else "is of an older version"
        print(f"The local cloud (pid {process.pid}) {reason}; starting it afresh.")
        stop(local)
    if port_taken(local.port):
        owner = processes.owner_of_port(local.port)
        raise LocalError(
            f"Port {local.port} is taken by {owner}. End it, or choose another port: "
            f"make up FLATRENDER_PORT={local.port + 1}"
        )
    if not _saved(local).exists():
        # It was killed, and has forgotten what happened since it was started: what is deployed must be looked at anew.
        (local.home / "deployed").unlink(missing_ok=True)
        if not any((local.home / "state").glob("*.json")):
            # Objects are written at once, all else on an orderly stop, of which there was none: nothing names them.
            shutil.rmtree(local.home / "s3", ignore_errors=True)
    _saved(local).unlink(missing_ok=True)
    _launch(local)
    version.write_text(_version())
    deadline = time.monotonic() + START_SECONDS
    while not healthy(local):
        if processes.running(local, NAME) is None or time.monotonic() > deadline:
            processes.stop(local, NAME, patience=1)
            raise LocalError(f"The local cloud did not start. The end of {_shown(local)} says:\n{_tail(local)}")
        time.sleep(_POLL_SECONDS)
    return True


def stop(local: Local) -> bool:
    """Stop ministack, letting it save its state first. A LocalStack is left to those who started it."""
    stopped = processes.stop(local, NAME, patience=STOP_SECONDS)
    if stopped:
        _saved(local).touch()
    return stopped


def _saved(local: Local) -> Path:
    """There while the state on disk is what the cloud held when it was last stopped."""
    return local.home / "run/saved"


def healthy(local: Local) -> bool:
    return bool(_services(local))


def _services(local: Local) -> dict[str, str]:
    """What the cloud offers, with the state of each service; empty when it does not answer."""
    path = "/_ministack/health" if local.cloud == "ministack" else "/_localstack/health"
    try:
        with urllib.request.urlopen(local.endpoint + path, timeout=HEALTH_TIMEOUT) as answer:  # noqa: S310 - ours
            services: dict[str, str] = json.load(answer).get("services", {})
            return services
    except (OSError, ValueError):
        return {}


def _launch(local: Local) -> None:
    temporary = local.home / "tmp"
    # Only what a crashed run left of its workers' code; the state lies elsewhere.
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    environment = bare_environment() | {
        "HOME": str(local.home),
        "TMPDIR": str(temporary),
        "AUTH": "true",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(local.port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(local.home / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(local.home / "s3"),
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    python = ROOT / ".build/cloud/bin/python"
    processes.start(local, NAME, [str(python), str(ROOT / "infra/local/emulator.py")], environment, local.home)


def _version() -> str:
    """Of what a running local cloud has loaded."""
    files = [*sorted((ROOT / "infra/local").glob("emulat*.py")), ROOT / "requirements/cloud.txt"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _start_localstack(local: Local) -> bool:
    if healthy(local):
        _require_services(local)
        return False
    command = shutil.which("localstack")
    if command is None:
        raise LocalError(
            f"No LocalStack answers at {local.endpoint}, and its command line is not installed to start one. "
            "Start it with SERVICES left at its default, or leave CLOUD away to use the embedded local cloud."
        )
    if subprocess.run([command, "start", "--detached"], check=False).returncode:
        raise LocalError("`localstack start` failed; what it printed says why.")
    deadline = time.monotonic() + START_SECONDS
    while not healthy(local):
        if time.monotonic() > deadline:
            raise LocalError("LocalStack was started, but does not answer. `localstack logs` says why.")
        time.sleep(_POLL_SECONDS)
    _require_services(local)
    return True


def _require_services(local: Local) -> None:
    """Raises LocalError naming what the LocalStack lacks, instead of a deployment that fails minutes later."""
    offered = _services(local)
    lacking = [
        f"{name} ({service})"
        for service, name in NEEDED_SERVICES.items()
        if offered.get(service, "disabled") in {"disabled", "error"}
    ]
    if lacking:
        raise LocalError(
            f"The LocalStack at {local.endpoint} does not offer {', '.join(lacking)}. Nothing was deployed. "
            "Its free edition has no WebSocket API and no Batch; the embedded local cloud has all of it: "
            "leave CLOUD away."
        )


def _answers_within(local: Local, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not healthy(local):
        if time.monotonic() > deadline or processes.running(local, NAME) is None:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _shown(local: Local) -> str:
    return str(local.log(NAME).relative_to(ROOT))


def _tail(local: Local, lines: int = 15) -> str:
    return "\n".join(local.log(NAME).read_text(errors="replace").splitlines()[-lines:])


def is_local(local: Local) -> bool:
    """Whether the endpoint is this machine: what starts and stops here, and may be wiped."""
    return urlsplit(local.endpoint).hostname in {HOST, "localhost", "::1"}
