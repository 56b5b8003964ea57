"""Steps that are cut short, or run twice at a time: the slower run undoes nothing of the faster one."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.renders import Compute, composition, finish, objects, pointer, render_chunks, submit

from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.render import chunk_repository, service, sizing
from flatrender.render.model import ChunkItem
from flatrender.render.pipeline import assemble, parts, plan, verify
from flatrender.render.steps import Step

ROOT = Path(__file__).resolve().parents[3]
RESULTS = {"video.mp4", "poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg", "sprite.jpg", "manifest.json"}


@pytest.mark.parametrize("slow", [assemble, verify])
def test_the_slower_of_two_runs_leaves_the_published_results(
    slow: Any, rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assemble.run(step)
    is_wanted = parts.still_wanted

    def late(step: Step) -> bool:
        """All that follows happens between this run's upload and its look at the job."""
        monkeypatch.setattr(parts, "still_wanted", is_wanted)
        assert finish(step) == {"outcome": "ok"}
        return is_wanted(step)

    monkeypatch.setattr(parts, "still_wanted", late)

    assert slow.run(step) == {"outcome": "ended"}
    assert service.get(caller, step.job_id).status == "completed"
    prefix = storage.result_prefix(caller.tenant_id, step.job_id)
    assert {key.removeprefix(prefix) for key in objects() if key.startswith(prefix)} == RESULTS


@pytest.mark.parametrize("step_of", [assemble, verify])
def test_an_upload_that_fails_after_the_cancel_leaves_nothing(
    step_of: Any, rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    if step_of is verify:
        assemble.run(step)
    upload = storage.upload

    def broken(*given: Any) -> None:
        if service.get(caller, step.job_id).status == "running":
            service.cancel(caller, step.job_id)
        upload(*given)
        raise ConnectionError("S3 has it, but its answer was lost")

    monkeypatch.setattr(storage, "upload", broken)

    with pytest.raises(ConnectionError):
        step_of.run(step)
    assert not [key for key in objects() if step.job_id in key]


def test_a_plan_that_died_half_way_is_completed_by_the_next_run(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller, composition(scenes=3)))
    write = chunk_repository.write_chunks

    def die(items: Sequence[ChunkItem]) -> None:
        write(items[1:2])
        raise ConnectionError("throttled")

    with monkeypatch.context() as patch:
        patch.setattr(chunk_repository, "write_chunks", die)
        with pytest.raises(ConnectionError):
            plan.run(step)

    assert render_chunks(step) == [0, 1, 2]
    assert finish(step) == {"outcome": "ok"}
    assert service.get(caller, step.job_id).chunks.total == 3


def test_a_chunk_that_grows_too_old_while_the_job_runs_is_still_put_in(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    rendered = len(render_chunks(step))
    finish(step)
    now = chunk_repository.epoch()
    usable = sizing.sizing().cache_days * chunk_repository.DAY

    monkeypatch.setattr(chunk_repository, "epoch", lambda: now + usable - chunk_repository.JOB_SECONDS - 60)
    early = pointer(caller, submit(caller))
    assert render_chunks(early) == []
    monkeypatch.setattr(chunk_repository, "epoch", lambda: now + usable - 60)
    assert len(render_chunks(pointer(caller, submit(caller)))) == rendered
    assert finish(early) == {"outcome": "ok"}


def test_chunks_stay_usable_for_as_long_as_a_job_may_run() -> None:
    machine = json.loads((ROOT / "statemachines/render.asl.json").read_text())
    assert machine["TimeoutSeconds"] <= chunk_repository.JOB_SECONDS
