"""What the answers of Step Functions and Batch mean."""

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from flatrender.render import compute
from flatrender.render.model import ChunkItem
from flatrender.render.pipeline import fail


class Refusing:
    """Step Functions or Batch; every call fails."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def stop_execution(self, **_given: Any) -> None:
        raise self._failure

    terminate_job = stop_execution


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "StopExecution")


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDER_STATE_MACHINE_ARN", "arn:aws:states:eu-central-1:123456789012:stateMachine:render")


@pytest.mark.parametrize(
    "failure", [refusal("ExecutionDoesNotExist"), refusal("ValidationException", "Execution is not running")]
)
def test_what_has_ended_is_stopped_enough(failure: ClientError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_states", lambda: Refusing(failure))
    compute.stop("job")


@pytest.mark.parametrize(
    "failure", [refusal("ValidationException", "1 validation error detected"), refusal("AccessDeniedException")]
)
def test_a_request_that_step_functions_refuses_is_an_error(
    failure: ClientError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "_states", lambda: Refusing(failure))
    with pytest.raises(ClientError):
        compute.stop("job")


@pytest.mark.parametrize("failure", [refusal("ClientException"), ReadTimeoutError(endpoint_url="https://batch")])
def test_a_batch_job_that_cannot_be_terminated_finds_out_by_itself(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "client", lambda _: Refusing(failure))
    compute.terminate("batch-job", "The render was cancelled.")


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Batch is asked to run."""
    asked: list[dict[str, Any]] = []

    def submit_job(**given: Any) -> dict[str, str]:
        asked.append(given)
        return {"jobId": "batch-job"}

    monkeypatch.setenv("BATCH_QUEUE", "queue")
    monkeypatch.setenv("BATCH_JOB_DEFINITION", "definition")
    monkeypatch.setattr(compute, "client", lambda _: SimpleNamespace(submit_job=submit_job))
    return asked


def test_a_queue_with_shares_is_told_whose_a_job_is(
    submitted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCH_SHARES", "400")
    tenants = [f"tenant-{number}" for number in range(2000)]
    for tenant_id in tenants * 2:
        assert compute.submit(tenant_id, "job", 0, 1) == "batch-job"

    shares = [given["shareIdentifier"] for given in submitted]
    assert shares[:2000] == shares[2000:], "a tenant's jobs have one share"
    assert 350 < len(set(shares)) <= 400
    assert all(share.isascii() and share.isalnum() for share in shares)


@pytest.mark.parametrize("shares", [None, "0"])
def test_a_queue_without_shares_is_told_of_none(
    shares: str | None, submitted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATCH_SHARES", raising=False)
    if shares is not None:
        monkeypatch.setenv("BATCH_SHARES", shares)
    compute.submit("tenant", "job", 0, 1)

    assert not {"shareIdentifier", "schedulingPriorityOverride"} & set(submitted[0])


@pytest.mark.parametrize(
    ("status", "queued"),
    [
        *((status, True) for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING")),
        *((status, False) for status in ("RUNNING", "SUCCEEDED", "FAILED")),
    ],
)
def test_a_batch_job_is_queued_until_its_process_begins(
    status: str, queued: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def describe(**given: Any) -> dict[str, Any]:
        asked.append(given)
        return {"jobs": [{"jobId": "batch-job", "status": status}]}

    monkeypatch.setattr(compute, "client", lambda _: SimpleNamespace(describe_jobs=describe))

    assert compute.is_queued("batch-job") is queued
    assert asked == [{"jobs": ["batch-job"]}]


def test_a_batch_job_that_batch_has_forgotten_is_not_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = SimpleNamespace(describe_jobs=lambda **_: {"jobs": []})
    monkeypatch.setattr(compute, "client", lambda _: batch)
    assert not compute.is_queued("batch-job")


def test_many_batch_jobs_are_terminated_side_by_side_but_not_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, ended = 0, 0, []
    lock = threading.Lock()

    def terminate(batch_job_id: str, reason: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
            ended.append((batch_job_id, reason))

    monkeypatch.setattr(compute, "terminate", terminate)
    chunks = [SimpleNamespace(batch_job_id=str(number), status="waiting") for number in range(20)]

    fail.stop_batch_jobs(cast("list[ChunkItem]", chunks), "why")

    assert sorted(ended) == sorted((str(number), "why") for number in range(20))
    assert 1 < most <= fail.STOPPED_AT_ONCE
