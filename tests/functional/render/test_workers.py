"""Workers that are late, hung, doubled, given up or broken: each costs a chunk at most."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.dynamodb import one_call_at_a_time
from tests.support.renders import Compute, composition, finish, objects, pointer, submit, task

from flatrender.engine import render as engine
from flatrender.engine.faults import EncodeFailed
from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.render import chunk_repository, pulse, service, watchdog, worker
from flatrender.render.errors import StaleAttempt
from flatrender.render.model import ChunkItem
from flatrender.render.pipeline import dispatch, fail, plan
from flatrender.render.steps import Step


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    one_call_at_a_time(monkeypatch)
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.05)


@pytest.fixture
def planned(rich: Callable[..., Caller], recorded: Compute) -> tuple[Caller, Step]:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    plan.run(step)
    return caller, step


def hang(monkeypatch: pytest.MonkeyPatch, seconds: float = 5, frames: Callable[[float], int] = lambda _: 0) -> None:
    """Drawing that reports but never ends; `frames` says what it reports after so many seconds."""

    def slow(*given: Any) -> None:
        report = given[6]
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            report(frames(time.monotonic() - began))
            time.sleep(0.01)
        raise AssertionError("nobody stopped the drawing")

    monkeypatch.setattr(engine, "render_chunk", slow)


def chunks(step: Step) -> list[Any]:
    return chunk_repository.job_and_chunks(step.tenant_id, step.job_id)[1]


def test_a_cancelled_job_stops_its_workers(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, step = planned
    hang(monkeypatch)
    began = time.monotonic()
    timer = threading.Timer(0.2, service.cancel, (caller, step.job_id))
    timer.start()

    worker.run(task(step, 0))

    assert time.monotonic() - began < 2
    timer.join()
    assert recorded.succeeded == []
    assert not [key for key in objects() if key.startswith("chunks/")]


def test_a_task_that_nobody_waits_for_stops_its_worker(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    hang(monkeypatch)
    recorded.gone.add("lost")

    worker.run(task(step, 0, "lost"))

    assert (recorded.succeeded, recorded.failed) == ([], [])


def test_a_stale_attempt_stops_itself_and_harms_nobody(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    draw = engine.render_chunk
    hang(monkeypatch, frames=lambda passed: int(passed * 20))
    late = threading.Thread(target=worker.run, args=(task(step, 0, "first"),))
    late.start()
    time.sleep(0.3)
    monkeypatch.setattr(engine, "render_chunk", draw)

    worker.run(task(step, 0, "second"))
    late.join(timeout=3)

    assert not late.is_alive()
    assert recorded.succeeded == ["second"]
    assert (chunks(step)[0].status, int(chunks(step)[0].attempt)) == ("done", 2)
    worker.run(task(step, 1))
    assert finish(step) == {"outcome": "ok"}


def test_a_finished_chunk_is_reported_again_without_drawing(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    worker.run(task(step, 0, "a"))
    hang(monkeypatch)

    worker.run(task(step, 0, "b"))

    assert recorded.succeeded == ["a", "b"]
    assert int(chunks(step)[0].attempt) == 1


def test_a_worker_that_died_after_the_upload_is_not_repeated(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    with monkeypatch.context() as broken:
        broken.setattr(chunk_repository, "finish", _die)
        worker.run(task(step, 0, "a"))
    assert [error for _, error, _ in recorded.failed] == ["worker_error"]
    hang(monkeypatch)

    worker.run(task(step, 0, "b"))

    assert recorded.succeeded == ["b"]


def test_the_same_chunk_on_two_workers_at_once(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    lock, upload = threading.Lock(), storage.upload

    def one_at_a_time(*given: Any) -> None:
        """S3 takes two writers of one key; moto does not."""
        with lock:
            upload(*given)

    monkeypatch.setattr(storage, "upload", one_at_a_time)
    twins = [threading.Thread(target=worker.run, args=(task(step, 0, name),)) for name in ("a", "b")]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join()
    worker.run(task(step, 1))

    assert set(recorded.succeeded) & {"a", "b"}
    assert recorded.failed == []
    assert finish(step) == {"outcome": "ok"}


def test_no_object_is_ever_without_its_record(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    named: list[str] = []
    upload = storage.upload

    def watched(path: Path, key: str, content_type: str) -> None:
        item = chunk_repository.CacheItem.get(
            f"TENANT#{step.tenant_id}#CACHE#{key.rpartition('/')[2].removesuffix('.mp4')}", "CHUNK"
        )
        named.append(item.status)
        upload(path, key, content_type)

    monkeypatch.setattr(storage, "upload", watched)
    worker.run(task(step, 0))

    assert named == ["pending"]


def test_a_failure_is_reported_with_its_reason_and_tried_again(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, step = planned

    def broken(*_given: Any) -> None:
        raise EncodeFailed("Encoding failed: no space left.")

    with monkeypatch.context() as once:
        once.setattr(engine, "render_chunk", broken)
        worker.run(task(step, 0, "a"))
    assert recorded.failed == [("a", "encode_failed", "Encoding failed: no space left.")]

    failure = fail.Failure(**step.model_dump(), error={"Error": "States.ExceedToleratedFailureThreshold", "Cause": ""})
    assert fail.run(failure) == {"outcome": "failed"}
    shown = service.get(caller, step.job_id).error
    assert shown is not None
    assert (shown.code, shown.message.startswith("Encoding failed: no space left.")) == ("encode_failed", True)


def test_a_worker_that_stands_still_falls_silent(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heartbeats must stop, or nobody would ever take the chunk from it."""
    _, step = planned
    monkeypatch.setattr(worker, "FIRST_FRAME_SECONDS", 0.1)
    beats: list[int] = []

    def stuck(*_given: Any) -> None:
        time.sleep(0.4)
        beats.append(len(recorded.beats))
        time.sleep(0.4)
        beats.append(len(recorded.beats))
        raise EncodeFailed

    monkeypatch.setattr(engine, "render_chunk", stuck)
    worker.run(task(step, 0))

    assert beats[0] == beats[1] > 0


def test_progress_of_a_chunk_is_written_while_it_is_drawn(
    planned: tuple[Caller, Step], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = planned
    seen: set[int] = set()

    def drawing(*given: Any) -> None:
        for frame in range(1, 6):
            given[6](frame)
            time.sleep(0.1)
            seen.add(int(chunks(step)[0].frames_done))
        raise EncodeFailed

    monkeypatch.setattr(engine, "render_chunk", drawing)
    worker.run(task(step, 0))

    assert len(seen) >= 3


def test_batch_finds_its_work_by_the_tags_of_the_job(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller, backend="batch"))
    for item in plan.run(step)["items"]:
        dispatch.run(task(step, item, f"token-{item}"))
    for batch_job_id in list(recorded.batch):
        monkeypatch.setenv("AWS_BATCH_JOB_ID", batch_job_id)
        assert worker.main() == 0

    assert sorted(recorded.succeeded) == ["token-0", "token-1"]
    assert finish(step) == {"outcome": "ok"}


def test_a_batch_worker_is_watched_while_it_works_and_only_given_time_while_it_moves(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller, backend="batch"))
    plan.run(step)
    dispatch.run(task(step, 0))
    monkeypatch.setattr(worker, "FIRST_FRAME_SECONDS", 0.1)
    watch: list[str | float] = []
    monkeypatch.setattr(watchdog.faulthandler, "dump_traceback_later", lambda seconds, **_: watch.append(seconds))
    monkeypatch.setattr(watchdog.faulthandler, "cancel_dump_traceback_later", lambda: watch.append("stopped"))
    seen: list[int] = []

    def stuck(*_given: Any) -> None:
        for _ in range(2):
            time.sleep(0.4)
            seen.append(len(watch))
        raise EncodeFailed

    monkeypatch.setattr(engine, "render_chunk", stuck)
    monkeypatch.setenv("AWS_BATCH_JOB_ID", next(iter(recorded.batch)))

    assert worker.main() == 0

    assert seen[0] == seen[1] > 1, "it stood still, and was given no more time"
    assert all(seconds >= watchdog.GRACE_SECONDS for seconds in watch[:-1] if isinstance(seconds, int | float))
    assert watch[-1] == "stopped"


def test_work_on_a_job_that_ended_is_refused_at_once(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller, composition(seconds=2)))
    plan.run(step)
    service.cancel(caller, step.job_id)
    hang(monkeypatch)

    worker.run(task(step, 0, "late"))

    assert [(token, error) for token, error, _ in recorded.failed] == [("late", "JobEnded")]


def _die(*_given: Any) -> None:
    raise ConnectionError("the machine is gone")


def test_a_chunk_whose_end_was_recorded_without_an_answer_is_done(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK asks again when an answer is lost, and is refused for what its first request has done."""
    caller = rich()
    step = pointer(caller, submit(caller))
    plan.run(step)
    once = chunk_repository.finish

    def twice(item: ChunkItem) -> None:
        once(item)
        once(item)

    monkeypatch.setattr(chunk_repository, "finish", twice)
    worker.run(task(step, 0))

    assert recorded.succeeded == [task(step, 0).token]


def test_an_attempt_that_another_has_overtaken_does_not_finish_its_chunk(
    rich: Callable[..., Caller], recorded: Compute
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    plan.run(step)
    stale = chunk_repository.claim(step.tenant_id, step.job_id, 0)
    worker.run(task(step, 0))

    assert stale is not None
    with pytest.raises(StaleAttempt):
        chunk_repository.finish(stale)
