"""From the table's stream to progress messages, and the consumers of events."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.renders import Compute, finish, pointer, render_chunks, seconds, submit, task

from flatrender.kernel.caller import Caller
from flatrender.kernel.errors import Unavailable
from flatrender.progress import push
from flatrender.progress import repository as snapshots
from flatrender.render import repository, service, tracking, worker
from flatrender.render.pipeline import assemble, plan, publish, verify

STREAM_RETRIES = 10
"""The event source's MaximumRetryAttempts."""

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@pytest.fixture
def track(load: Callable[[str], Any], lambda_context: Any) -> Callable[..., dict[str, Any]]:
    """`track(caller, job_id, …)`: the stream tells that these jobs changed."""
    handler: Handler = load("render/track").handler

    def call(caller: Caller, *job_ids: str) -> dict[str, Any]:
        records = [
            {
                "eventName": "MODIFY",
                "dynamodb": {
                    "Keys": {"pk": {"S": f"TENANT#{caller.tenant_id}#JOB#{job_id}"}, "sk": {"S": "JOB"}},
                    "SequenceNumber": str(number),
                },
            }
            for number, job_id in enumerate(job_ids)
        ]
        return handler({"Records": records}, lambda_context)

    return call


def snapshot(caller: Caller, job_id: str) -> Any:
    found = snapshots.snapshot(caller.tenant_id, job_id)
    assert found is not None
    return found


def test_progress_rises_through_all_stages_and_closes(
    rich: Callable[..., Caller],
    recorded: Compute,
    track: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshots, "MIN_INTERVAL_MS", 0)
    caller = rich()
    job = submit(caller)
    step = pointer(caller, job)
    seen: list[tuple[str, float, int]] = []

    def look() -> None:
        assert track(caller, job.id) == {"batchItemFailures": []}
        now = snapshot(caller, job.id)
        seen.append((now.stage, float(now.percent), int(now.chunks_done)))

    look()
    for item in plan.run(step)["items"]:
        look()
        worker.run(task(step, item))
        look()
    assemble.run(step)
    look()
    result = verify.run(step)["result"]
    look()
    publish.run(publish.Verified(**step.model_dump(), result=result))
    look()

    percents = [percent for _, percent, _ in seen]
    assert percents == sorted(percents)
    assert [stage for stage, _, _ in seen[:1]] == ["queued"]
    assert {"rendering", "assembling", "verifying"} <= {stage for stage, _, _ in seen}
    assert seen[-1][1] == 100
    last = snapshot(caller, job.id)
    assert last.status == "completed"
    assert json.loads(last.outcome)["result"]["width"] == 160


@pytest.mark.parametrize("ending", ["cancelled", "failed"])
def test_a_job_that_ends_early_closes_with_its_reason(
    ending: str, rich: Callable[..., Caller], recorded: Compute, track: Callable[..., dict[str, Any]]
) -> None:
    from flatrender.render.pipeline import fail

    caller = rich()
    job = submit(caller)
    if ending == "cancelled":
        service.cancel(caller, job.id)
    else:
        fail.run(fail.Failure(**pointer(caller, job).model_dump()))

    track(caller, job.id)
    track(caller, job.id)

    last = snapshot(caller, job.id)
    assert last.status == ending
    assert json.loads(last.outcome)["error"]["code"] in {"cancelled", "render_failed"}


def test_late_and_doubled_records_change_nothing(
    rich: Callable[..., Caller], recorded: Compute, track: Callable[..., dict[str, Any]]
) -> None:
    caller = rich()
    job = submit(caller)
    render_chunks(pointer(caller, job))
    finish(pointer(caller, job))
    track(caller, job.id, job.id)
    closed = int(snapshot(caller, job.id).seq)

    track(caller, job.id)

    assert int(snapshot(caller, job.id).seq) == closed


@pytest.mark.parametrize("outage", [3, 30, 60])
def test_an_outage_of_the_sockets_delays_the_closing_message_but_does_not_lose_it(
    outage: float,
    rich: Callable[..., Caller],
    recorded: Compute,
    track: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller = rich()
    job = submit(caller)
    service.cancel(caller, job.id)
    snapshots.connect(caller.tenant_id, caller.user_id, "socket", 1)
    snapshots.subscribe(caller.tenant_id, job.id, "socket", seen=1)
    now, told = [0.0], []
    monkeypatch.setattr(tracking.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tracking.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))

    def post(_connection_id: str, message: dict[str, Any]) -> bool:
        if now[0] < outage:
            raise Unavailable
        told.append(message["type"])
        return True

    monkeypatch.setattr(push, "post", post)

    for _ in range(1 + STREAM_RETRIES):
        if track(caller, job.id) == {"batchItemFailures": []}:
            break

    assert told == ["cancelled"]
    assert now[0] < outage + 8


def test_one_job_that_cannot_be_told_does_not_hold_up_the_others(
    rich: Callable[..., Caller],
    recorded: Compute,
    track: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller = rich(tier="pro")
    good, bad = submit(caller), submit(caller)
    plan.run(pointer(caller, good))
    tell = tracking.tell

    def sometimes(tenant_id: str, job_id: str) -> None:
        if job_id == bad.id:
            raise ConnectionError("no answer")
        tell(tenant_id, job_id)

    monkeypatch.setattr(tracking, "tell", sometimes)
    monkeypatch.setattr(tracking, "PAUSES", (0.01,))

    answer = track(caller, bad.id, good.id, bad.id)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["0", "2"]
    assert snapshot(caller, good.id).stage == "rendering"


def execution_ended(caller: Caller, job_id: str, status: str) -> dict[str, Any]:
    pointer_ = json.dumps({"tenant_id": caller.tenant_id, "job_id": job_id})
    body = json.dumps(
        {"detail-type": "Step Functions Execution Status Change", "detail": {"status": status, "input": pointer_}}
    )
    return {"messageId": status, "body": body}


def test_an_execution_that_died_ends_its_job(
    rich: Callable[..., Caller], recorded: Compute, load: Callable[[str], Any], lambda_context: Any
) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    plan.run(pointer(caller, job))
    batch = {"Records": [execution_ended(caller, job.id, "TIMED_OUT")] * 2}

    assert load("render/abandoned").handler(batch, lambda_context) == {"batchItemFailures": []}

    assert repository.job(caller.tenant_id, job.id).error["code"] == "render_timed_out"
    assert seconds(caller) == (10, 0)


def test_an_execution_that_was_stopped_by_a_cancel_changes_nothing(
    rich: Callable[..., Caller], recorded: Compute, load: Callable[[str], Any], lambda_context: Any
) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    service.cancel(caller, job.id)
    batch = {"Records": [execution_ended(caller, job.id, "ABORTED"), {"messageId": "bad", "body": "{}"}]}

    answer = load("render/abandoned").handler(batch, lambda_context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert repository.job(caller.tenant_id, job.id).status == "cancelled"
    assert seconds(caller) == (10, 0)
