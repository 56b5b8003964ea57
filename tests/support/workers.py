"""The processes that draw chunks on this machine, found by their environment and how busy they are."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import Stack

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Worker:
    """A process; `started` tells it from a later one with the same pid."""

    pid: int
    started: str

    def cpu_seconds(self) -> float:
        """Processor time of all its threads, 0 when it is gone."""
        fields = _stat(self.pid)
        return (int(fields[11]) + int(fields[12])) / TICKS if self.alive() and fields else 0.0

    def alive(self) -> bool:
        fields = _stat(self.pid)
        return bool(fields) and fields[0] != "Z" and fields[19] == self.started

    def state(self) -> str:
        """One letter, as /proc has it: R runs, S sleeps, T is stopped; empty when it is gone."""
        fields = _stat(self.pid)
        return fields[0] if fields and fields[19] == self.started else ""

    def environment(self) -> dict[str, str]:
        """What it was started with; empty when it is gone."""
        return _environment(self.pid)

    def send(self, number: signal.Signals) -> None:
        if self.alive():
            os.kill(self.pid, number)


def started_with(**wanted: Callable[[str], bool]) -> list[Worker]:
    """Processes whose initial environment has all the named variables, each with a value that its test accepts."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        environment = _environment(int(folder.name))
        fields = _stat(int(folder.name))
        if fields and all(name in environment and test(environment[name]) for name, test in wanted.items()):
            found.append(Worker(int(folder.name), fields[19]))
    return found


def drawing(stack: Stack, backend: str) -> Callable[[], list[Worker]]:
    """Finds the processes that draw chunks for a backend."""
    here = {"AWS_ENDPOINT_URL": lambda value: value == stack.endpoint}
    if backend == "batch":
        return lambda: started_with(AWS_BATCH_JOB_ID=bool, **here)
    name = stack.resources["WorkFunction"]
    return lambda: started_with(AWS_LAMBDA_FUNCTION_NAME=lambda value: value == name, **here)


def busiest(candidates: Callable[[], list[Worker]], *, timeout: float, need: float = 0.25) -> Worker:
    """The first candidate seen to use `need` seconds of processor time; a worker that only starts up uses less.

    Raises AssertionError: none did within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    before: dict[Worker, float] = {}
    while time.monotonic() < deadline:
        for worker in candidates():
            used = worker.cpu_seconds()
            if used - before.setdefault(worker, used) >= need:
                return worker
        time.sleep(0.03)
    raise AssertionError(f"no worker was busy within {timeout} s; saw {sorted(w.pid for w in before)}")


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _environment(pid: int) -> dict[str, str]:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
