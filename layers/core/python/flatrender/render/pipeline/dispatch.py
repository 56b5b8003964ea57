"""Hand one work item to Batch."""

from typing import Final

from flatrender.render import chunk_repository, compute
from flatrender.render.errors import WorkersSpent
from flatrender.render.steps import ChunkTask

TRIES: Final = 4
"""Batch jobs that one work item may have. Waiting for a machine uses up none, however often the task is tried again."""


def run(task: ChunkTask) -> None:
    """Store the token in the chunk, then submit the Batch job that finds it there.

    A worker reads the token when it begins, so an earlier attempt's job that still waits for a machine keeps its place
    in the queue, and its number, and works for this attempt; one that runs has been given up, and is stopped.
    Raises WorkersSpent.
    """
    where = (task.tenant_id, task.job_id, task.item)
    # The token first: a job that begins from here on finds it.
    earlier = chunk_repository.assign(*where, task.token)
    if earlier:
        if compute.is_queued(earlier):
            return
        compute.terminate(earlier, "Another attempt has begun.")
    number = chunk_repository.count_dispatch(*where)
    if number > TRIES:
        raise WorkersSpent(f"{TRIES} Batch jobs have not done item {task.item}.")
    batch_job_id = compute.submit(*where, number)
    if not chunk_repository.set_batch_job(*where, number, batch_job_id):
        compute.terminate(batch_job_id, "Another attempt has begun.")
