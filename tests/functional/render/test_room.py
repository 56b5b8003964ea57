"""Orders of many large files: workers fetch what they draw, and what fits on no disk is not accepted."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import skia
from tests.support.renders import Compute, composition, finish, pointer, render_chunks, seconds, submit, task
from tests.support.uploaded import ready

from flatrender.engine import render as engine
from flatrender.engine.faults import EncodeFailed
from flatrender.files.model import FILE, FileItem
from flatrender.files.repository import file_pk
from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.render import machine, repository, room, service, sizing, worker
from flatrender.render.chunk_repository import Cached
from flatrender.render.errors import DiskFull, InvalidRender
from flatrender.render.model import ChunkItem, JobItem
from flatrender.render.pipeline import assemble, fail, plan
from flatrender.render.pipeline.parts import Parts
from flatrender.render.schemas import RenderRequest
from flatrender.render.steps import Step

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024**2


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that are downloaded."""
    seen: list[str] = []
    download = storage.download

    def watched(key: str, *given: Any) -> None:
        seen.append(key)
        download(key, *given)

    monkeypatch.setattr(storage, "download", watched)
    return seen


def pictures(caller: Caller, folder: Path, count: int, size: int) -> list[str]:
    """Different pictures that say they have `size` bytes each."""
    found = []
    for number in range(count):
        surface = skia.Surface(8, 8)
        surface.getCanvas().clear(skia.Color(40 * number, 80, 120))
        surface.makeImageSnapshot().save(str(folder / "picture.png"))
        body = (folder / "picture.png").read_bytes()
        file_id = ready(caller, "image", "image/png", body, 0)
        item = FileItem.get(file_pk(caller.tenant_id, file_id), FILE)
        item.update([FileItem.size_bytes.set(size), FileItem.width.set(8), FileItem.height.set(8)])
        found.append(file_id)
    return found


def film(files: list[str]) -> dict[str, Any]:
    """A scene, and so a chunk, for each file."""
    document = composition(scenes=len(files))
    for scene, file_id in zip(document["scenes"], files, strict=True):
        scene["layers"].append({"type": "image", "asset": file_id, "box": [0, 60, 20, 20]})
    return document


def quoted(caller: Caller, document: dict[str, Any], **given: Any) -> Any:
    return service.quote(caller, RenderRequest.model_validate({"composition": document, **given}))


def refused(caller: Caller, document: dict[str, Any], **given: Any) -> list[dict[str, str]]:
    with pytest.raises(InvalidRender) as quote:
        quoted(caller, document, **given)
    with pytest.raises(InvalidRender) as submission:
        submit(caller, document, **given)
    assert submission.value.details == quote.value.details
    return list(quote.value.details["faults"])


def test_workers_fetch_the_files_of_their_chunks_alone(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, fetched: list[str]
) -> None:
    caller = rich(seconds=10)
    files = pictures(caller, tmp_path, 3, 100)
    step = pointer(caller, submit(caller, film(files)))
    for item in plan.run(step)["items"]:
        fetched.clear()
        worker.run(task(step, item))
        assert fetched == [storage.file_key(caller.tenant_id, files[item])]
    assert recorded.failed == []
    assert finish(step) == {"outcome": "ok"}


def test_an_order_is_not_refused_for_what_no_chunk_needs_at_once(rich: Callable[..., Caller], tmp_path: Path) -> None:
    caller = rich(seconds=10)
    document = film(pictures(caller, tmp_path, 3, 8000 * MIB))
    assert quoted(caller, document).backend.name == "burst"


def test_what_no_burst_worker_has_room_for_goes_to_batch(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path
) -> None:
    caller = rich(seconds=10)
    document = film(pictures(caller, tmp_path, 1, 9300 * MIB))
    for asked in ("auto", "burst"):
        shown = quoted(caller, document, backend=asked).backend
        assert (shown.name, "more than the 9.0 GiB" in shown.reason) == ("batch", True)
    assert submit(caller, document).backend.name == "batch"


def test_what_no_machine_has_room_for_is_a_fault_that_names_files_and_sizes(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path
) -> None:
    caller = rich(seconds=10)
    (fault,) = refused(caller, film(pictures(caller, tmp_path, 1, 60 * 1024 * MIB)))
    assert (fault["pointer"], fault["code"]) == ("/body/composition", "files_too_large")
    assert "a machine has room for 54.0 GiB: upload.image (60.0 GiB). Use smaller files" in fault["message"]
    assert (recorded.started, seconds(caller)) == ([], (10, 0))


def test_without_batch_a_burst_workers_room_is_all_there_is(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATCH_QUEUE")
    sizing.sizing.cache_clear()
    caller = rich(seconds=10)
    (fault,) = refused(caller, film(pictures(caller, tmp_path, 1, 9300 * MIB)))
    assert (fault["code"], "room for 9.0 GiB" in fault["message"]) == ("files_too_large", True)


def test_a_video_that_cannot_be_put_together_is_refused(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    monkeypatch.setattr(room, "RESULT_BYTES", 1000)
    (fault,) = refused(caller, composition())
    assert (fault["pointer"], fault["code"]) == ("/body/output/resolution", "format_bytes")


def raising(error: Exception) -> Callable[..., Any]:
    def fails(*_given: Any, **_named: Any) -> None:
        raise EncodeFailed("Encoding failed.") from error

    return fails


def test_a_worker_without_room_says_so(
    rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    plan.run(step)
    monkeypatch.setattr(engine, "render_chunk", raising(OSError(errno.ENOSPC, "No space left on device")))

    worker.run(task(step, 0, "a"))

    assert recorded.failed == [("a", "disk_full", DiskFull.message)]
    assert fail.run(fail.Failure(**step.model_dump(), error={"Error": "disk_full"})) == {"outcome": "failed"}
    shown = service.get(caller, step.job_id).error
    assert shown is not None
    assert (shown.code, shown.message.startswith(DiskFull.message)) == ("disk_full", True)


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_result_without_room_is_a_verdict_and_not_tried_again(
    when: str, rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    step = pointer(caller, submit(caller))
    render_chunks(step)
    if when == "before":
        monkeypatch.setattr(machine, "make_room", raising(DiskFull(needed=2, free=1)))
    else:
        monkeypatch.setattr("flatrender.engine.outputs.finish.finish", raising(OSError(errno.ENOSPC, "No space left")))

    assert assemble.run(step) == {"outcome": "failed", "error": assemble.TOO_LARGE}

    assert fail.run(fail.Failure(**step.model_dump(), error=assemble.TOO_LARGE)) == {"outcome": "failed"}
    shown = service.get(caller, step.job_id).error
    assert shown is not None
    assert (shown.code, "does not fit on the disk" in shown.message) == ("disk_full", True)
    assert seconds(caller) == (10, 0)


def test_the_state_machine_ends_a_job_whose_result_has_no_room() -> None:
    states = json.loads((ROOT / "statemachines/render.asl.json").read_text())["States"]
    verdict = {"Condition": "{% $states.input.outcome = 'failed' %}", "Next": "Fail"}
    assert verdict in states["Assembled"]["Choices"]


@pytest.fixture
def drawn(rich: Callable[..., Caller], recorded: Compute, monkeypatch: pytest.MonkeyPatch) -> tuple[Caller, Step]:
    """Eight chunks, to be put together with one ahead."""
    monkeypatch.setattr(assemble, "AHEAD", 1)
    caller = rich(seconds=20)
    step = pointer(caller, submit(caller, composition(scenes=8)))
    assert len(render_chunks(step)) == 8
    return caller, step


def test_assembling_holds_a_few_chunks_at_a_time(
    drawn: tuple[Caller, Step], fetched: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, step = drawn
    held: list[int] = []
    fetch = machine.Workspace.fetch

    def watched(self: machine.Workspace, *given: Any) -> Path:
        path = fetch(self, *given)
        held.append(len({part.name for part in tmp_path.rglob("chunk-*") if part.suffix != ".lock"}))
        return path

    monkeypatch.setattr(machine.Workspace, "fetch", watched)
    assert finish(step) == {"outcome": "ok"}
    assert len([key for key in fetched if key.startswith("chunks/")]) == 8
    assert max(held) <= assemble.AHEAD + 1
    assert service.get(caller, step.job_id).status == "completed"


def test_chunks_that_look_alike_are_one_file(
    rich: Callable[..., Caller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays while it is wanted again soon, and comes anew when it is wanted much later."""
    monkeypatch.setattr(assemble, "AHEAD", 1)
    fetched: list[str] = []

    def file(_found: Parts, work: machine.Workspace, part: Cached) -> Path:
        path = work.root / "used" / part.sha256
        path.write_text(part.sha256)
        fetched.append(part.sha256)
        return path

    monkeypatch.setattr(Parts, "file", file)
    alike = [Cached(f"{place}", None, {"sha256": name}) for place, name in enumerate("aabca")]
    found = Parts(JobItem(), [(ChunkItem(), part) for part in alike], None)
    with machine.workspace("job") as work:
        read = [path.read_text() for path in assemble._in_turn(found, work, lambda: None)]
        assert list((work.root / "used").iterdir()) == []
    assert (read, fetched) == (list("aabca"), list("abca"))


def test_putting_together_stops_when_the_job_is_cancelled(
    drawn: tuple[Caller, Step], fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, step = drawn
    monkeypatch.setattr(assemble, "LOOK_SECONDS", 0.0)
    answers = iter([True, True, False])
    monkeypatch.setattr(repository, "is_active", lambda *_: next(answers))

    assert assemble.run(step) == {"outcome": "ended"}

    assert len(fetched) < 8
