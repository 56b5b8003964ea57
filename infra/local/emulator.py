"""Runs ministack, with a few things changed. Started with the interpreter of .build/cloud; see docs/decisions.

1. ministack unpacks every layer anew for every worker process. A render worker would write 220 MB before it starts,
   and share none of it with its neighbours. Here a layer is unpacked once and linked to.
2. After each invocation ministack waits 50 ms for log lines of a function that wrote none, and 5 ms for more of them.
   Here it waits 1 ms and not at all, and takes what comes later with the next invocation: an endpoint's latency is
   then its own.
3. Batch jobs run: see emulated_batch.py.
4. Consumers of streams do not wait for each other, and answer for single records: see emulated_streams.py.
5. Tasks that wait for a token time out, fail and are stopped as on AWS: see emulated_callbacks.py.
6. A function that raised lives on: see emulated_errors.py.
7. A bad token is refused at a WebSocket's handshake with 401: see emulated_sockets.py.
8. An answer is sent at once, head and body: see emulated_answers.py.
9. Step Functions tells a call that was throttled, and spreads its attempts as told: see emulated_retries.py.
"""

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from ministack import app
from ministack.core import lambda_runtime

import emulated_answers
import emulated_batch
import emulated_callbacks
import emulated_errors
import emulated_retries
import emulated_sockets
import emulated_streams

CACHE = Path(tempfile.gettempdir()) / "layers"
FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP = 0.001, 0.0, 0.25


class SharedLayers(zipfile.ZipFile):
    """A zip whose extraction as a layer is a link to the one copy of its content."""

    def extractall(self, path=None, members=None, pwd=None):  # noqa: ANN001, ANN201 - as zipfile has it
        target = Path(path or ".")
        if not target.name.startswith("layer_"):
            return super().extractall(path, members, pwd)
        shared = CACHE / self._digest()
        if not shared.is_dir():
            partial = Path(tempfile.mkdtemp(prefix="partial-", dir=CACHE))
            super().extractall(partial)
            try:
                partial.rename(shared)
            except OSError:
                # Another worker was faster; its copy is the same.
                shutil.rmtree(partial, ignore_errors=True)
        target.rmdir()
        target.symlink_to(shared, target_is_directory=True)
        return None

    def _digest(self) -> str:
        """What the zip holds, told from its directory: names, sizes and checksums."""
        entries = ((entry.filename, entry.file_size, entry.CRC) for entry in self.infolist())
        return hashlib.sha256(repr(sorted(entries)).encode()).hexdigest()


class _Zipfile:
    """The module `zipfile` as `lambda_runtime` sees it."""

    ZipFile = SharedLayers

    def __getattr__(self, name: str) -> object:
        return getattr(zipfile, name)


def main() -> None:
    os.umask(0o077)
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    lambda_runtime.zipfile = _Zipfile()
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP)  # noqa: SLF001
    emulated_answers.install()
    emulated_batch.install()
    emulated_streams.install()
    emulated_callbacks.install()
    emulated_retries.install()
    emulated_errors.install()
    emulated_sockets.install()
    app.main()


if __name__ == "__main__":
    main()
