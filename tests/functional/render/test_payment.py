"""Who pays for a chunk: whoever's video is published with it first. What was drawn and never paid for is not free."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.renders import Compute, composition, finish, objects, pointer, render_chunks, seconds, submit

from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.render import chunk_repository, service
from flatrender.render.pipeline import assemble, fail, publish, verify
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
    assemble.run(step)
    verified = publish.Verified(**step.model_dump(), result=verify.run(step)["result"])

    def die(*_: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(chunk_repository, "mark_paid", die)
        with pytest.raises(TimeoutError):
            publish.run(verified)
    assert service.get(caller, step.job_id).status == "completed"
    assert publish.run(verified) == {"outcome": "ok"}

    assert submit(caller).seconds.reserved == 0


def test_a_cancel_that_died_before_it_cleaned_up_leaves_nothing(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    step = drawn(caller)
    assemble.run(step)
    verified = publish.Verified(**step.model_dump(), result=verify.run(step)["result"])

    def die(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(service, "_halt", die)
    with pytest.raises(TimeoutError):
        cancelled(caller, step)

    assert publish.run(verified) == {"outcome": "ended"}
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
