"""What must hold about money and storage whatever happened before."""

import json
import time
from typing import Any

from tests.support.people import User
from tests.support.stack import Stack

from flatrender.composition.outputs import FORMATS


def entries(user: User) -> list[dict[str, Any]]:
    """All of a user's ledger entries, newest first."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = user.api.get("/v1/users/me/ledger", page_size=100, **({"cursor": cursor} if cursor else {}))
        found += page["data"]
        cursor = page["meta"]["cursor"]
        if cursor is None:
            return found


def spent(user: User) -> int:
    """Render seconds that jobs have used up."""
    return -sum(
        entry["available_change"] + entry["held_change"] for entry in entries(user) if entry["kind"] == "settle"
    )


def assert_balanced(stack: Stack, user: User, *, held: int = 0) -> None:
    """available + held + spent = granted; every hold was closed exactly once, save for `held` seconds still held."""
    balance = user.api.get("/v1/users/me/balance")
    movements = entries(user)
    granted = sum(entry["available_change"] for entry in movements if entry["kind"] == "grant")
    assert balance["available_seconds"] + balance["held_seconds"] + spent(user) == granted
    assert balance["held_seconds"] == held
    assert balance["available_seconds"] >= 0
    me = f"TENANT#{user.tenant_id}#USER#{user.account.user_id}#HOLDS"
    holds = [item for item in stack.items("ledger") if item["pk"] == me]
    assert sum(int(hold["seconds"]) for hold in holds if hold["state"] == "held") == held
    for hold in holds:
        job_id = hold["sk"].partition("#")[2]
        closings = [
            entry for entry in movements if entry["job_id"] == job_id and entry["kind"] in {"settle", "release"}
        ]
        assert len(closings) == (0 if hold["state"] == "held" else 1), (hold, closings)


def unnamed(stack: Stack) -> set[str]:
    """Objects of the media bucket that no record names."""
    files = {item["pk"] + item["sk"]: item for item in stack.items("files")}
    ids = " ".join(f"{name} {item}" for name, item in files.items())
    renders = list(stack.items("render"))
    cached = {f"chunks/{item['pk'].split('#')[1]}/{item['key']}" for item in renders if "#CACHE#" in item["pk"]}
    jobs = {f"{item['tenant_id']}/{item['job_id']}": item for item in renders if item["type"] == "job"}
    orphans = set()
    for key in stack.objects():
        prefix, tenant, rest = key.split("/", 2)
        name = rest.partition("/")[0]
        if prefix in {"uploads", "files"}:
            named = tenant in ids and name in ids
        elif prefix == "chunks":
            named = key.partition(".")[0] in cached
        elif prefix == "results":
            named = rest.partition("/")[2] in _results(jobs.get(f"{tenant}/{name}", {}))
        else:
            named = False
        if not named:
            orphans.add(key)
    return orphans


def _results(job: dict[str, Any]) -> set[str]:
    """The files that a job's record names: none before it is completed."""
    if job.get("status") != "completed":
        return set()
    result = json.loads(job["result"])
    pictures = {f"{kind}.jpg" for kind in ("poster", "sprite") if result[kind]}
    thumbs = {f"thumb-{number}.jpg" for number in range(1, result["thumbnails"] + 1)}
    manifest = {"manifest.json"} if result.get("manifest") else set()
    return {FORMATS[job["format"]].file_name} | pictures | thumbs | manifest


def assert_nothing_unnamed(stack: Stack, *, patience: float = 5) -> None:
    """Nothing lies in the bucket that no record names; what is being cleaned up gets `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        orphans = unnamed(stack)
        if not orphans or time.monotonic() > deadline:
            assert not orphans, sorted(orphans)
            return
        time.sleep(0.25)
