"""The pipeline, step by step, with the real engine."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.events import assert_valid_event, outbox_events
from tests.support.renders import (
    Compute,
    composition,
    finish,
    objects,
    pointer,
    render_chunks,
    seconds,
    submit,
)

from flatrender.engine.reports import ChunkReport
from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.platform.settings import table_name
from flatrender.render import chunk_repository, machine, repository, service
from flatrender.render.order import pack
from flatrender.render.pipeline import assemble, fail, parts, plan, publish, verify
from flatrender.render.steps import Step

CRASH = {"Error": "Runtime.ExitError", "Cause": "{}"}


def events_of(job_id: str) -> list[dict[str, Any]]:
    found = [event for event in outbox_events(table_name("render")) if event["aggregate_id"] == job_id]
    for event in found:
        assert_valid_event(event)
    return sorted(found, key=lambda event: event["sequence"])


def test_a_submitted_job_ends_as_a_published_video(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)

    job = submit(caller)
    assert (job.status, job.seconds.reserved, job.chunks.total) == ("queued", 2, 2)
    assert seconds(caller) == (8, 2)
    assert recorded.started == [job.id]

    step = pointer(caller, job)
    assert render_chunks(step) == [0, 1]
    assert finish(step) == {"outcome": "ok"}

    done = service.get(caller, job.id)
    assert (done.status, done.seconds.billed, done.stage) == ("completed", 2, "completed")
    assert done.result is not None
    assert "video.mp4" in done.result.video_url
    assert seconds(caller) == (8, 0)
    types = [event["type"] for event in events_of(job.id)]
    assert types == ["render.job.submitted.v1", "render.job.started.v1", "render.job.completed.v1"]
    prefix = storage.result_prefix(caller.tenant_id, job.id)
    names = {key.removeprefix(prefix) for key in objects() if key.startswith(prefix)}
    pictures = {"poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg", "sprite.jpg"}
    assert names == {"video.mp4", "manifest.json", *pictures}


def test_every_step_run_twice_leaves_what_one_run_leaves(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    step = pointer(caller, job)

    assert plan.run(step) == plan.run(step)
    render_chunks(step)
    assert render_chunks(step) == []
    assert assemble.run(step) == assemble.run(step) == {"outcome": "ok"}
    first, second = verify.run(step), verify.run(step)
    assert first == second
    verified = publish.Verified(**step.model_dump(), result=first["result"])
    assert publish.run(verified) == publish.run(verified) == {"outcome": "ok"}

    assert seconds(caller) == (8, 0)
    assert len(events_of(job.id)) == 3
    assert plan.run(step) == {"outcome": "ended"}
    assert assemble.run(step) == {"outcome": "ended"}
    assert verify.run(step) == {"outcome": "ended"}
    assert fail.run(fail.Failure(**step.model_dump(), error=CRASH)) == {"outcome": "ended"}
    assert service.get(caller, job.id).status == "completed"


def test_what_is_cached_is_neither_rendered_nor_billed(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    render_chunks(step)
    finish(step)

    again = submit(caller)
    assert (again.chunks.cached, again.seconds.reserved) == (2, 0)
    second = pointer(caller, again)
    assert render_chunks(second) == []
    assert finish(second) == {"outcome": "ok"}
    assert service.get(caller, again.id).seconds.billed == 0
    assert seconds(caller) == (8, 0)


def test_another_tenant_does_not_share_the_cache(rich: Callable[..., Caller], recorded: Compute) -> None:
    one, other = rich(), rich()
    step = pointer(one, submit(one))
    render_chunks(step)

    assert submit(other).chunks.cached == 0


def test_a_chunk_that_appears_twice_is_rendered_once(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich()
    document = composition(scenes=1)
    document["scenes"] = document["scenes"] * 2

    job = submit(caller, document)
    step = pointer(caller, job)
    items = render_chunks(step)

    assert len(items) == job.chunks.total - job.chunks.cached
    assert finish(step) == {"outcome": "ok"}


def test_a_chunk_lost_from_the_cache_fails_the_step_loudly(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    _, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    storage.remove(storage.chunk_key(step.tenant_id, chunks[0].key))

    with pytest.raises(parts.PartMissing, match=f"{chunks[0].key}.mp4 is not there"):
        assemble.run(step)
    assert submit(caller).chunks.cached == 1


def test_assembling_works_on_another_machine_than_verifying(
    rich: Callable[..., Caller],
    recorded: Compute,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assemble.run(step)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setattr(machine, "folder", lambda: elsewhere)

    assert verify.run(step)["outcome"] == "ok"


def test_assembling_makes_room_for_the_video(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    asked: list[int] = []
    monkeypatch.setattr(machine, "make_room", asked.append)

    assemble.run(step)

    video, *parts = asked
    assert len(parts) == 2
    assert video == 2 * sum(parts), "for the video, and for these two while it is written"


def test_a_video_that_is_not_what_was_drawn_is_not_published(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assemble.run(step)
    other = pointer(caller, submit(caller, composition(color="#a02020", seconds=0.5)))
    render_chunks(other)
    assemble.run(other)
    _swap_videos(step, other)

    verdict = verify.run(step)
    assert verdict["outcome"] == "failed"
    assert verdict["error"]["code"] == "verification_failed"

    assert fail.run(fail.Failure(**step.model_dump(), error=verdict["error"])) == {"outcome": "failed"}
    failed = service.get(caller, step.job_id)
    assert failed.error is not None
    assert failed.error.code == "verification_failed"
    assert not [key for key in objects() if step.job_id in key]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"frames": 11}, "Expected a part from frame 11, the next begins at 12."),
        ({"height": 91}, "Expected parts of 160x90, the one from frame 0 has 160x91."),
    ],
)
def test_parts_of_another_film_are_one_clear_failure(
    wrong: dict[str, int], said: str, rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assemble.run(step)
    _, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    known = chunk_repository.cached(step.tenant_id, [chunks[0].key])[chunks[0].key].report
    report = ChunkReport.model_validate_json(known or b"").model_copy(update=wrong)
    chunk_repository.complete_object(step.tenant_id, chunks[0].key, 28, 1, pack(report))

    verdict = verify.run(step)

    assert verdict["error"]["code"] == "verification_failed"
    assert verdict["error"]["message"].endswith(f": {said}")
    assert submit(caller).chunks.cached == 0


def test_a_film_that_lacks_its_end_is_refused(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    _, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    chunks[-1].delete()
    assemble.run(step)

    verdict = verify.run(step)

    assert verdict["error"]["message"].endswith(": Expected 24 frames, the parts have 12.")


def test_what_a_refused_video_was_made_of_is_rendered_anew(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assemble.run(step)
    damaged = [key for key in objects() if key.startswith("chunks/")]
    other = pointer(caller, submit(caller, composition(color="#a02020", seconds=0.5)))
    render_chunks(other)
    assemble.run(other)
    _swap_videos(step, other)
    verdict = verify.run(step)
    fail.run(fail.Failure(**step.model_dump(), error=verdict["error"]))

    again = submit(caller)
    assert again.chunks.cached == 0
    follow = pointer(caller, again)
    render_chunks(follow)
    assemble.run(follow)
    assert verify.run(follow)["outcome"] == "ok"
    assert set(damaged) <= set(objects())


def test_failing_gives_the_seconds_back_once(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)
    job = submit(caller)
    step = pointer(caller, job)
    render_chunks(step)
    assemble.run(step)
    failure = fail.Failure(**step.model_dump(), error={"Error": "States.HeartbeatTimeout", "Cause": ""})

    assert fail.run(failure) == fail.run(failure) == {"outcome": "failed"}

    shown = service.get(caller, job.id)
    assert shown.status == "failed"
    assert shown.error is not None
    assert shown.error.code == "render_timed_out"
    assert "back on your balance" in shown.error.message
    assert seconds(caller) == (10, 0)
    assert [event["type"] for event in events_of(job.id)][-1] == "render.job.failed.v1"
    assert not [key for key in objects() if job.id in key]


def test_a_failed_job_frees_its_place(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(tier="free")
    jobs = [submit(caller, composition(color=color)) for color in ("#111111", "#222222")]
    fail.run(fail.Failure(**pointer(caller, jobs[0]).model_dump(), error=CRASH))

    assert submit(caller, composition(color="#333333")).status == "queued"


def test_a_job_that_ended_is_not_started(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich()
    job = submit(caller)
    service.cancel(caller, job.id)

    assert plan.run(pointer(caller, job)) == {"outcome": "ended"}
    assert repository.job(caller.tenant_id, job.id).status == "cancelled"


def _swap_videos(one: Step, other: Step) -> None:
    """The video of `other` where that of `one` should be."""
    source = storage.result_prefix(other.tenant_id, other.job_id) + "video.mp4"
    storage.copy(source, storage.result_prefix(one.tenant_id, one.job_id) + "video.mp4")
    machine.drop(f"result-{one.job_id}.mp4")
