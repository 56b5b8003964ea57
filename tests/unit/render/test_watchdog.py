"""A worker that stands still is ended, whatever holds it up; one that moves is not."""

import os
import subprocess
import sys
import time

import pytest

PREPARE = """
import ctypes, sys, time
from flatrender.render import watchdog
watchdog.GRACE_SECONDS = 0.5
watchdog.start()
"""
STUCK = "ctypes.PyDLL(None).sleep(20)"  # keeps the interpreter's lock: no Python thread can run
MOVING = """
for _ in range(10):
    watchdog.extend(0)
    time.sleep(0.2)
"""
SLOW = "watchdog.extend(20)\ntime.sleep(2)"


@pytest.mark.parametrize(
    ("work", "status"),
    [(STUCK, 1), ("time.sleep(20)", 1), (MOVING, 0), (SLOW, 0), ("watchdog.stop()\ntime.sleep(1)", 0)],
)
def test_only_what_stands_still_is_ended(work: str, status: int) -> None:
    there = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + work], env=there, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, time.monotonic() - began < 15) == (status, True), done.stderr
    assert ("most recent call first" in done.stderr) == bool(status), "its stacks are in the log"
