"""A document that is being written: read anew when it or its media change, drawn and checked on demand.

Threads: requests ask for frames and set inputs, one thread watches the files, one checks. Only one draws at a time.
"""

import contextlib
import queue
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flatrender.composition.assets import AssetInfo
from flatrender.composition.schemas import Composition
from flatrender.composition.template import TemplateDefinition
from flatrender.composition.timeline import scenes
from flatrender.kernel.faults import Fault
from flatrender_cli import documents, media
from flatrender_cli.documents import Media
from flatrender_cli.errors import CliError
from flatrender_cli.templates import samples
from flatrender_cli.templates.checking import Finding, examine

POLL_SECONDS: Final = 0.25
CHECK_AFTER_SECONDS: Final = 0.6
"""Of quiet: checking tries dozens of inputs, and whoever types wants frames first."""
MAX_DOCUMENT_BYTES: Final = 8 * 2**20
MAX_FILES: Final = 1_000
"""Of the media folder, watched and offered."""
MAX_CLIP_SECONDS: Final = 90.0
FRAME_WIDTHS: Final = (64, 1920)
KEPT_SOURCES: Final = 2

type Stamps = dict[Path, tuple[int, int]]


class Remembered(Media):
    """Media that are probed once for as long as their files stay the same."""

    def __init__(self, known: dict[tuple[Path, str | None, int, int], AssetInfo]) -> None:
        super().__init__()
        self._known = known

    def add(self, path: Path, asset_id: str | None = None) -> str:
        stat = path.stat()
        key = (path, asset_id, stat.st_mtime_ns, stat.st_size)
        if key not in self._known:
            added = super().add(path, asset_id)
            self._known[key] = self.infos[added]
        info = self._known[key]
        self.infos[info.id], self.paths[info.id] = info, path
        return info.id


@dataclass(frozen=True)
class Reading:
    """What a reading of the files gave. `composition` is the last sound one; `stale` says that it is not of now."""

    version: int = 0
    template: TemplateDefinition | None = None
    composition: Composition | None = None
    media: Media = field(default_factory=Media)
    faults: tuple[Fault, ...] = ()
    stale: bool = False


class Session:
    """`file` is the document; media are looked for in `assets` and nowhere else."""

    def __init__(self, file: Path, assets: Path) -> None:
        self.file, self.assets = file, assets
        self._inputs: dict[str, Any] = {}
        self._reading = Reading()
        self._findings: tuple[Finding, ...] | None = None
        self._known: dict[tuple[Path, str | None, int, int], AssetInfo] = {}
        self._changing, self._drawing, self._clipping = threading.Lock(), threading.Lock(), threading.Lock()
        self._sources: dict[tuple[int, int], Any] = {}
        self._clip: tuple[int, bytes] | None = None
        self._listeners: set[queue.Queue[tuple[str, Any]]] = set()
        self._stopped, self._check_due = threading.Event(), threading.Event()
        self._stamps = self._seen()
        self.read()

    def start(self) -> None:
        """Begins to watch and to check."""
        for work in (self._watch, self._check):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._check_due.set()
        self._tell("stopped", None)

    def read(self, inputs: Mapping[str, Any] | None = None) -> None:
        """Reads the document anew, with these inputs if any are given, and tells whoever listens."""
        with self._changing:
            if inputs is not None:
                self._inputs = dict(inputs)
            old = self._reading
            found, template, composition = Remembered(self._known), None, None
            faults: list[Fault] = []
            try:
                document = self._document()
                if documents.is_template(document):
                    template, faults = documents.definition(document)
                composition, faults = documents.compose(
                    document, self.assets, self._given(template), found, confined=True
                )
            except CliError as error:
                faults = [Fault(pointer="", code="document", message=error.message)]
            except RecursionError:
                faults = [Fault(pointer="", code="too_deep", message="The document is nested too deeply to be read.")]
            except OSError as error:
                # A file that went away while it was looked at; it will be read again when it is back.
                faults = [Fault(pointer="", code="document", message=f"A file cannot be read: {error.strerror}.")]
            stale = composition is None and old.composition is not None
            self._reading = Reading(
                version=old.version + 1,
                template=template or (old.template if stale else None),
                composition=old.composition if stale else composition,
                media=old.media if stale else found,
                faults=tuple(faults),
                stale=stale,
            )
            self._findings = None
        self._check_due.set()
        self._tell("changed", {"version": self._reading.version})

    def _document(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            if self.file.stat().st_size > MAX_DOCUMENT_BYTES:
                raise CliError(f"{self.file.name} is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB.")
        return documents.read(self.file)

    def _given(self, template: TemplateDefinition | None) -> dict[str, Any]:
        """The inputs that the template still declares."""
        declared = {spec.name for spec in template.inputs} if template else set()
        return {name: value for name, value in self._inputs.items() if name in declared}

    def state(self) -> dict[str, Any]:
        """All that the page shows but for the pictures."""
        now, findings = self._reading, self._findings
        composition, template = now.composition, now.template
        shown: dict[str, Any] = {
            "version": now.version,
            "file": self.file.name,
            "stale": now.stale,
            "faults": [fault.model_dump(include={"pointer", "message"}) for fault in now.faults],
            "findings": None if findings is None else [vars(finding) for finding in findings],
            "template": None,
            "canvas": None,
        }
        if template is not None:
            shown["template"] = {
                "name": template.name,
                "inputs": [spec.model_dump() for spec in template.inputs],
                "values": self._given(template),
                "samples": {"long": samples.longest(template), "rtl": samples.right_to_left(template)},
                "files": self._files(),
            }
        if composition is not None:
            canvas = composition.canvas
            shown["canvas"] = {"width": canvas.width, "height": canvas.height, "fps": canvas.fps}
            shown["duration"] = composition.duration
            shown["scenes"] = [placed.start for placed in scenes(composition)]
        return shown

    def frame(self, at: float, width: int) -> bytes:
        """A JPEG of the frame at `at` seconds, about `width` pixels wide. Raises CliError."""
        import skia

        from flatrender.composition.outputs import frame_at
        from flatrender.kernel.errors import FlatRenderError

        now = self._reading
        if now.composition is None:
            raise CliError("There is nothing to draw yet.")
        canvas = now.composition.canvas
        wide = min(max(width, FRAME_WIDTHS[0]), FRAME_WIDTHS[1], canvas.width) // 2 * 2
        try:
            with self._drawing:
                source = self._source(now, wide)
                source.draw(frame_at(max(0.0, at), now.composition.duration, canvas.fps))
                image = skia.Image.fromarray(source.buffer, colorType=skia.kBGRA_8888_ColorType, copy=True)
        except FlatRenderError as error:
            raise CliError(error.text) from error
        return bytes(image.encodeToData(skia.EncodedImageFormat.kJPEG, 88))

    def _source(self, now: Reading, wide: int) -> Any:
        from flatrender.composition.profiles import Profile
        from flatrender.engine.draw import FrameSource

        assert now.composition is not None  # noqa: S101  `frame` has seen to it
        key, canvas = (now.version, wide), now.composition.canvas
        if key not in self._sources:
            tall = max(2, round(wide * canvas.height / canvas.width / 2) * 2)
            profile = Profile(width=wide, height=tall, fps=canvas.fps)
            while len(self._sources) >= KEPT_SOURCES:
                self._sources.pop(next(iter(self._sources)))
            self._sources[key] = FrameSource(now.composition, now.media.paths, profile)
        return self._sources[key]

    def clip(self) -> bytes:
        """The whole as a small MP4 with its sound, verified like every render. Raises CliError."""
        from flatrender.composition.profiles import profile
        from flatrender_cli.offline import render

        with self._clipping:
            now = self._reading
            if self._clip is not None and self._clip[0] == now.version:
                return self._clip[1]
            if now.composition is None:
                raise CliError("There is nothing to draw yet.")
            if now.composition.duration > MAX_CLIP_SECONDS:
                raise CliError(f"It lasts more than {MAX_CLIP_SECONDS:g} s; `flatrender render` makes the whole of it.")

            def progress(_stage: str, done: int, total: int) -> None:
                self._tell("progress", {"done": done, "total": total})

            with tempfile.TemporaryDirectory(prefix="flatrender-") as folder:
                made = Path(folder) / "clip.mp4"
                render(now.composition, now.media, profile(now.composition, "360p", "draft"), made, progress)
                self._clip = (now.version, made.read_bytes())
            return self._clip[1]

    def listen(self) -> "contextlib.AbstractContextManager[queue.Queue[tuple[str, Any]]]":
        """Events as they come, for as long as the context lasts: (name, data)."""

        @contextlib.contextmanager
        def listening() -> Iterator[queue.Queue[tuple[str, Any]]]:
            events: queue.Queue[tuple[str, Any]] = queue.Queue()
            self._listeners.add(events)
            try:
                yield events
            finally:
                self._listeners.discard(events)

        return listening()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def _tell(self, event: str, data: Any) -> None:
        for events in list(self._listeners):
            events.put((event, data))

    def _watch(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            seen = self._seen()
            if seen != self._stamps:
                self._stamps = seen
                self.read()

    def _check(self) -> None:
        while True:
            self._check_due.wait()
            while self._check_due.is_set() and not self._stopped.is_set():
                self._check_due.clear()
                self._stopped.wait(CHECK_AFTER_SECONDS)
            if self._stopped.is_set():
                return
            version = self._reading.version
            if self._reading.template is None:
                continue
            try:
                with self._drawing:
                    found = examine(self.file, self.assets, Remembered(self._known), confined=True)
            except Exception as failure:  # noqa: BLE001 - a thread has no caller, and the page shall say what happened
                found = [Finding("error", "", "check", f"The check itself failed: {failure!r}.")]
            with self._changing:
                if version == self._reading.version:
                    self._findings = tuple(found)
            self._tell("checked", {"version": version})

    def _seen(self) -> Stamps:
        """What tells a changed file: when it was written, and how large it is."""
        stamps: Stamps = {}
        for path in (self.file, *self._folder()):
            with contextlib.suppress(OSError):
                stat = path.stat()
                stamps[path] = (stat.st_mtime_ns, stat.st_size)
        return stamps

    def _folder(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in sorted(self.assets.iterdir())[:MAX_FILES] if path.is_file()]
        return []

    def _files(self) -> dict[str, list[str]]:
        """Names of the files in the media folder that may fill an input, by the type of input."""
        offered: dict[str, list[str]] = {}
        for path in self._folder():
            kind = media.TYPES.get(path.suffix.lower())
            if kind is None or path == self.file or path.name == "assets.json":
                continue
            offered.setdefault(_INPUTS.get(kind, kind.partition("/")[0]), []).append(path.name)
        return offered


_INPUTS: Final = {
    "image/svg+xml": "svg",
    "video/lottie+json": "lottie",
    "text/vtt": "captions",
    "application/x-subrip": "captions",
    "application/x-cube-lut": "lut",
}
"""Types of inputs that the first part of a media type does not tell."""
