"""Refuses a deployment to AWS that could not work there: a render layer made of libraries too new for Lambda.

Run with layers/ on PYTHONPATH.
"""

import sys
from pathlib import Path

from shared_libraries import undeployable

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    faults = undeployable(ROOT / ".build/layers/render")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
