"""The services that run renders: Step Functions and Batch. Only this module of the context speaks to them."""

import hashlib
import json
import os
from typing import Any

from flatrender.platform import observe
from flatrender.platform.clients import client
from flatrender.render.errors import TaskGone

_GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
_QUEUED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING")


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])


def _over(error: Any) -> bool:
    """Whether an execution cannot be stopped because it has ended. AWS answers as if it had stopped it, the local cloud
    says so; every other ValidationException is about our request.
    """
    return _code(error) == "ValidationException" and "not running" in str(error.response["Error"].get("Message"))


def _states() -> Any:
    return client("stepfunctions")


def start(tenant_id: str, job_id: str) -> None:
    """Start the pipeline of a job. Doing it twice does it once: the execution is named after the job."""
    from botocore.exceptions import ClientError

    try:
        _states().start_execution(
            stateMachineArn=os.environ["RENDER_STATE_MACHINE_ARN"],
            name=job_id,
            input=json.dumps({"tenant_id": tenant_id, "job_id": job_id}),
        )
    except ClientError as error:
        if _code(error) != "ExecutionAlreadyExists":
            raise


def stop(job_id: str) -> None:
    """Stop the pipeline of a job, if it runs. Step Functions then answers its workers that their tasks are gone."""
    from botocore.exceptions import ClientError

    machine = os.environ["RENDER_STATE_MACHINE_ARN"]
    execution = machine.replace(":stateMachine:", ":execution:") + f":{job_id}"
    try:
        _states().stop_execution(executionArn=execution, error="Cancelled", cause="The user cancelled the render.")
    except ClientError as error:
        # Not started yet, or over already: plan finds the job cancelled, and there is nothing to stop.
        if _code(error) != "ExecutionDoesNotExist" and not _over(error):
            raise


def succeed(token: str, output: dict[str, Any]) -> None:
    """Raises TaskGone: nobody waits for this any more."""
    _answer("send_task_success", taskToken=token, output=json.dumps(output))


def fail(token: str, error: str, cause: str) -> None:
    """Raises TaskGone."""
    _answer("send_task_failure", taskToken=token, error=error[:256], cause=cause[:4096])


def heartbeat(token: str) -> None:
    """Raises TaskGone."""
    _answer("send_task_heartbeat", taskToken=token)


def _answer(operation: str, **arguments: str) -> None:
    from botocore.exceptions import ClientError

    try:
        getattr(_states(), operation)(**arguments)
    except ClientError as error:
        if _code(error) in _GONE:
            raise TaskGone(_code(error)) from error
        raise


def submit(tenant_id: str, job_id: str, item: int, dispatch: int) -> str:
    """Queue a work item on Batch; returns the Batch job's id. The job finds its work by these tags."""
    answer = client("batch").submit_job(
        jobName=f"render-{job_id}-{item if item >= 0 else 'audio'}",
        jobQueue=os.environ["BATCH_QUEUE"],
        jobDefinition=os.environ["BATCH_JOB_DEFINITION"],
        tags={"tenant_id": tenant_id, "job_id": job_id, "item": str(item), "dispatch": str(dispatch)},
        **_share(tenant_id),
    )
    batch_job_id: str = answer["jobId"]
    return batch_job_id


def _share(tenant_id: str) -> dict[str, Any]:
    """Whose share of the machines a job takes, where the queue has shares: Batch then serves tenants in turn.

    A queue may have 500 shares in use at a time and refuses jobs of one more, so tenants are spread over fewer.
    """
    shares = int(os.environ.get("BATCH_SHARES", "0"))
    if not shares:
        return {}
    digest = hashlib.sha256(tenant_id.encode()).digest()
    # Within a share all jobs are alike.
    return {"shareIdentifier": f"tenants{int.from_bytes(digest) % shares:03d}", "schedulingPriorityOverride": 1}


def is_queued(batch_job_id: str) -> bool:
    """Whether a Batch job has yet to begin: no process of it has read anything."""
    found = client("batch").describe_jobs(jobs=[batch_job_id])["jobs"]
    return any(job["status"] in _QUEUED for job in found)


def order_of(batch_job_id: str) -> tuple[str, str, int]:
    """The tenant, job and item that a Batch job is to work on."""
    (found,) = client("batch").describe_jobs(jobs=[batch_job_id])["jobs"]
    tags = found["tags"]
    return tags["tenant_id"], tags["job_id"], int(tags["item"])


def terminate(batch_job_id: str, reason: str) -> None:
    """Stop a Batch job, best effort: its worker also finds out by itself within a second."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client("batch").terminate_job(jobId=batch_job_id, reason=reason)
    except (BotoCoreError, ClientError) as error:
        observe.logger().warning("batch job not terminated", extra={"batch_job_id": batch_job_id, "error": str(error)})
