"""Completes ministack's Batch, a list of jobs that all succeeded at once: here they wait, run, end and can be ended.

The states a job goes through are Batch's. What moves it on is the agent (batch_agent.py), which asks for jobs and
reports over two operations that AWS does not have: POST /v1/outstandingjobs and /v1/reportjob. It asks ten times a
second; with Batch's own operations that would be six calls each time.
"""

import json
import time
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import batch, eventbridge

type Answer = tuple[int, dict[str, str], bytes]

OVER = {"SUCCEEDED", "FAILED"}
# What ministack forgets of a job definition and of a job, and the agent must know.
_DEFINITION_FIELDS = ("retryStrategy", "timeout", "parameters", "platformCapabilities", "propagateTags")
_JOB_FIELDS = ("containerOverrides", "parameters", "retryStrategy", "timeout")

_register_definition = batch._register_job_definition  # noqa: SLF001
_submit = batch._submit_job  # noqa: SLF001


def install() -> None:
    batch._DISPATCH.update(  # noqa: SLF001
        {
            "/v1/registerjobdefinition": register_definition,
            "/v1/submitjob": submit,
            "/v1/terminatejob": terminate,
            "/v1/canceljob": terminate,
            "/v1/outstandingjobs": outstanding,
            "/v1/reportjob": report,
        }
    )


def register_definition(request: dict[str, Any]) -> Answer:
    answer: Answer = _register_definition(request)
    if answer[0] == 200:
        latest = batch._job_definitions[request["jobDefinitionName"]][-1]  # noqa: SLF001
        latest.update({field: request[field] for field in _DEFINITION_FIELDS if field in request})
    return answer


def submit(request: dict[str, Any]) -> Answer:
    """As on AWS, a job for a queue or a definition that is not there is refused."""
    queue, _ = batch._job_queue_name_from_ref(request.get("jobQueue", ""))  # noqa: SLF001
    name = request.get("jobDefinition", "").rpartition("job-definition/")[2].partition(":")[0]
    if queue not in batch._job_queues:  # noqa: SLF001
        return _refused(f"JobQueue {request.get('jobQueue')} not found.")
    if name not in batch._job_definitions:  # noqa: SLF001
        return _refused(f"JobDefinition {request.get('jobDefinition')} not found.")
    answer: Answer = _submit(request)
    if answer[0] != 200:
        return answer
    job = batch._jobs[json.loads(answer[2])["jobId"]]  # noqa: SLF001
    for field in ("startedAt", "stoppedAt", "statusReason"):
        del job[field]
    job.update({field: request[field] for field in _JOB_FIELDS if field in request})
    job.update(status="RUNNABLE", container={}, attempts=[], isTerminated=False, isCancelled=False)
    return answer


def terminate(request: dict[str, Any]) -> Answer:
    """A job that waits fails at once; one that runs is marked, and fails when the agent has ended it."""
    job = batch._jobs.get(request.get("jobId", ""))  # noqa: SLF001
    if not request.get("reason"):
        return _refused("reason is required")
    if job and job["status"] not in OVER:
        job.update(isTerminated=True, statusReason=request["reason"])
        if job["status"] != "RUNNING":
            job.update(status="FAILED", stoppedAt=_now())
    return _answered({})


def outstanding(_request: dict[str, Any]) -> Answer:
    """`{jobs}`: all that is not over, the oldest first, each as DescribeJobs has it."""
    jobs = [job for job in batch._jobs.values() if job["status"] not in OVER]  # noqa: SLF001
    return _answered({"jobs": sorted(jobs, key=lambda job: job["createdAt"])})


def report(request: dict[str, Any]) -> Answer:
    """`{jobId, status, statusReason?, exitCode?, attempt?}` from the agent."""
    job = batch._jobs.get(request.get("jobId", ""))  # noqa: SLF001
    if job is None:
        return _refused("no such job")
    job["status"] = request["status"]
    if request["status"] == "RUNNING":
        job["startedAt"] = _now()
    if request["status"] in OVER:
        job["stoppedAt"] = _now()
    if "statusReason" in request and not job.get("isTerminated"):
        job["statusReason"] = request["statusReason"]
    if "exitCode" in request:
        job["container"] = {"exitCode": request["exitCode"]}
    if "attempt" in request:
        job["attempts"].append(request["attempt"])
    _tell(job)
    return _answered({})


def _tell(job: dict[str, Any]) -> None:
    """Batch tells EventBridge's default bus of every change of a job's status."""
    shown = {"jobArn", "jobName", "jobId", "jobQueue", "status", "statusReason", "attempts", "jobDefinition", "tags"}
    queue, _ = batch._job_queue_name_from_ref(job["jobQueue"])  # noqa: SLF001
    detail = {key: value for key, value in job.items() if key in shown} | {"jobQueue": batch._jq_arn(queue)}  # noqa: SLF001
    entry = {
        "Source": "aws.batch",
        "DetailType": "Batch Job State Change",
        "Detail": json.dumps(detail),
        "Resources": [job["jobArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)  # noqa: SLF001


def _answered(body: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def _refused(message: str) -> Answer:
    refused: Answer = error_response_json("ClientException", message, 400)
    return refused


def _now() -> int:
    return int(time.time() * 1000)
