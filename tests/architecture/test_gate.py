"""The gate says truthfully how its parts ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.functions import ROOT

MAKEFILE = """
good:
\t@echo "3 passed in 0.10s"
bad:
\t@echo "=== 1 failed, 2 passed, 1 error in 0.20s ==="; exit 1
broken:
\t@echo "no summary"; exit 2
quiet:
\t@echo "lint: clean"
"""


@pytest.mark.parametrize(
    ("parts", "status", "last"),
    [
        (["good", "quiet"], 0, "3 passed"),
        (["broken", "good"], 1, "3 passed, 1 error"),
        (["bad", "broken", "good"], 1, "1 failed, 5 passed, 2 errors"),
    ],
)
def test_every_part_runs_and_every_failure_counts(parts: list[str], status: int, last: str, tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(MAKEFILE)
    environment = os.environ | {"MAKEFILES": str(makefile)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "infra/check.py"), *parts],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == status
    assert done.stdout.splitlines()[-1].startswith(f"==== {last} in ")
