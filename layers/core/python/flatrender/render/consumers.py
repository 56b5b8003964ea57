"""What the render context does when it is told that something happened."""

import json
from typing import Any, Final

from flatrender.platform import batches, observe
from flatrender.render import chunk_repository, compute, repository
from flatrender.render.errors import TaskGone
from flatrender.render.pipeline import fail

_WHY: Final = {
    "TIMED_OUT": fail.TIMED_OUT,
    "FAILED": fail.GENERAL,
    "ABORTED": ("render_stopped", "The render was stopped by the platform."),
}

NOT_STARTED: Final = ("render_not_started", "The render could not be started, even when tried again.")
START_ATTEMPTS: Final = 5
"""The queue's maxReceiveCount: after so many, a message is given up."""


def start_submitted(batch: dict[str, Any]) -> batches.Response:
    """`render.job.submitted.v1` from SQS: start the pipeline, in case submit did not come that far.

    Needs no memory of what was handled: starting twice starts once, and a job that has ended is left alone. A job that
    cannot be started is failed by the last attempt: waiting for ever, it would hold its seconds and its place.
    """

    def one(record: dict[str, Any]) -> None:
        event = batches.event_of(record)
        if not repository.is_active(event.tenant_id, event.aggregate_id):
            return
        try:
            compute.start(event.tenant_id, event.aggregate_id)
        except Exception:
            if int(record["attributes"]["ApproximateReceiveCount"]) < START_ATTEMPTS:
                raise
            observe.logger().exception("pipeline not started, for good", extra={"job_id": event.aggregate_id})
            _give_up(event.tenant_id, event.aggregate_id, *NOT_STARTED)

    return batches.each(batch, one)


def _give_up(tenant_id: str, job_id: str, code: str, message: str) -> None:
    fail.run(fail.Failure(tenant_id=tenant_id, job_id=job_id, error={"code": code, "message": message}))


def end_abandoned(batch: dict[str, Any]) -> batches.Response:
    """Step Functions' status changes from SQS: an execution that ended without ending its job ends the job.

    The state machine's own `Fail` step is nearly always first; this is for when that failed too, or all timed out.
    Each comes twice, the second time when no step can still be running: what a job without a result has left is
    removed either time.
    """

    def one(record: dict[str, Any]) -> None:
        detail = json.loads(record["body"])["detail"]
        pointer = json.loads(detail["input"])
        code, message = _WHY.get(detail["status"], fail.GENERAL)
        _give_up(pointer["tenant_id"], pointer["job_id"], code, message)

    return batches.each(batch, one)


def give_up_lost(batch: dict[str, Any]) -> batches.Response:
    """Batch's status changes from SQS: a job that failed without a word fails its task, which is then tried again.

    A worker reports its own failures; this is for one that died with its machine, or never came up.
    """

    def one(record: dict[str, Any]) -> None:
        detail = json.loads(record["body"])["detail"]
        tags = detail.get("tags") or {}
        if detail["status"] != "FAILED" or not {"tenant_id", "job_id", "item", "dispatch"} <= set(tags):
            return
        token = chunk_repository.token_of(tags["tenant_id"], tags["job_id"], int(tags["item"]), int(tags["dispatch"]))
        if token is None:
            return
        try:
            compute.fail(token, "WorkerLost", str(detail.get("statusReason") or "The Batch job failed."))
        except TaskGone:
            observe.logger().info("nobody waits for this task any more", extra={"batch_job_id": detail["jobId"]})

    return batches.each(batch, one)
