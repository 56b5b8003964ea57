"""End a job that cannot be finished: give the seconds back, say why, and leave nothing behind."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pydantic import Field

from flatrender.kernel.clock import timestamp
from flatrender.platform import storage, transactions
from flatrender.render import chunk_repository, closing, compute, repository
from flatrender.render.errors import RenderEnded
from flatrender.render.model import ENDED, ChunkItem, JobItem
from flatrender.render.steps import Step

GENERAL: Final = ("render_failed", "The video could not be rendered, even when tried again.")
TIMED_OUT: Final = ("render_timed_out", "Rendering took too long, even when tried again.")
STOPPED_AT_ONCE: Final = 8
"""Batch jobs; a long film has hundreds, and whoever cancels it waits for the answer."""
REFUND: Final = "The reserved seconds are back on your balance."
PARTLY: Final = "What was watched of it is paid for, and free when you order it again; all other seconds are back."
USERS_OWN: Final = ("damaged_asset", "unreadable_media")
"""Failures that a user can bring about, by deleting a file: these give back no more than a cancel."""

_TIMEOUTS: Final = ("States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout", "TIMED_OUT")


class Failure(Step):
    """The step's input: the job, and what went wrong.

    `error` is `{code, message}` from a step, or Step Functions' own `{Error, Cause}`.
    """

    error: dict[str, Any] = Field(default_factory=dict)


def run(failure: Failure) -> dict[str, Any]:
    """`{outcome}`: `failed`, or `ended` when the job was over before."""
    job, chunks = chunk_repository.job_and_chunks(failure.tenant_id, failure.job_id)
    for _ in range(closing.ATTEMPTS):
        if job is None or job.status in ENDED:
            break
        code, message = _words(failure.error, chunks)
        with suppress(RenderEnded):
            transactions.commit(_operations(job, chunks, code, message))
        job, chunks = chunk_repository.job_and_chunks(failure.tenant_id, failure.job_id)
    if job is None:
        return {"outcome": "ended"}
    if job.status == "completed":
        return {"outcome": "ended"}
    closing.mark_paid(job, chunks)
    stop_batch_jobs(chunks, "The render has failed.")
    clean_up(failure.tenant_id, failure.job_id)
    return {"outcome": "failed" if job.status == "failed" else "ended"}


def stop_batch_jobs(chunks: Sequence[ChunkItem], reason: str) -> None:
    """Those that wait would start a machine each, only to learn there that nobody wants their chunk any more."""
    doomed = [chunk.batch_job_id for chunk in chunks if chunk.batch_job_id and chunk.status != "done"]
    if doomed:
        with ThreadPoolExecutor(min(len(doomed), STOPPED_AT_ONCE)) as pool:
            list(pool.map(partial(compute.terminate, reason=reason), doomed))


def clean_up(tenant_id: str, job_id: str) -> None:
    """Remove what a job without a result has left in the bucket. Its chunks stay: the cache names them."""
    storage.remove_prefix(storage.result_prefix(tenant_id, job_id))


def _operations(job: JobItem, chunks: Sequence[ChunkItem], code: str, message: str) -> list[transactions.Operation]:
    due = closing.cost(job, chunks) if code in USERS_OWN else closing.Cost()
    error = {"code": code, "message": f"{message} {PARTLY if due.seconds else REFUND}"}
    data = {
        "job_id": job.job_id,
        "user_id": job.user_id,
        "project_id": job.project_id,
        "seconds_released": int(job.seconds_held) - due.seconds,
        "seconds_settled": due.seconds,
        "stage": job.stage,
        "error": error,
    }
    return [
        *closing.operations(job, due, "failed", timestamp(), [JobItem.stage.set("failed"), JobItem.error.set(error)]),
        repository.announce(job, "failed", 3, data),
    ]


def _words(error: dict[str, Any], chunks: list[ChunkItem]) -> tuple[str, str]:
    """Code and sentence: a step's own verdict, else what the last worker noted, else what Step Functions saw."""
    if "code" in error:
        return str(error["code"]), str(error["message"])
    noted = [chunk.error for chunk in chunks if chunk.error and chunk.status != "done"]
    if noted:
        return str(noted[0]["code"]), str(noted[0]["message"])
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    if name in _TIMEOUTS or _error_type(cause) in _TIMEOUTS:
        return TIMED_OUT
    return GENERAL


def _error_type(cause: str) -> str:
    """The type of a Lambda error; its cause is JSON."""
    try:
        parsed = json.loads(cause)
    except ValueError:
        return ""
    return str(parsed.get("errorType", "")) if isinstance(parsed, dict) else ""
