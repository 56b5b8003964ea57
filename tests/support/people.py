"""Users of the deployed system, and what they do with it, over its public interfaces only."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from flatrender_cli import journey
from flatrender_cli.api import Api
from flatrender_cli.endpoints import Endpoints
from flatrender_cli.watch import Watcher

ENDED = {"completed", "failed", "cancelled"}


@dataclass(frozen=True)
class Told:
    """A message from the socket, and when it came, in seconds after the submit was sent."""

    at: float
    message: dict[str, Any]


@dataclass
class Run:
    """A watched render: the job as it was submitted and as it ended, and every message in between."""

    submitted: dict[str, Any]
    told: list[Told] = field(default_factory=list)
    ended: dict[str, Any] = field(default_factory=dict)
    responded: float = 0.0
    """Seconds until submit had answered."""

    @property
    def id(self) -> str:
        return str(self.submitted["id"])


@dataclass(frozen=True)
class User:
    """A signed-up user with an open session."""

    endpoints: Endpoints
    api: Api
    account: journey.Account

    @property
    def tenant_id(self) -> str:
        return str(self.api.get("/v1/users/me")["tenant_id"])

    def upload(self, *paths: Path) -> list[str]:
        """Uploads files and returns their ids once all of them are ready."""
        announced = [journey.start_upload(self.api, path) for path in paths]
        return [journey.ready(self.api, file["id"])["id"] for file in announced]

    def submit(self, request: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        return journey.submit(self.api, request, key)

    def render(self, request: dict[str, Any], on_message: Callable[[str, dict[str, Any]], None] | None = None) -> Run:
        """Submits, watches to the closing message, and reads the job as it ended.

        `on_message(job_id, message)` may interfere in mid-render.
        """
        with Watcher(self.endpoints.socket, self.account.access_token) as watcher:
            started = time.perf_counter()
            run = Run(self.submit(request))
            run.responded = time.perf_counter() - started
            for message in watcher.messages(run.id):
                run.told.append(Told(time.perf_counter() - started, message))
                if on_message:
                    on_message(run.id, message)
        run.ended = self.api.get(f"/v1/renders/{run.id}")
        return run

    def wait(self, job_id: str, *, timeout: float = 90) -> dict[str, Any]:
        """The job once it has ended, by polling."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.api.get(f"/v1/renders/{job_id}")
            if job["status"] in ENDED:
                return job
            time.sleep(0.1)
        raise AssertionError(f"{job_id} did not end within {timeout} s: {job['status']}, {job['stage']}")

    def wait_for_stage(self, job_id: str, stage: str, *, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        job: dict[str, Any] = {}
        while time.monotonic() < deadline:
            job = self.api.get(f"/v1/renders/{job_id}")
            if job["stage"] == stage:
                return
            time.sleep(0.05)
        raise AssertionError(f"{job_id} did not reach '{stage}' within {timeout} s: {job['status']}, {job['stage']}")


def film(
    seconds: float = 2.0, *, width: int = 640, height: int = 360, fps: int = 30, weight: int = 1
) -> dict[str, Any]:
    """A composition of which nothing is in the cache, for the text in it is new. More `weight` takes longer to draw."""
    layers: list[dict[str, Any]] = [
        {
            "type": "text",
            "box": [0, height * 0.1 * number, width, height * 0.8],
            "runs": [{"text": f"{uuid4().hex} {number}"}],
            "style": {"size": height / 8, "fill": "#ffffff"},
            "blur": {"keyframes": [{"time": 0, "value": 0}, {"time": seconds, "value": 12}]},
            "transform": {"x": {"keyframes": [{"time": 0, "value": 0}, {"time": seconds, "value": width / 3}]}},
        }
        for number in range(weight)
    ]
    return {
        "format": "flatrender.composition/1",
        "canvas": {"width": width, "height": height, "fps": fps, "background": "#203040"},
        "scenes": [{"duration": seconds, "layers": layers}],
    }
