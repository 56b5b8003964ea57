"""What the platform adds to drawing: from submit to published, less what the engine itself took."""

import base64
import gzip
import json
import re
import secrets
import statistics
from typing import Any

from tests.bench.report import Line, Section
from tests.support.functions import ROOT
from tests.support.people import Run, User
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.demo import PHOTOS, TEMPLATE, fill

ROUNDS = 3


def measure(stack: Stack, user: User) -> Section:
    """The demo's render, warm, each round with a title that no cache has seen."""
    pictures = user.upload(*(ROOT / photo for photo in PHOTOS))
    template = journey.template_by_code(user.api, TEMPLATE)
    overheads, wholes, firsts = [], [], []
    for number in range(ROUNDS + 1):
        # A colour that is seen in every chunk, and was never used before: so none of them is in the cache.
        inputs = fill(template, pictures, f"Round {number}") | {"accent": f"#{secrets.token_hex(3)}"}
        project = journey.project(user.api, template["id"], f"Round {number}", inputs)
        run = user.render({"project_id": project["id"], "output": {"resolution": "1080p"}, "backend": "burst"})
        assert run.ended["status"] == "completed", run.ended
        if number:  # the first one warms the functions up
            whole = run.told[-1].at
            wholes.append(whole)
            overheads.append(whole - pure_render_seconds(stack, user, run))
            firsts.append(run.told[0].at * 1000)
    return Section(
        f"The demo's render through the system, warm, median of {ROUNDS}",
        [
            Line("submit to published", statistics.median(wholes), "s"),
            Line("of it not drawing or encoding", statistics.median(overheads), "s", target=2),
            Line("submit to the first progress message", statistics.median(firsts), "ms", target=500),
        ],
        "Drawing and encoding is what the chunks report themselves, as many at a time as the pipeline starts.",
    )


def pure_render_seconds(stack: Stack, user: User, run: Run) -> float:
    """How long the job's chunks took, each as long as it reported, as many at a time as the pipeline starts."""
    tenant = user.tenant_id
    chunks = [
        item
        for item in stack.items("render")
        if item["pk"] == f"TENANT#{tenant}#JOB#{run.id}" and item["sk"].startswith("CHUNK#") and item["index"] >= 0
    ]
    assert not any(chunk["cached"] for chunk in chunks), "nothing of it was in the cache"
    seconds = sorted((_wall_seconds(stack, tenant, chunk["key"]) for chunk in chunks), reverse=True)
    workers = [0.0] * min(len(seconds), _side_by_side(stack))
    for spent in seconds:
        workers[workers.index(min(workers))] += spent
    return max(workers)


def _side_by_side(stack: Stack) -> int:
    """The deployed pipeline's limit of chunks at a time."""
    machine = stack.client("stepfunctions").describe_state_machine(
        stateMachineArn=stack.resources["RenderStateMachine"]
    )
    return int(re.sub(r"\D", "", str(json.loads(machine["definition"])["States"]["Render"]["MaxConcurrency"])))


def _wall_seconds(stack: Stack, tenant: str, key: str) -> float:
    record = stack.item("render", f"TENANT#{tenant}#CACHE#{key}", "CHUNK")
    assert record
    packed: Any = record["report"]
    raw = bytes(packed.value if hasattr(packed, "value") else packed)
    report = json.loads(gzip.decompress(raw if raw[:2] == b"\x1f\x8b" else base64.b64decode(raw)))
    return float(report["wall_seconds"])
