"""Renders one chunk or the soundtrack of a job: the same on Lambda and on Batch.

On Batch it runs as `python -m flatrender.render.worker` and finds its work by the tags of its job; on Lambda
`functions/render/work.py` calls `run`. Needs the render layer.
"""

import hashlib
import os
import sys
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flatrender.kernel.errors import FlatRenderError
from flatrender.platform import observe, storage
from flatrender.render import chunk_repository, compute, devices, machine, repository, watchdog, watching
from flatrender.render.errors import DiskFull, JobEnded, RenderNotFound, StopWork, TaskGone
from flatrender.render.model import ChunkItem
from flatrender.render.order import WorkOrder, pack
from flatrender.render.pulse import Pulse
from flatrender.render.sizing import sizing
from flatrender.render.steps import ChunkTask

if TYPE_CHECKING:
    from flatrender.engine.gpu.devices import Device
    from flatrender.engine.reports import AudioReport, ChunkReport

DOWNLOAD_SECONDS: Final = 120
FIRST_FRAME_SECONDS: Final = 20
FIRST_SOUND_SECONDS: Final = 30
"""Until the first half second of sound is mixed: every file of it is opened before."""
UPLOAD_SECONDS: Final = 60
ORDERS_KEPT: Final = 4
CONTENT_TYPES: Final = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
}

_orders: OrderedDict[tuple[str, str], WorkOrder] = OrderedDict()


def run(task: ChunkTask) -> None:
    """Render the work item and report to whoever holds the token.

    A work item that is done already is reported again; one that nobody wants any more is put down in silence. What goes
    wrong is reported as the task's failure, never raised.
    """
    observe.logger().append_keys(tenant_id=task.tenant_id, job_id=task.job_id, item=task.item)
    chunk = None
    try:
        _require_active(task)
        chunk = chunk_repository.claim(task.tenant_id, task.job_id, task.item)
        if chunk is not None:
            with Pulse(task.tenant_id, task.job_id, chunk, task.token) as pulse:
                _produce(task, chunk, pulse)
            chunk_repository.finish(chunk)
        compute.succeed(task.token, {"item": task.item})
    except StopWork as stop:
        observe.logger().info("work stopped", extra={"why": type(stop).__name__})
        if isinstance(stop, JobEnded):
            _report_failure(task, "JobEnded", "The job has ended.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the pipeline must hear of it
        observe.logger().exception("work failed")
        code, message = _reason(error)
        if chunk is not None:
            _note(chunk, code, message)
        _report_failure(task, code, message)


def _require_active(task: ChunkTask) -> None:
    if not repository.is_active(task.tenant_id, task.job_id):
        raise JobEnded


def _produce(task: ChunkTask, chunk: ChunkItem, pulse: Pulse) -> None:
    """Make the object of a chunk and the record that names it, unless both are there."""
    days = sizing().cache_days
    order = _order(task.tenant_id, task.job_id)
    device = devices.settle(task, chunk, order) if task.item >= 0 else None
    if chunk.key in chunk_repository.cached(task.tenant_id, [chunk.key], consistent=True):
        return
    with machine.workspace(f"{task.job_id}-{task.item}") as work:
        assets = {}
        for asset_id in sorted(_needed(order, chunk)):
            asset = order.assets[asset_id]
            pulse.allow(DOWNLOAD_SECONDS)
            assets[asset_id] = work.asset(asset.info.sha256, asset.object_key)
        chunk_repository.announce_object(task.tenant_id, chunk.key, days)
        suffix = order.suffix(task.item)
        out = work.folder / f"chunk.{suffix}"
        report: ChunkReport | AudioReport | None
        if task.item < 0:
            report = _sound(order, assets, out, pulse, int(chunk.frames))
            stream = watching.of_sound(report) if report else None
        else:
            report = _picture(order, assets, chunk, out, pulse, device)
            stream = watching.of_picture(report) if order.profile.streaming else None
        pulse.allow(UPLOAD_SECONDS)
        size, made = 0, None
        if report is not None:
            size, made = out.stat().st_size, _made(out)
            storage.upload(out, storage.chunk_key(task.tenant_id, chunk.key, suffix), CONTENT_TYPES[suffix])
    packed = pack(report) if report else None
    chunk_repository.complete_object(task.tenant_id, chunk.key, days, size, packed, stream, made)
    pulse.touch()


def _needed(order: WorkOrder, chunk: ChunkItem) -> set[str]:
    """The files that a work item opens. A composition may have more than the disk holds."""
    if chunk.index < 0:
        return order.sound_files()
    return order.files([(int(chunk.first_frame), int(chunk.frames))])[0]


def _made(out: Path) -> dict[str, Any]:
    """What the manifest says about it: its content, and what it was made with."""
    from flatrender.engine.tools import tools

    with out.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "tools": tools(out)}


def _picture(  # noqa: PLR0917 - one call, above
    order: WorkOrder, assets: dict[str, Path], chunk: ChunkItem, out: Path, pulse: Pulse, device: "Device | None"
) -> "ChunkReport":
    from flatrender.engine.gpu.devices import CPU
    from flatrender.engine.render import render_chunk

    pulse.allow(FIRST_FRAME_SECONDS)
    first, frames = int(chunk.first_frame), int(chunk.frames)
    return render_chunk(order.composition, assets, order.profile, first, frames, out, pulse.touch, device or CPU)


def _sound(order: WorkOrder, assets: dict[str, Path], out: Path, pulse: Pulse, frames: int = 0) -> "AudioReport | None":
    """The soundtrack; None when the composition's sounds turn out to be silent. `frames`: what it counts as, if any."""
    from flatrender.engine.audio import render_audio

    def progress(seconds: float) -> None:
        pulse.touch(min(frames, int(seconds * order.profile.fps)) if frames else None)

    pulse.allow(FIRST_SOUND_SECONDS)
    silent = {asset_id for asset_id, info in order.infos.items() if info.kind == "video" and not info.has_audio}
    return render_audio(order.composition, assets, out, progress, settings=order.profile, silent=silent)


def _order(tenant_id: str, job_id: str) -> WorkOrder:
    """The work order, read once per job and process."""
    key = (tenant_id, job_id)
    if key not in _orders:
        try:
            _orders[key] = repository.order(tenant_id, job_id)
        except RenderNotFound as error:
            raise JobEnded from error
        while len(_orders) > ORDERS_KEPT:
            _orders.popitem(last=False)
    return _orders[key]


def _reason(error: Exception) -> tuple[str, str]:
    """A name for the state machine to decide by, and words for the user."""
    if machine.is_full(error):
        # Whatever it was raised as: the engine says no more than that it could not write.
        return DiskFull.code, DiskFull.message
    if isinstance(error, FlatRenderError):
        return error.code, error.text
    if isinstance(error, machine.DamagedAsset):
        return "damaged_asset", "A file of the composition was deleted, or is damaged. Upload it again."
    return "worker_error", "A part of the video could not be drawn."


def _note(chunk: ChunkItem, code: str, message: str) -> None:
    try:
        chunk_repository.note_failure(chunk, code, message)
    except StopWork:
        observe.logger().info("failure of a stale attempt")


def _report_failure(task: ChunkTask, code: str, message: str) -> None:
    try:
        compute.fail(task.token, code, message)
    except TaskGone:
        observe.logger().info("nobody waits for this task any more")


def main() -> int:
    """Batch's entry point. Its exit status is for the operator; the pipeline hears from `run`."""
    watchdog.start()
    try:
        tenant_id, job_id, item = compute.order_of(os.environ["AWS_BATCH_JOB_ID"])
        token = chunk_repository.token(tenant_id, job_id, item)
        if token is None:
            observe.logger().error("no token for this work item", extra={"job_id": job_id, "item": item})
            return 1
        run(ChunkTask(tenant_id=tenant_id, job_id=job_id, item=item, token=token))
    finally:
        watchdog.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
