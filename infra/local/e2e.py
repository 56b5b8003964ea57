"""Runs the end-to-end tests against a local cloud of their own: brought up before, taken down after, whatever happens.

    python infra/local/e2e.py [--port 4576] [pytest's arguments …]

The port is the first free one from the given one on, so that another run on this machine does no harm.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from settings import HOST, ROOT, LocalError, local

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cloud
import main

PORTS_TRIED = 50


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4576)
    parser.add_argument("--keep", action="store_true", help="leave the cloud up, to look at what happened")
    arguments, others = parser.parse_known_args()
    os.environ["FLATRENDER_PORT"] = str(_free(arguments.port))
    os.environ.pop("FLATRENDER_ENDPOINT", None)
    target = local()
    shutil.rmtree(target.home, ignore_errors=True)
    try:
        main.up(target)
        return _pytest(others)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            main.down(target)


def _pytest(others: list[str]) -> int:
    target = local()
    environment = (
        os.environ
        | target.aws()
        | {
            "FLATRENDER_ENDPOINT": target.endpoint,
            "FLATRENDER_STACK": target.stack,
            "FLATRENDER_OUTPUTS": str(target.outputs),
        }
    )
    command = [sys.executable, "-m", "pytest", *(others or ["tests/e2e", "-q"])]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _free(first: int) -> int:
    for port in range(first, first + PORTS_TRIED):
        if not cloud.port_taken(port):
            return port
    raise LocalError(f"None of the ports {first} to {first + PORTS_TRIED - 1} of {HOST} is free.")


if __name__ == "__main__":
    sys.exit(run())
