"""Ends a worker process on Batch that stands still.

Step Functions would notice by its silence, but only after as long as a Batch job may wait for a machine. A process that
ends is noticed at once: Batch tells that its job failed, and the chunk is given to somebody else. The watch is kept by
faulthandler's own thread, which needs no lock of the interpreter: so it works when a library never gives that back.
"""

import faulthandler
from typing import Final

GRACE_SECONDS: Final = 120
"""Beyond what the work was given: longer than a sign of life takes whose calls all run into their timeouts."""

_watching = False


def start() -> None:
    """Watch this process from now on. Without it `extend` does nothing: Lambda has a timeout, and short heartbeats."""
    global _watching  # noqa: PLW0603 - there is one process, and faulthandler has one timer
    _watching = True
    extend(0)


def extend(seconds: float) -> None:
    """The work may be silent for `seconds` from now; then the process ends with status 1 and its stacks in the log."""
    if _watching:
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True)


def stop() -> None:
    global _watching  # noqa: PLW0603
    _watching = False
    faulthandler.cancel_dump_traceback_later()
