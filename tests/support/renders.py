"""Small films, a stand-in for Step Functions and Batch, and the steps of the pipeline in order."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.ledger import service as ledger
from flatrender.platform.settings import settings
from flatrender.render import service, worker
from flatrender.render.errors import TaskGone
from flatrender.render.pipeline import assemble, plan, publish, verify
from flatrender.render.schemas import Render, RenderRequest
from flatrender.render.steps import ChunkTask, Step

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:flatrender-render"


def composition(*, seconds: float = 1.0, color: str = "#204060", scenes: int = 2) -> dict[str, Any]:
    """A small silent film that moves: verification refuses what stands still."""
    return {
        "format": "flatrender.composition/1",
        "canvas": {"width": 160, "height": 90, "fps": 12, "background": color},
        "scenes": [
            {
                "duration": seconds,
                "layers": [
                    {
                        "type": "shape",
                        "box": [10 + 20 * number, 10, 40, 40],
                        "geometry": {"type": "rectangle"},
                        "fill": "#ffffff",
                        "transform": {"x": {"keyframes": [{"time": 0, "value": 0}, {"time": seconds, "value": 60}]}},
                    }
                ],
            }
            for number in range(scenes)
        ],
    }


@dataclass
class Compute:
    """What was asked of Step Functions and Batch. `gone` are tokens that nobody waits for any more, `queued` Batch jobs
    that wait for a machine.
    """

    started: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    succeeded: list[str] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    beats: list[str] = field(default_factory=list)
    batch: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    dispatches: dict[str, int] = field(default_factory=dict)
    terminated: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    queued: set[str] = field(default_factory=set)
    unreachable: bool = False

    def start(self, tenant_id: str, job_id: str) -> None:
        if self.unreachable:
            raise ConnectionError("no answer")
        if job_id not in self.started:
            self.started.append(job_id)

    def stop(self, job_id: str) -> None:
        self.stopped.append(job_id)

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        self._awaited(token)
        self.succeeded.append(token)

    def fail(self, token: str, error: str, cause: str) -> None:
        self._awaited(token)
        self.failed.append((token, error, cause))

    def heartbeat(self, token: str) -> None:
        self._awaited(token)
        self.beats.append(token)

    def submit(self, tenant_id: str, job_id: str, item: int, dispatch: int) -> str:
        batch_job_id = new_id()
        self.dispatches[batch_job_id] = dispatch
        self.batch[batch_job_id] = (tenant_id, job_id, item)
        return batch_job_id

    def is_queued(self, batch_job_id: str) -> bool:
        return batch_job_id in self.queued

    def order_of(self, batch_job_id: str) -> tuple[str, str, int]:
        return self.batch[batch_job_id]

    def terminate(self, batch_job_id: str, reason: str) -> None:
        self.terminated.append(batch_job_id)

    def _awaited(self, token: str) -> None:
        if token in self.gone:
            raise TaskGone("TaskTimedOut")


def submit(caller: Caller, document: dict[str, Any] | None = None, key: str | None = None, **given: Any) -> Render:
    body = RenderRequest.model_validate({"composition": document or composition(), **given})
    return service.submit(caller, body, key or new_id())


def pointer(caller: Caller, job: Render) -> Step:
    return Step(tenant_id=caller.tenant_id, job_id=job.id)


def task(step: Step, item: int, token: str | None = None) -> ChunkTask:
    return ChunkTask(tenant_id=step.tenant_id, job_id=step.job_id, item=item, token=token or f"{step.job_id}#{item}")


def render_chunks(step: Step) -> list[int]:
    """Plan, then render what plan says."""
    planned = plan.run(step)
    assert planned["outcome"] == "ok", planned
    for item in planned["items"]:
        worker.run(task(step, item))
    return list(planned["items"])


def finish(step: Step) -> dict[str, Any]:
    """From rendered chunks to the published job."""
    assert assemble.run(step) == {"outcome": "ok"}
    verified = verify.run(step)
    assert verified["outcome"] == "ok", verified
    return publish.run(publish.Verified(**step.model_dump(), result=verified["result"]))


def objects() -> set[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=settings().media_bucket).get("Contents", [])
    return {entry["Key"] for entry in found}


def seconds(caller: Caller) -> tuple[int, int]:
    """Available and held."""
    balance = ledger.balance(caller)
    return balance.available_seconds, balance.held_seconds


def at_once(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each action gave or raised, all begun at the same moment in threads of their own."""
    gate = threading.Barrier(len(actions))
    answers: list[Any] = []

    def run(action: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers.append(action())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
