"""Work items on their way to Batch: those that wait there, and those whose machine is gone."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.renders import Compute, pointer, submit, task

from flatrender.kernel.caller import Caller
from flatrender.render import chunk_repository, consumers, worker
from flatrender.render.errors import WorkersSpent
from flatrender.render.pipeline import dispatch, plan
from flatrender.render.steps import Step


@pytest.fixture
def step(rich: Callable[..., Caller]) -> Step:
    """A job for Batch, planned."""
    caller = rich()
    made = pointer(caller, submit(caller, backend="batch"))
    plan.run(made)
    return made


def died(step: Step, recorded: Compute, batch_job_id: str) -> dict[str, Any]:
    """What Batch says through EventBridge and SQS."""
    _, _, item = recorded.batch[batch_job_id]
    tags = {"item": str(item), "dispatch": str(recorded.dispatches[batch_job_id])} | step.model_dump()
    detail = {"status": "FAILED", "jobId": batch_job_id, "tags": tags, "statusReason": "Host EC2 terminated."}
    return {"messageId": batch_job_id, "body": json.dumps({"detail": detail})}


def test_dispatching_anew_stops_the_earlier_batch_job(step: Step, recorded: Compute) -> None:
    dispatch.run(task(step, 0, "a"))
    (first,) = recorded.batch

    dispatch.run(task(step, 0, "b"))

    assert recorded.terminated == [first]
    assert len(recorded.batch) == 2
    assert chunk_repository.token(step.tenant_id, step.job_id, 0) == "b"


def test_a_batch_job_that_waits_for_a_machine_keeps_its_place_and_works_for_the_latest_attempt(
    step: Step, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in (0, 1):
        dispatch.run(task(step, item, f"first-{item}"))
    recorded.queued.update(recorded.batch)
    recorded.gone.update({"first-0", "first-1"})
    for number in range(3 * dispatch.TRIES):
        dispatch.run(task(step, 0, f"later-{number}"))
    dispatch.run(task(step, 1, "later"))
    assert (len(recorded.batch), recorded.terminated) == (2, [])

    for batch_job_id in recorded.batch:
        monkeypatch.setenv("AWS_BATCH_JOB_ID", batch_job_id)
        assert worker.main() == 0

    assert recorded.succeeded == [f"later-{3 * dispatch.TRIES - 1}", "later"]


def test_a_batch_job_left_in_its_place_is_missed_when_it_dies(step: Step, recorded: Compute) -> None:
    dispatch.run(task(step, 0, "a"))
    (waiting,) = recorded.batch
    recorded.queued.add(waiting)
    dispatch.run(task(step, 0, "b"))
    recorded.queued.clear()

    consumers.give_up_lost({"Records": [died(step, recorded, waiting)]})

    assert recorded.failed == [("b", "WorkerLost", "Host EC2 terminated.")]
    dispatch.run(task(step, 0, "c"))
    assert list(recorded.dispatches.values()) == [1, 2]


def test_workers_that_stand_still_are_given_up_after_some_tries(step: Step, recorded: Compute) -> None:
    for number in range(dispatch.TRIES):
        dispatch.run(task(step, 0, f"try-{number}"))

    with pytest.raises(WorkersSpent):
        dispatch.run(task(step, 0, "one too many"))

    assert len(recorded.batch) == dispatch.TRIES
    assert recorded.terminated == list(recorded.batch), "the last one, too"


def test_a_dispatch_that_another_has_overtaken_takes_its_batch_job_back(
    step: Step, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions may call again while the first call still runs, when it has lost the answer."""
    submit_one = recorded.submit

    def overtaken(tenant_id: str, job_id: str, item: int, number: int) -> str:
        monkeypatch.setattr("flatrender.render.compute.submit", submit_one)
        dispatch.run(task(step, 0, "second"))
        return submit_one(tenant_id, job_id, item, number)

    monkeypatch.setattr("flatrender.render.compute.submit", overtaken)
    dispatch.run(task(step, 0, "first"))

    second, first = recorded.batch
    assert (recorded.dispatches, recorded.terminated) == ({second: 2, first: 1}, [first])
    recorded.queued.add(second)
    dispatch.run(task(step, 0, "third"))
    assert len(recorded.batch) == 2, "the stored job is the second's, which waits"


def test_a_batch_job_that_died_fails_its_task_at_once(
    step: Step, recorded: Compute, load: Callable[[str], Any], lambda_context: Any
) -> None:
    dispatch.run(task(step, 0, "a"))
    dispatch.run(task(step, 0, "b"))
    batch = {"Records": [died(step, recorded, batch_job_id) for batch_job_id in recorded.batch]}

    answer = load("render/lost").handler(batch, lambda_context)

    assert recorded.failed == [("b", "WorkerLost", "Host EC2 terminated.")]
    assert answer == {"batchItemFailures": []}


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_batch_job_may_die_before_its_id_is_stored(
    earlier: int, step: Step, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(earlier):
        dispatch.run(task(step, 0, f"earlier-{number}"))
    with monkeypatch.context() as killed:
        killed.setattr(chunk_repository, "set_batch_job", _die)
        with pytest.raises(ConnectionError):
            dispatch.run(task(step, 0, "latest"))

    answer = consumers.give_up_lost({"Records": [died(step, recorded, list(recorded.batch)[-1])]})

    assert (recorded.failed, answer) == ([("latest", "WorkerLost", "Host EC2 terminated.")], {"batchItemFailures": []})


def _die(*_given: Any) -> None:
    raise ConnectionError("the machine is gone")
