"""Runs the parts of the gate one after the other, all of them whatever fails, and says how each ended.

    python infra/check.py lint types unit functional architecture e2e

A part is a target of the Makefile. The last line is pytest's summary of all parts together; a part without tests that
fails, or that breaks before it has counted its tests, counts as an error.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMMARY = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s")
BAD = ("failed", "error")


@dataclass(frozen=True)
class Part:
    """How one part ended; `counts` is empty where it runs no tests."""

    name: str
    status: int
    seconds: float
    counts: Counter[str]


def run(name: str) -> Part:
    began = time.monotonic()
    print(f"── {name}", flush=True)
    counts: Counter[str] = Counter()
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            counts = summary(line) or counts
    if process.returncode and not any(counts[kind] for kind in BAD):
        counts["error"] += 1
    return Part(name, process.returncode, time.monotonic() - began, counts)


def summary(line: str) -> Counter[str]:
    """`27 passed, 2 errors in 16.29s` as counts by kind; empty when the line is another."""
    found = SUMMARY.match(line)
    if not found:
        return Counter()
    pairs = (item.split() for item in found[1].split(", "))
    return Counter({"error" if kind == "errors" else kind: int(number) for number, kind in pairs})


def main() -> int:
    began = time.monotonic()
    parts = [run(name) for name in sys.argv[1:]]
    print("\n── all")
    for part in parts:
        print(f"{part.name:13} {'failed' if part.status else 'ok':7} {part.seconds:6.1f} s")
    total = sum((part.counts for part in parts), Counter())
    kinds = [kind for kind in ("failed", "passed", "skipped", "error") if total[kind]]
    shown = [f"{total[kind]} {'errors' if kind == 'error' and total[kind] > 1 else kind}" for kind in kinds]
    print(f"==== {', '.join(shown) or 'no tests ran'} in {time.monotonic() - began:.2f}s ====")
    return 1 if any(part.status for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
