"""Which class of devices makes the chunks of a job: one makes all of them.

An order may name a class. The first to contribute a chunk decides whether that is the one: plan, if it reuses any, or
else the first worker. A worker that has no such device offers the processor, which every machine has; if that is
decided, all workers draw on it, under the keys of that class. A worker without the device that was decided for
raises DeviceMissing: the state machine gives the chunk to another.
"""

from functools import cache
from typing import TYPE_CHECKING, Final

from flatrender.platform import observe
from flatrender.render import chunk_repository, repository
from flatrender.render.model import ChunkItem
from flatrender.render.order import WorkOrder
from flatrender.render.steps import ChunkTask

if TYPE_CHECKING:
    from flatrender.engine.gpu.devices import Device

PROCESSOR: Final = "cpu"


def decide(tenant_id: str, job_id: str, order: WorkOrder) -> None:
    """Hold a job to the class that was ordered, for some of its chunks are there."""
    if order.profile.device != PROCESSOR:
        repository.settle_device(tenant_id, job_id, order.profile.device)


def settle(task: ChunkTask, chunk: ChunkItem, order: WorkOrder) -> "Device | None":
    """The device to make a chunk with; None: the processor. The chunk's key is then that of the class.

    Raises DeviceMissing, and StaleAttempt.
    """
    ordered = order.profile.device
    if ordered == PROCESSOR:
        return None
    found = _found()
    offered = ordered if found.name == ordered else PROCESSOR
    settled = repository.settle_device(task.tenant_id, task.job_id, offered)
    known = {"ordered": ordered, "found": found.name}
    if settled != PROCESSOR:
        if offered == PROCESSOR:
            observe.logger().warning("no such device here, as this job needs", extra={**known, "why": found.reason})
        from flatrender.engine.gpu.devices import held

        return held(settled)
    why = found.reason if offered == PROCESSOR else "another worker of this job has no such device"
    observe.logger().warning("drawing on the processor", extra={**known, "why": why})
    index = int(chunk.index)
    (key,) = (spec.key for spec in order.on(PROCESSOR).chunks() if spec.index == index)
    if chunk.key != key:
        chunk_repository.rekey(chunk, key)
    return None


@cache
def _found() -> "Device":
    """What this machine has; said once."""
    from flatrender.engine.gpu.devices import probe

    found = probe()
    known = {"device": found.name, "renderer": found.renderer, "encoders": found.encoders, "why": found.reason}
    observe.logger().info("device", extra=known)
    return found
