"""Carries out the jobs of the local Batch queues, as the instances of a compute environment do on AWS.

A job definition's command runs as a process of this machine, under the credentials of its job role, as often as its
retry strategy says and for as long as its timeout says. The agent holds no state: what it needs to know after a
restart is in Batch, and a job that ran when the agent died is to its retry strategy a job that lost its host.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import URLLib3Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import stack
from settings import REGION, ROOT, Local, bare_environment, local

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 2  # between asking a process to end and ending it
LOST_HOST = "Host EC2 (local agent) terminated."


@dataclass
class Run:
    """One attempt at a job."""

    job: dict[str, Any]
    definition: dict[str, Any]
    attempt: int
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.time)
    ended_because: str | None = None

    @property
    def deadline(self) -> float:
        timeout = self.job.get("timeout") or self.definition.get("timeout") or {}
        return self.started + float(timeout.get("attemptDurationSeconds", 10**9))


class Agent:
    def __init__(self, target: Local) -> None:
        self.local = target
        self.batch = stack.client(target, "batch")
        self.http = URLLib3Session()
        self.runs: dict[str, Run] = {}
        self.slots = os.cpu_count() or 1
        self.stopping = False

    def run(self) -> None:
        """Until told to stop. An unreachable cloud is waited for."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            with contextlib.suppress(BotoCoreError, ClientError, OSError):
                jobs = self._ask("outstandingjobs")["jobs"]
                self._end_what_must(jobs)
                self._adopt(jobs)  # before runs are settled, which the list does not know of
                self._reap()
                self._start_waiting(jobs)
            time.sleep(POLL_SECONDS)
        for run in self.runs.values():
            _end(run.process)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _start_waiting(self, jobs: list[dict[str, Any]]) -> None:
        waiting = [job for job in jobs if job["status"] == "RUNNABLE"]
        for job in waiting[: self.slots - len(self.runs)]:
            self._start(job)

    def _start(self, job: dict[str, Any]) -> None:
        definition = self._definition(job["jobDefinition"])
        attempt = len(job.get("attempts", [])) + 1
        environment = self._environment(job, definition, attempt)
        command = (job.get("containerOverrides") or {}).get("command") or definition["containerProperties"]["command"]
        if Path(command[0]).name in {"python", "python3"}:
            command = [sys.executable, *command[1:]]
        logs = self.local.home / "log/jobs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{job['jobName']}-{job['jobId'][:8]}-{attempt}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.runs[job["jobId"]] = Run(job, definition, attempt, process)
        self._report(job["jobId"], status="RUNNING")

    def _environment(self, job: dict[str, Any], definition: dict[str, Any], attempt: int) -> dict[str, str]:
        """What the container would see: the definition's variables, Batch's own, and the job role's credentials."""
        container = definition["containerProperties"]
        given = [*container.get("environment", []), *(job.get("containerOverrides") or {}).get("environment", [])]
        root = self.local.aws()
        credentials = self._credentials(container["jobRoleArn"], job["jobId"])
        paths = {"PYTHONPATH": str(ROOT / "layers/core/python"), "FONTS_DIR": str(ROOT / "layers/fonts")}
        batch = {
            "AWS_BATCH_JOB_ID": job["jobId"],
            "AWS_BATCH_JQ_NAME": job["jobQueue"].rpartition("/")[2],
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        }
        variables = {variable["name"]: variable["value"] for variable in given}
        return bare_environment() | root | variables | paths | batch | credentials

    def _credentials(self, role: str, job_id: str) -> dict[str, str]:
        sts = stack.client(self.local, "sts")
        given = sts.assume_role(RoleArn=role, RoleSessionName=f"batch-{job_id}"[:64])["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def _definition(self, named: str) -> dict[str, Any]:
        """By ARN, by name and revision, or by name, which means the latest."""
        name, _, revision = named.rpartition("/")[2].partition(":")
        found = self.batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
        matching = [d for d in found if not revision or str(d["revision"]) == revision]
        latest: dict[str, Any] = max(matching, key=lambda definition: definition["revision"])
        return latest

    def _end_what_must(self, jobs: list[dict[str, Any]]) -> None:
        """Runs over their time, and runs whose job was terminated."""
        for job in jobs:
            if job["jobId"] in self.runs and job["isTerminated"]:
                self._break_off(self.runs[job["jobId"]], job["statusReason"])
        for run in self.runs.values():
            if time.time() > run.deadline:
                self._break_off(run, "Job attempt duration exceeded timeout")

    def _break_off(self, run: Run, reason: str) -> None:
        if run.ended_because is None:
            run.ended_because = reason
            _end(run.process)

    def _reap(self) -> None:
        for job_id, run in list(self.runs.items()):
            code = run.process.poll()
            if code is not None:
                del self.runs[job_id]
                self._settle(run, code)

    def _settle(self, run: Run, code: int) -> None:
        # A shell's convention, and Docker's: a process that signal N killed exits with 128 + N.
        exit_code = code if code >= 0 else 128 - code
        attempt = {
            "startedAt": int(run.started * 1000),
            "stoppedAt": int(time.time() * 1000),
            "container": {"exitCode": exit_code},
            "statusReason": run.ended_because or "Essential container in task exited",
        }
        broken_off = run.ended_because is not None
        if exit_code == 0 and not broken_off:
            status = "SUCCEEDED"
        else:
            again = not broken_off and self._again(run.job, run.definition, run.attempt, exit_code, "")
            status = "RUNNABLE" if again else "FAILED"
        self._report(
            run.job["jobId"], status=status, exitCode=exit_code, attempt=attempt, statusReason=attempt["statusReason"]
        )

    def _adopt(self, jobs: list[dict[str, Any]]) -> None:
        """Jobs that run according to Batch, but not here: the agent that ran them is gone."""
        for job in jobs:
            if job["status"] != "RUNNING" or job["jobId"] in self.runs:
                continue
            number = len(job.get("attempts", [])) + 1
            again = self._again(job, self._definition(job["jobDefinition"]), number, None, LOST_HOST)
            attempt = {"startedAt": job.get("startedAt", 0), "container": {}, "statusReason": LOST_HOST}
            status = "RUNNABLE" if again and not job.get("isTerminated") else "FAILED"
            self._report(job["jobId"], status=status, attempt=attempt, statusReason=LOST_HOST)

    def _again(
        self, job: dict[str, Any], definition: dict[str, Any], attempt: int, exit_code: int | None, reason: str
    ) -> bool:
        strategy = job.get("retryStrategy") or definition.get("retryStrategy") or {}
        if attempt >= int(strategy.get("attempts", 1)):
            return False
        for rule in strategy.get("evaluateOnExit", []):
            checks = {"onExitCode": str(exit_code), "onStatusReason": reason, "onReason": reason}
            if all(fnmatchcase(actual, rule[key]) for key, actual in checks.items() if key in rule):
                return str(rule["action"]).upper() == "RETRY"
        return True

    def _report(self, job_id: str, **what: Any) -> None:
        self._ask("reportjob", jobId=job_id, **what)

    def _ask(self, operation: str, **what: Any) -> Any:
        """One of the operations that AWS does not have: see emulated_batch.py."""
        request = AWSRequest("POST", f"{self.local.endpoint}/v1/{operation}", data=json.dumps(what))
        request.headers["Content-Type"] = "application/json"
        given = self.local.aws()
        credentials = Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "batch", REGION).add_auth(request)
        answer = self.http.send(request.prepare())
        if answer.status_code != 200:
            raise OSError(f"{operation}: {answer.status_code} {answer.text}")
        return json.loads(answer.content)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    Agent(local()).run()
