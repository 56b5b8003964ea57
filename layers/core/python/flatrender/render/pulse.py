"""A worker's sign of life, on its own thread, so that drawing never waits for the network.

Once a second it tells Step Functions that the task lives and asks whether the job still wants it; twice a second it
writes how far the chunk is. It vouches only for work that moves: without a `touch` it falls silent, the task times out
(on Batch, where that takes long, the watchdog ends the process before), and the chunk is given to somebody else.
"""

import threading
import time
from types import TracebackType
from typing import Final, Self

from flatrender.platform import observe
from flatrender.render import chunk_repository, compute, repository, watchdog
from flatrender.render.errors import JobEnded, StopWork
from flatrender.render.model import ChunkItem

TICK_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 1.0


class Pulse:
    """Use as a context around the work on one chunk; `touch` raises StopWork when the work is not wanted any more."""

    def __init__(self, tenant_id: str, job_id: str, chunk: ChunkItem, token: str) -> None:
        self._job = (tenant_id, job_id)
        self._chunk = chunk
        self._token = token
        self._frames = self._written = 0
        self._vouched_until = time.monotonic() + BEAT_SECONDS
        self._ended = threading.Event()
        self._stop: StopWork | None = None
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def touch(self, frames_done: int | None = None) -> None:
        """The work moved, to `frames_done` frames of the chunk. Raises StopWork."""
        if self._stop is not None:
            raise self._stop
        if frames_done is not None:
            self._frames = frames_done
        self._vouched_until = max(self._vouched_until, time.monotonic() + BEAT_SECONDS)

    def allow(self, seconds: float) -> None:
        """Vouch for work that cannot report, such as a download, for at most `seconds`. Raises StopWork."""
        self.touch()
        self._vouched_until = time.monotonic() + seconds

    def _run(self) -> None:
        next_beat = 0.0
        while not self._ended.is_set():
            now = time.monotonic()
            if now <= self._vouched_until:
                watchdog.extend(self._vouched_until - now)
            try:
                if self._frames != self._written:
                    frames = self._frames
                    chunk_repository.advance(self._chunk, frames)
                    self._written = frames
                now = time.monotonic()
                if now >= next_beat:
                    next_beat = now + BEAT_SECONDS
                    self._beat(now)
            except StopWork as stop:
                self._stop = stop
                return
            except Exception:  # noqa: BLE001 - see below
                # One lost sign of life is no reason to lose the chunk; the heartbeat's timeout allows for several.
                observe.logger().exception("no sign of life")
            self._ended.wait(TICK_SECONDS)

    def _beat(self, now: float) -> None:
        if not repository.is_active(*self._job):
            raise JobEnded
        if now <= self._vouched_until:
            compute.heartbeat(self._token)
