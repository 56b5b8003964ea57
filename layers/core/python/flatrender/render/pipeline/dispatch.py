"""Hand one work item to Batch."""

from flatrender.render import chunk_repository, compute
from flatrender.render.steps import ChunkTask


def run(task: ChunkTask) -> None:
    """Store the token in the chunk, then submit the Batch job that finds it there; stop an earlier attempt's job."""
    number, earlier = chunk_repository.assign(task.tenant_id, task.job_id, task.item, task.token)
    if earlier:
        compute.terminate(earlier, "Another attempt has begun.")
    batch_job_id = compute.submit(task.tenant_id, task.job_id, task.item, number)
    chunk_repository.set_batch_job(task.tenant_id, task.job_id, task.item, batch_job_id)
