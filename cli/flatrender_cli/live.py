"""A render job's progress as live bars."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from flatrender_cli.console import errors


@dataclass(frozen=True)
class Watched:
    """The closing message, and seconds from the start of watching to the first and to the closing message."""

    closing: dict[str, Any]
    first: float
    last: float


class Bars:
    """A bar for the whole job and one for its chunks; `show` takes the socket's messages."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=36),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=errors,
        )
        self._job = self._progress.add_task("queued", total=100, note="")
        self._chunks = self._progress.add_task("chunks", total=None, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, message: dict[str, Any]) -> None:
        if message["type"] != "progress":
            done = 100 if message["type"] == "completed" else None
            self._progress.update(self._job, description=message["type"], completed=done, note="")
            return
        notes = []
        if message["fps"] is not None:
            notes.append(f"{message['fps']:.0f} fps")
        if message["eta_seconds"] is not None:
            notes.append(f"{message['eta_seconds']:.0f} s to go")
        self._progress.update(
            self._job, description=message["stage"], completed=message["percent"], note=", ".join(notes)
        )
        done, total = message["chunks_done"], message["chunks_total"]
        self._progress.update(self._chunks, completed=done, total=total or None, note=f"{done} of {total}")


class Stopwatch:
    """When messages came, counted from its making."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._first: float | None = None

    def note(self) -> None:
        if self._first is None:
            self._first = self.elapsed()

    def elapsed(self) -> float:
        return time.perf_counter() - self._started

    def watched(self, closing: dict[str, Any]) -> Watched:
        return Watched(closing, self._first or self.elapsed(), self.elapsed())
