"""Draws and encodes one chunk: the unit of work of a render.

The caller's thread draws and converts (skia holds the interpreter lock while it draws, so more threads would not
draw faster); a second one encodes, for the encoder lets go of the lock. Between them lie a few converted frames, never
more, whatever the length.
"""

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from av.video.frame import VideoFrame

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.engine.encode import Converter, VideoSettings, VideoWriter, replacing
from flatrender.engine.faults import EncodeFailed
from flatrender.engine.frames import FrameSource, alpha_grid, frame_grid
from flatrender.engine.gpu.devices import CPU, Device
from flatrender.engine.gpu.nvenc import chosen
from flatrender.engine.outputs.boxes import codec_name, pieces
from flatrender.engine.outputs.codecs import Recipe
from flatrender.engine.reports import ChunkReport, FrameStatistics

QUEUED_FRAMES: Final = 4
PROGRESS_SECONDS: Final = 0.15

Progress = Callable[[int], None]


def render_chunk(  # noqa: PLR0917 - one call, from the worker
    composition: Composition,
    assets: Mapping[str, Path],
    profile: Profile,
    first_frame: int,
    frame_count: int,
    out: Path,
    on_progress: Progress,
    device: Device = CPU,
    *,
    threads: int | None = None,
    fonts_dir: Path | None = None,
) -> ChunkReport:
    """Render frames `first_frame` … `first_frame + frame_count - 1` of a composition into the file `out`.

    `assets` maps file ids to local files. `on_progress` gets the frames encoded so far about six times a second, also
    while the encoder is behind; whatever it raises ends the work at once, leaves no file, and comes out here. `threads`
    are the encoder's (default: `ENCODER_THREADS`, else one per core), `device` is what draws and encodes. Raises
    EncodeFailed when the encoder or the disk fails.
    """
    from flatrender.engine.draw import FrameSource as Drawing

    source = Drawing(composition, assets, profile, fonts_dir, device.surface())
    return encode_frames(
        source, profile, first_frame, frame_count, out, on_progress, threads=threads, encoders=device.encoders
    )


def encode_frames(  # noqa: PLR0917 - as render_chunk
    source: FrameSource,
    settings: VideoSettings,
    first_frame: int,
    frame_count: int,
    out: Path,
    on_progress: Progress,
    *,
    threads: int | None = None,
    encoders: Collection[str] = (),
) -> ChunkReport:
    """`render_chunk` for any source of frames; `encoders` are those in hardware."""
    started, made = time.perf_counter(), chosen(settings, encoders)
    with replacing(out) as partial:
        encoder = _Encoder(partial, settings, made, threads, first_frame, on_progress)
        drawing = _Drawing(source, settings, made)
        try:
            for number in range(frame_count):
                encoder.put(drawing.next(first_frame + number), number)
            encoder.finish()
            on_progress(frame_count)
        except BaseException:
            encoder.abandon()
            raise
    wall = time.perf_counter() - started
    return ChunkReport(
        first_frame=first_frame,
        frames=frame_count,
        duration=frame_count / settings.fps,
        width=settings.width,
        height=settings.height,
        draw_seconds=drawing.draw_seconds,
        convert_seconds=drawing.convert_seconds,
        encode_seconds=encoder.seconds,
        wall_seconds=wall,
        fps=frame_count / wall,
        size_bytes=out.stat().st_size,
        codec=settings.codec,
        header_bytes=pieces(out).header_bytes if settings.streaming else 0,
        codec_name=codec_name(out) if settings.streaming else "",
        statistics=FrameStatistics.of(drawing.grids, drawing.changed, drawing.alphas if settings.alpha else None),
    )


class _Drawing:
    """Draws frames and converts those that differ from the one before."""

    def __init__(self, source: FrameSource, settings: VideoSettings, made: Recipe) -> None:
        self._source, self._alpha = source, settings.alpha
        self._converter = Converter(made.pixel_format, alpha=settings.alpha)
        self._frame: VideoFrame | None = None
        self.draw_seconds = self.convert_seconds = 0.0
        # As bytes, which Python keeps apart: small arrays among the frames' buffers would keep those from being reused.
        self.grids: list[bytes] = []
        self.alphas: list[bytes] = []
        self.changed: list[bool] = []

    def next(self, frame_index: int) -> VideoFrame:
        started = time.perf_counter()
        changed = self._source.draw(frame_index) or self._frame is None
        drawn = time.perf_counter()
        self.draw_seconds += drawn - started
        if changed or self._frame is None:
            self._frame = self._converter.convert(self._source.buffer)
            self.grids.append(frame_grid(self._frame).tobytes())
            if self._alpha:
                self.alphas.append(alpha_grid(self._frame).tobytes())
            self.convert_seconds += time.perf_counter() - drawn
        else:
            self.grids.append(self.grids[-1])
            self.alphas += self.alphas[-1:]
        self.changed.append(changed)
        return self._frame


class _Encoder:
    """The second thread. `put` waits while the encoder is behind, and reports progress meanwhile."""

    def __init__(  # noqa: PLR0917 - one call, above
        self,
        path: Path,
        settings: VideoSettings,
        made: Recipe,
        threads: int | None,
        first_frame: int,
        on_progress: Progress,
    ) -> None:
        self._queue: queue.Queue[tuple[VideoFrame, int] | None] = queue.Queue(QUEUED_FRAMES)
        self._on_progress = on_progress
        self._next_report = time.monotonic() + PROGRESS_SECONDS
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._done = 0
        self.seconds = 0.0
        given = (path, settings, threads, first_frame, made)
        self._thread = threading.Thread(target=self._run, args=given, name="encode", daemon=True)
        self._thread.start()

    def put(self, frame: VideoFrame, number: int) -> None:
        self._offer((frame, number))
        self._report()

    def finish(self) -> None:
        """Wait until everything is encoded and the file is complete."""
        self._offer(None)
        while self._thread.is_alive():
            self._thread.join(PROGRESS_SECONDS)
            self._report()
        self._check()

    def abandon(self) -> None:
        """Stop without finishing; on return nobody writes to the file any more."""
        self._stopped.set()
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._queue.get_nowait()
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                continue
            self._thread.join(0.05)

    def _offer(self, item: tuple[VideoFrame, int] | None) -> None:
        while True:
            self._check()
            try:
                self._queue.put(item, timeout=PROGRESS_SECONDS)
            except queue.Full:
                self._report()
            else:
                return

    def _report(self) -> None:
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + PROGRESS_SECONDS
            self._on_progress(self._done)

    def _check(self) -> None:
        if self._failure is not None:
            raise EncodeFailed(f"Encoding failed: {self._failure}") from self._failure

    def _run(self, *given: Any) -> None:
        try:
            with VideoWriter(*given) as writer:
                while (item := self._queue.get()) is not None and not self._stopped.is_set():
                    writer.write(*item)
                    self._done += 1
                if self._stopped.is_set():
                    writer.abandon()
            self.seconds = writer.seconds
        except Exception as failure:  # noqa: BLE001 - a thread has no caller: `_check` raises it where someone listens
            self._failure = failure
