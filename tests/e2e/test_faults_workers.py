"""What happens to a job when the machines that draw it fail, or its user has had enough."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support import workers
from tests.support.books import assert_balanced, assert_nothing_unnamed, entries, spent
from tests.support.people import User, film
from tests.support.stack import Stack
from tests.support.workers import Worker

from flatrender_cli.api import ApiError

BACKENDS = ["burst", "batch"]


def heavy(seconds: float = 4) -> dict[str, Any]:
    """Takes several seconds to draw on two cores."""
    return film(seconds, width=1920, height=1080, weight=6)


def assert_paid_once(stack: Stack, user: User, job: dict[str, Any]) -> None:
    assert job["status"] == "completed", job
    assert spent(user) == job["seconds"]["billed"] == job["seconds"]["reserved"]
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_killed_in_mid_chunk_costs_one_chunk(stack: Stack, user: User, backend: str) -> None:
    job = user.submit({"composition": heavy(), "backend": backend})
    victim = workers.busiest(workers.drawing(stack, backend), timeout=40)
    victim.send(signal.SIGKILL)
    ended = user.wait(job["id"])
    assert not victim.alive()
    assert_paid_once(stack, user, ended)


@pytest.fixture
def full(stack: Stack) -> Iterator[Callable[[], None]]:
    """Lambda has no room for the burst workers, until this is called or the test ends."""
    lambdas, name = stack.client("lambda"), stack.resources["WorkFunction"]
    before = lambdas.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

    def make_room() -> None:
        if before is None:
            lambdas.delete_function_concurrency(FunctionName=name)
        else:
            lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)

    lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    yield make_room
    make_room()


def test_a_job_waits_while_lambda_has_no_room_for_its_workers(
    stack: Stack, user: User, full: Callable[[], None]
) -> None:
    job = user.submit({"composition": film(2), "backend": "burst"})
    # Three attempts after 1, 2 and 4 seconds, as for other failures, are over by then.
    time.sleep(12)
    assert user.api.get(f"/v1/renders/{job['id']}")["status"] == "running"
    full()
    assert_paid_once(stack, user, user.wait(job["id"]))


@pytest.fixture
def stopped() -> Iterator[list[Worker]]:
    """Workers that a test stops; afterwards they are gone."""
    found: list[Worker] = []
    yield found
    for worker in found:
        worker.send(signal.SIGKILL)
        worker.send(signal.SIGCONT)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_chunk_that_hangs_is_given_to_another_worker(
    stack: Stack, user: User, backend: str, stopped: list[Worker]
) -> None:
    job = user.submit({"composition": heavy(), "backend": backend})
    victim = workers.busiest(workers.drawing(stack, backend), timeout=40)
    stopped.append(victim)
    victim.send(signal.SIGSTOP)
    ended = user.wait(job["id"])
    assert_paid_once(stack, user, ended)
    # Woken up after all is over, it finds that nobody waits for it, and changes nothing.
    victim.send(signal.SIGCONT)
    time.sleep(2)
    assert user.api.get(f"/v1/renders/{job['id']}")["status"] == "completed"
    assert_paid_once(stack, user, ended)


@pytest.mark.parametrize("backend", BACKENDS)
def test_cancel_stops_computing_within_five_seconds_and_gives_the_seconds_back(
    stack: Stack, user: User, backend: str
) -> None:
    before = user.api.get("/v1/users/me/balance")["available_seconds"]
    job = user.submit({"composition": heavy(12), "backend": backend})
    find = workers.drawing(stack, backend)
    workers.busiest(find, timeout=40)
    held = user.api.get("/v1/users/me/balance")
    assert held["held_seconds"] == job["seconds"]["reserved"] > 0
    cancelled = user.api.post(f"/v1/renders/{job['id']}/cancel")
    asked = time.monotonic()
    assert cancelled["status"] == "cancelled"
    assert user.api.get("/v1/users/me/balance")["available_seconds"] == before
    idle_after = _idle_since(find, asked)
    assert idle_after < 5, f"drawing went on for {idle_after:.1f} s"
    assert user.api.get(f"/v1/renders/{job['id']}")["status"] == "cancelled"
    assert [entry["kind"] for entry in entries(user)][:2] == ["release", "hold"]
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def _idle_since(find: Callable[[], list[Worker]], start: float) -> float:
    """Seconds after `start` at which no worker used a processor any more, as seen over a second."""
    last_busy = start
    used = {worker: worker.cpu_seconds() for worker in find()}
    while time.monotonic() < start + 12:
        time.sleep(0.25)
        for worker in find():
            now = worker.cpu_seconds()
            if now - used.get(worker, now) > 0.08:
                last_busy = time.monotonic()
            used[worker] = now
        if time.monotonic() - last_busy > 1.5:
            break
    return last_busy - start


def test_cancelling_what_has_ended_is_refused_and_changes_nothing(stack: Stack, user: User) -> None:
    run = user.render({"composition": film(0.5)})
    with pytest.raises(ApiError) as refusal:
        user.api.post(f"/v1/renders/{run.id}/cancel")
    assert refusal.value.status == 409
    assert_paid_once(stack, user, user.api.get(f"/v1/renders/{run.id}"))


def test_cancelling_twice_is_cancelling_once(stack: Stack, user: User) -> None:
    job = user.submit({"composition": film(8, width=1280, height=720, weight=4)})
    answers = [user.api.post(f"/v1/renders/{job['id']}/cancel")["status"] for _ in range(2)]
    assert answers == ["cancelled", "cancelled"]
    assert [entry["kind"] for entry in entries(user)].count("release") == 1
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def test_no_worker_is_left_stopped(stack: Stack) -> None:
    """The tests above stop processes; none of them may stay so."""
    everybody = workers.started_with(AWS_ENDPOINT_URL=lambda value: value == stack.endpoint)
    assert not [worker.pid for worker in everybody if worker.state() == "T"]
