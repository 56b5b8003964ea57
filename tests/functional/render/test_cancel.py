"""Cancelling, and who wins when it meets the end of the job."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.dynamodb import one_call_at_a_time
from tests.support.events import assert_valid_event, outbox_events
from tests.support.renders import (
    Compute,
    at_once,
    composition,
    finish,
    objects,
    pointer,
    render_chunks,
    seconds,
    submit,
    task,
)

from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.platform.settings import table_name
from flatrender.render import chunk_repository, consumers, repository, service, worker
from flatrender.render.errors import RenderEnded
from flatrender.render.pipeline import assemble, dispatch, fail, plan, publish, verify
from flatrender.render.schemas import Render


def endings(job_id: str) -> list[str]:
    """The events that tell how a job ended."""
    found = [event for event in outbox_events(table_name("render")) if event["aggregate_id"] == job_id]
    for event in found:
        assert_valid_event(event)
    return [event["type"] for event in found if event["sequence"] == 3]


def test_cancelling_gives_the_seconds_back_and_stops_the_pipeline(
    rich: Callable[..., Caller], recorded: Compute, invoke: Callable[..., Any]
) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    plan.run(pointer(caller, job))

    answers = [invoke("render/renders", "POST", f"/v1/renders/{job.id}/cancel", caller=caller) for _ in range(2)]

    assert [(answer.status, answer.json["status"]) for answer in answers] == [(200, "cancelled")] * 2
    assert seconds(caller) == (10, 0)
    assert set(recorded.stopped) == {job.id}
    assert endings(job.id) == ["render.job.cancelled.v1"]


def test_a_job_that_ended_cannot_be_cancelled(
    rich: Callable[..., Caller], recorded: Compute, invoke: Callable[..., Any]
) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    render_chunks(pointer(caller, job))
    finish(pointer(caller, job))

    answer = invoke("render/renders", "POST", f"/v1/renders/{job.id}/cancel", caller=caller)

    assert (answer.status, answer.error["code"]) == (409, "render_ended")
    assert seconds(caller) == (8, 0)
    assert storage.head(storage.result_prefix(caller.tenant_id, job.id) + "video.mp4") is not None


def test_cancelling_frees_the_place(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(tier="free")
    jobs = [submit(caller, composition(color=color)) for color in ("#111111", "#222222")]
    service.cancel(caller, jobs[0].id)
    service.cancel(caller, jobs[0].id)
    submit(caller, composition(color="#333333"))

    with pytest.raises(Exception, match="parallel"):
        submit(caller, composition(color="#444444"))


def test_batch_jobs_are_terminated(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich()
    job = submit(caller, backend="batch")
    step = pointer(caller, job)
    for item in plan.run(step)["items"]:
        dispatch.run(task(step, item))

    service.cancel(caller, job.id)

    assert set(recorded.terminated) == set(recorded.batch)
    assert len(recorded.batch) == 2


def test_batch_jobs_of_a_failed_render_are_terminated_but_those_that_are_done(
    rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller, backend="batch"))
    for item in plan.run(step)["items"]:
        dispatch.run(task(step, item))
    done, waiting = recorded.batch
    worker.run(task(step, 0))

    fail.run(fail.Failure(**step.model_dump(), error={"Error": "WorkerLost", "Cause": ""}))

    assert (recorded.batch[done][2], recorded.terminated) == (0, [waiting])


@pytest.mark.parametrize("after", ["plan", "chunks", "assemble", "verify"])
def test_cancelling_at_any_step_leaves_nothing_behind(
    after: str, rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    step = pointer(caller, job)
    steps: dict[str, Callable[[], Any]] = {
        "plan": lambda: plan.run(step),
        "chunks": lambda: render_chunks(step),
        "assemble": lambda: assemble.run(step),
        "verify": lambda: verify.run(step),
    }
    for name, run in steps.items():
        run()
        if name == after:
            break

    service.cancel(caller, job.id)

    for run in (assemble.run, verify.run):
        assert run(step) == {"outcome": "ended"}
    ending = publish.run(
        publish.Verified(**step.model_dump(), result={"size_bytes": 1, "sha256": "0" * 64, "thumbnails": 0})
    )
    assert ending == {"outcome": "ended"}
    assert seconds(caller) == (10, 0)
    assert not [key for key in objects() if job.id in key]
    assert endings(job.id) == ["render.job.cancelled.v1"]
    _assert_every_chunk_is_named(caller)


def test_what_is_uploaded_during_the_cancel_is_removed(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    job = submit(caller)
    step = pointer(caller, job)
    render_chunks(step)
    upload = storage.upload

    def late(*given: Any) -> None:
        service.cancel(caller, job.id)
        upload(*given)

    monkeypatch.setattr(storage, "upload", late)

    assert assemble.run(step) == {"outcome": "ended"}
    assert not [key for key in objects() if job.id in key]


class Killed(BaseException):
    """A process that is no more cleans up nothing."""


@pytest.mark.parametrize("after", ["assemble", "verify"])
@pytest.mark.parametrize("ending", ["cancelled", "failed"])
@pytest.mark.parametrize("cleaner", ["the step, tried again", "the consumer of executions that ended"])
def test_what_a_step_stored_before_it_was_killed_is_removed(
    after: str, ending: str, cleaner: str, rich: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    job = submit(caller)
    step = pointer(caller, job)
    render_chunks(step)
    if after == "verify":
        assemble.run(step)
    upload = storage.upload
    run = {"assemble": assemble.run, "verify": verify.run}[after]

    def last(*given: Any) -> None:
        if ending == "cancelled":
            service.cancel(caller, job.id)
        else:
            fail.run(fail.Failure(**step.model_dump(), error={}))
        upload(*given)
        raise Killed

    monkeypatch.setattr(storage, "upload", last)
    with pytest.raises(Killed):
        run(step)
    assert [key for key in objects() if job.id in key]

    if cleaner.startswith("the step"):
        assert run(step) == {"outcome": "ended"}
    else:
        detail = {"status": "ABORTED", "input": json.dumps(step.model_dump())}
        record = {"messageId": "1", "body": json.dumps({"detail": detail})}
        assert consumers.end_abandoned({"Records": [record]}) == {"batchItemFailures": []}

    assert not [key for key in objects() if job.id in key]
    assert repository.job(caller.tenant_id, job.id).status == ending


def test_cancel_and_publish_at_once_have_one_winner(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=100, tier="business")
    one_call_at_a_time(monkeypatch)
    for number in range(6):
        job = submit(caller, composition(color=f"#0000{number:02d}"))
        step = pointer(caller, job)
        plan.run(step)
        verified = publish.Verified(**step.model_dump(), result={"size_bytes": 1, "sha256": "0" * 64, "thumbnails": 0})

        answers = at_once([lambda v=verified: publish.run(v), lambda i=job.id: service.cancel(caller, i)])

        status = repository.job(caller.tenant_id, job.id).status
        assert endings(job.id) == [f"render.job.{status}.v1"]
        if status == "completed":
            assert {"outcome": "ok"} in answers
            assert any(isinstance(answer, RenderEnded) for answer in answers)
        else:
            assert status == "cancelled"
            assert {"outcome": "ended"} in answers
            assert any(isinstance(answer, Render) for answer in answers)
    available, held = seconds(caller)
    completed = sum(1 for job in service.listing(caller, _first_page(), "completed").data)
    assert (available, held) == (100 - 2 * completed, 0)


def _first_page() -> Any:
    from flatrender.kernel.paging import PageRequest

    return PageRequest()


def _assert_every_chunk_is_named(caller: Caller) -> None:
    for key in objects():
        prefix, _, name = key.split("/", 2)
        if prefix == "chunks":
            assert chunk_repository.cached(caller.tenant_id, [name.removesuffix(".mp4")])
