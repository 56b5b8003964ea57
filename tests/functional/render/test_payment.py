"""Who pays for a chunk: whoever's video is published with it first. What was drawn and never paid for is not free."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.renders import Compute, composition, finish, objects, pointer, render_chunks, seconds, submit, task

from flatrender.kernel.caller import Caller
from flatrender.platform import storage, transactions
from flatrender.render import chunk_repository, repository, service, watching, worker
from flatrender.render.errors import RenderEnded
from flatrender.render.pipeline import assemble, fail, plan, publish, verify
from flatrender.render.schemas import Render, RenderRequest
from flatrender.render.steps import Step


def drawn(caller: Caller) -> Step:
    """A job all of whose chunks are drawn, and which is not published."""
    step = pointer(caller, submit(caller))
    render_chunks(step)
    return step


def cancelled(caller: Caller, step: Step) -> None:
    service.cancel(caller, step.job_id)


def failed(caller: Caller, step: Step) -> None:
    fail.run(fail.Failure(**step.model_dump(), error={"Error": "Lambda.Unknown", "Cause": ""}))


def verified(step: Step) -> publish.Verified:
    """The input of the last step of a job whose chunks are drawn."""
    assemble.run(step)
    return publish.Verified(**step.model_dump(), result=verify.run(step)["result"])


def die(*_: Any) -> None:
    raise TimeoutError


@pytest.mark.parametrize("end", [cancelled, failed])
def test_what_an_unpaid_job_has_drawn_is_used_again_and_paid_for(
    end: Callable[[Caller, Step], None], rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    end(caller, drawn(caller))
    assert seconds(caller) == (10, 0)

    request = RenderRequest.model_validate({"composition": composition()})
    assert service.quote(caller, request).seconds_billable == 2
    job = submit(caller)
    assert (job.chunks.cached, job.seconds.reserved) == (2, 2)
    step = pointer(caller, job)
    assert render_chunks(step) == []
    assert finish(step) == {"outcome": "ok"}

    assert (service.get(caller, job.id).seconds.billed, seconds(caller)) == (2, (8, 0))


def test_what_was_paid_for_after_that_is_free(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    cancelled(caller, drawn(caller))
    step = pointer(caller, submit(caller))
    render_chunks(step)
    finish(step)

    again = submit(caller)
    assert (again.chunks.cached, again.seconds.reserved) == (2, 0)


def test_a_job_planned_on_what_another_drew_pays_when_that_one_is_cancelled(
    rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    first, second = submit(caller), submit(caller)
    render_chunks(pointer(caller, first))
    step = pointer(caller, second)
    assert render_chunks(step) == []
    cancelled(caller, pointer(caller, first))

    assert finish(step) == {"outcome": "ok"}
    assert seconds(caller) == (8, 0)


def test_publishing_that_died_before_the_mark_makes_up_for_it(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    step = drawn(caller)
    done = verified(step)

    with monkeypatch.context() as patch:
        patch.setattr(chunk_repository, "mark_paid", die)
        with pytest.raises(TimeoutError):
            publish.run(done)
    assert service.get(caller, step.job_id).status == "completed"
    assert publish.run(done) == {"outcome": "ok"}

    assert submit(caller).seconds.reserved == 0


def test_a_cancel_that_died_before_it_cleaned_up_leaves_nothing(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    step = drawn(caller)
    done = verified(step)

    monkeypatch.setattr(service, "_halt", die)
    with pytest.raises(TimeoutError):
        cancelled(caller, step)

    assert publish.run(done) == {"outcome": "ended"}
    assert not [key for key in objects() if step.job_id in key]
    assert seconds(caller) == (10, 0)


def test_a_part_that_was_damaged_once_is_not_used_again(rich: Callable[..., Caller], recorded: Compute) -> None:
    """Also on a machine that has fetched it."""
    caller = rich(seconds=10)
    first = pointer(caller, submit(caller))
    render_chunks(first)
    _, chunks = chunk_repository.job_and_chunks(first.tenant_id, first.job_id)
    key = storage.chunk_key(first.tenant_id, chunks[0].key)
    storage.write(key, b"not the chunk", "video/mp4")
    with pytest.raises(Exception, match=f"{key} has sha256"):
        assemble.run(first)
    failed(caller, first)

    second: Render = submit(caller)
    assert second.chunks.cached == 1
    step = pointer(caller, second)
    assert render_chunks(step) == [0]
    assert finish(step) == {"outcome": "ok"}


def watched(caller: Caller, job: Render, name: watching.Name = "video.m3u8") -> str:
    path = watching.link(repository.job(caller.tenant_id, job.id), name)
    assert path is not None
    return watching.document(job.id, name, path.partition("token=")[2]).body


def test_who_cancels_pays_for_what_could_be_watched(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    job = submit(caller, output={"hls": True})
    step = pointer(caller, job)
    render_chunks(step)
    assert "#EXTINF" in watched(caller, job)

    ended = service.cancel(caller, job.id)

    assert (ended.status, ended.seconds.billed, seconds(caller)) == ("cancelled", 2, (8, 0))
    assert service.cancel(caller, job.id).seconds.billed == 2
    assert submit(caller, output={"hls": True}).seconds.reserved == 0


def test_only_what_was_finished_from_the_beginning_on_is_paid_for(
    rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    job = submit(caller, composition(scenes=3), output={"hls": True})
    step = pointer(caller, job)
    assert plan.run(step)["items"] == [0, 1, 2]
    for item in (0, 2):
        worker.run(task(step, item))
    watched(caller, job)

    assert service.cancel(caller, job.id).seconds.billed == 1
    assert seconds(caller) == (9, 0)
    assert submit(caller, composition(scenes=3), output={"hls": True}).seconds.reserved == 2


@pytest.mark.parametrize("name", [None, "main.m3u8"])
def test_who_was_given_nothing_pays_nothing(
    name: watching.Name | None, rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    job = submit(caller, output={"hls": True})
    render_chunks(pointer(caller, job))
    if name:
        watched(caller, job, name)

    assert service.cancel(caller, job.id).seconds.billed is None
    assert seconds(caller) == (10, 0)


def test_a_player_that_comes_while_a_job_is_cancelled_gets_nothing_or_is_paid_for(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    job = submit(caller, output={"hls": True})
    render_chunks(pointer(caller, job))
    commit, given = transactions.commit, []

    def late(operations: Any, **more: Any) -> None:
        if not given:
            given.append(watched(caller, job))
        commit(operations, **more)

    monkeypatch.setattr(transactions, "commit", late)

    assert service.cancel(caller, job.id).seconds.billed == 2
    assert given
    with pytest.raises(RenderEnded):
        watched(caller, job)


@pytest.mark.parametrize(("code", "left"), [("damaged_asset", 8), ("verification_failed", 10)])
def test_a_failure_that_its_user_can_bring_about_gives_back_no_more_than_a_cancel(
    code: str, left: int, rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich(seconds=10)
    job = submit(caller, output={"hls": True})
    step = pointer(caller, job)
    render_chunks(step)
    watched(caller, job)
    failure = fail.Failure(**step.model_dump(), error={"code": code, "message": "It is gone."})

    assert fail.run(failure) == fail.run(failure) == {"outcome": "failed"}

    shown = service.get(caller, job.id)
    assert seconds(caller) == (left, 0)
    assert shown.error is not None
    assert shown.error.message.endswith(fail.PARTLY if left == 8 else fail.REFUND)
    assert submit(caller, output={"hls": True}).seconds.reserved == left - 8
