"""Given a deployment that orders a device class, when a job runs, then one class makes all of its chunks: the one that
was ordered, or the processor where the first worker has no such device.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.renders import Compute, composition, finish, pointer, render_chunks, submit, task

from flatrender.engine.gpu import devices as engine_devices
from flatrender.kernel.caller import Caller
from flatrender.render import chunk_repository, devices, manifest, repository, sizing, worker
from flatrender.render.pipeline import plan
from flatrender.render.steps import Step

Rich = Callable[..., Caller]
ORDERED = "gl-software"
"""Stands for a GPU: drawn through OpenGL, by Mesa's program."""


@pytest.fixture(autouse=True)
def _ordered(monkeypatch: pytest.MonkeyPatch, _facts: None) -> Iterator[None]:
    monkeypatch.setenv("RENDER_BATCH_DEVICE", ORDERED)
    sizing.sizing.cache_clear()
    machine_with(monkeypatch, ORDERED)
    yield
    engine_devices._probe.cache_clear()
    devices._found.cache_clear()


def machine_with(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """From here on workers run on a machine that has this device."""
    monkeypatch.setenv(engine_devices.VARIABLE, device)
    engine_devices._probe.cache_clear()
    devices._found.cache_clear()


def film() -> dict[str, Any]:
    """Two chunks, neither like the other."""
    made = composition()
    made["scenes"][1]["layers"][0]["fill"] = "#ffcc00"
    return made


def ordered(caller: Caller, document: dict[str, Any] | None = None, **given: Any) -> Step:
    return pointer(caller, submit(caller, document or film(), **{"backend": "batch", **given}))


def keys(step: Step) -> list[str]:
    return [chunk.key for chunk in chunk_repository.job_and_chunks(step.tenant_id, step.job_id)[1]]


def expected(step: Step, device: str) -> list[str]:
    return [chunk.key for chunk in repository.order(step.tenant_id, step.job_id).on(device).chunks()]


def settled(step: Step) -> str | None:
    return repository.job(step.tenant_id, step.job_id).device


def test_batch_draws_on_the_device_that_the_deployment_names(rich: Rich, recorded: Compute) -> None:
    step = ordered(rich())
    assert len(render_chunks(step)) == 2
    assert recorded.failed == []
    assert settled(step) == ORDERED
    assert keys(step) == expected(step, ORDERED)
    assert set(keys(step)).isdisjoint(expected(step, "cpu"))
    assert finish(step) == {"outcome": "ok"}


def test_burst_workers_draw_on_the_processor_whatever_batch_has(rich: Rich, recorded: Compute) -> None:
    step = ordered(rich(), backend="burst")
    render_chunks(step)
    assert settled(step) is None
    assert keys(step) == expected(step, "cpu")


def test_where_the_first_worker_has_none_all_draw_on_the_processor(
    rich: Rich, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ordered(rich())
    plan.run(step)
    machine_with(monkeypatch, "cpu")
    worker.run(task(step, 1))
    machine_with(monkeypatch, ORDERED)
    worker.run(task(step, 0))

    assert recorded.failed == []
    assert settled(step) == "cpu"
    assert keys(step) == expected(step, "cpu")
    assert finish(step) == {"outcome": "ok"}


def test_a_worker_without_the_device_of_the_job_leaves_the_chunk_to_another(
    rich: Rich, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ordered(rich())
    plan.run(step)
    worker.run(task(step, 0))
    machine_with(monkeypatch, "cpu")
    worker.run(task(step, 1))

    ((token, error, cause),) = recorded.failed
    assert (token, error) == (f"{step.job_id}#1", "device_missing")
    assert cause == "No machine of the kind that this render needs could be had."
    machine_with(monkeypatch, ORDERED)
    worker.run(task(step, 1))
    assert keys(step) == expected(step, ORDERED)
    assert finish(step) == {"outcome": "ok"}


def test_a_job_that_reuses_a_chunk_of_a_device_stays_with_it(
    rich: Rich, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    first = ordered(caller, composition(scenes=3))
    render_chunks(first)
    assert finish(first) == {"outcome": "ok"}
    changed = composition(scenes=3)
    changed["scenes"][2]["layers"][0]["fill"] = "#cc00ff"
    second = ordered(caller, changed)
    machine_with(monkeypatch, "cpu")

    missing = render_chunks(second)

    assert 0 < len(missing) < 3
    assert settled(second) == ORDERED
    assert {error for _, error, _ in recorded.failed} == {"device_missing"}
    assert keys(second) == expected(second, ORDERED)


def test_what_the_processor_made_is_not_reused_for_a_device(rich: Rich, recorded: Compute) -> None:
    caller = rich()
    first = ordered(caller, backend="burst")
    render_chunks(first)
    assert finish(first) == {"outcome": "ok"}
    assert render_chunks(ordered(caller)) == [0, 1]


@pytest.mark.parametrize("device", [ORDERED, "cpu"])
def test_the_manifest_names_the_class_that_made_it(
    rich: Rich, recorded: Compute, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    step = ordered(rich())
    machine_with(monkeypatch, device)
    render_chunks(step)
    job, chunks = chunk_repository.job_and_chunks(step.tenant_id, step.job_id)
    assert job is not None
    order = repository.order(step.tenant_id, step.job_id)
    found = manifest.build(job, order, chunks, {}, {"sha256": "0" * 64, "size_bytes": 1}, "2026-01-01T00:00:00Z")
    assert found["output"]["profile"]["device"] == device
