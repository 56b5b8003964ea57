"""DynamoDB calls per request, counted where they arrive: in the audit log of the embedded local cloud."""

import re
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
from tests.bench.report import Line, Section
from tests.support import workers
from tests.support.functions import ROOT
from tests.support.people import User, film
from tests.support.stack import Stack

SETTLE_SECONDS = 0.3
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def measure(stack: Stack, user: User) -> Section:
    section = Section("DynamoDB calls per request")
    if not _record(stack, on=True):
        section.note = "Only the embedded local cloud keeps an audit log of reads and writes."
        return section
    try:
        for name, request in _requests(user).items():
            request()
            before = {event["EventId"] for event in _events(stack)}
            request()
            time.sleep(SETTLE_SECONDS)
            fresh = [event for event in _events(stack) if event["EventId"] not in before]
            counts = Counter(event["EventName"] for event in fresh)
            section.lines.append(Line(f"{name}: {', '.join(sorted(counts)) or 'none'}", counts.total(), ""))
    finally:
        _record(stack, on=False)
    section.note = (
        "By the function that answers and the authorizer (asked once in 30 s); consumers behind are not counted."
    )
    return section


def _requests(user: User) -> dict[str, Callable[[], Any]]:
    api = user.api
    project = api.post("/v1/projects", {"name": "Counted", "composition": film(0.5, width=64, height=36)})
    job = user.submit({"project_id": project["id"]})
    user.wait(job["id"])
    template = api.get("/v1/templates")["data"][0]["id"]
    request = {"composition": film(0.5, width=64, height=36)}
    reads = [
        "/v1/users/me",
        "/v1/users/me/balance",
        "/v1/users/me/ledger",
        "/v1/files",
        "/v1/templates",
        f"/v1/templates/{template}",
        "/v1/projects",
        f"/v1/projects/{project['id']}",
        "/v1/renders",
        f"/v1/renders/{job['id']}",
    ]
    named = {f"GET {_ID.sub('…', path)}": path for path in reads}

    def read(path: str) -> Callable[[], Any]:
        return lambda: api.get(path)

    found = {name: read(path) for name, path in named.items()}
    found["POST /v1/files"] = lambda: api.post(
        "/v1/files", {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
    )
    found["POST /v1/projects"] = lambda: api.post("/v1/projects", {"name": "Counted", **request})
    found["POST /v1/projects/…/validate"] = lambda: api.post(f"/v1/projects/{project['id']}/validate")
    found["POST /v1/renders/quote"] = lambda: api.post("/v1/renders/quote", request)
    found["POST /v1/renders"] = lambda: user.submit({"composition": film(0.5, width=64, height=36)})
    return found


def _record(stack: Stack, *, on: bool) -> bool:
    if not stack.endpoint:
        return False
    answer = httpx.post(f"{stack.endpoint}/_ministack/config", json={"cloudtrail._recording_enabled": str(on).lower()})
    return answer.is_success and bool(answer.json().get("applied"))


def _events(stack: Stack) -> list[dict[str, Any]]:
    """DynamoDB calls of the functions behind the API, told by the credentials that their processes were started with.

    The log shows the newest fifty of a key, which is more than one request makes.
    """
    names = {stack.resources[logical_id] for logical_id in _behind_the_api()}
    processes = workers.started_with(
        AWS_ENDPOINT_URL=lambda value: value == stack.endpoint, AWS_LAMBDA_FUNCTION_NAME=lambda value: value in names
    )
    client = stack.client("cloudtrail")
    found = []
    for key in {process.environment().get("AWS_ACCESS_KEY_ID", "") for process in processes} - {""}:
        attribute = {"AttributeKey": "AccessKeyId", "AttributeValue": key}
        found += client.lookup_events(LookupAttributes=[attribute])["Events"]
    return [event for event in found if event["EventSource"].startswith("dynamodb")]


@cache
def _behind_the_api() -> set[str]:
    """Logical ids of the functions that API Gateway calls, the authorizer among them."""
    return set(re.findall(r"\$\{(\w+Function)\.Arn\}", (ROOT / "infra/api.yaml").read_text(encoding="utf-8")))
