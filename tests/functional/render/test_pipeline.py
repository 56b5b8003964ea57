"""The pipeline, step by step, with the real engine."""

from collections.abc import Callable

from tests.support.renders import Compute, finish, pointer, render_chunks, seconds, submit

from flatrender.kernel.caller import Caller
from flatrender.render import service


def test_a_submitted_job_ends_as_a_published_video(rich: Callable[..., Caller], recorded: Compute) -> None:
    caller = rich(seconds=10)

    job = submit(caller)
    assert (job.status, job.seconds.reserved, job.chunks.total) == ("queued", 2, 2)
    assert seconds(caller) == (8, 2)
    assert recorded.started == [job.id]

    step = pointer(caller, job)
    assert render_chunks(step) == [0, 1]
    assert finish(step) == {"outcome": "ok"}

    done = service.get(caller, job.id)
    assert (done.status, done.seconds.billed, done.stage) == ("completed", 2, "completed")
    assert done.result is not None
    assert "video.mp4" in done.result.video_url
    assert seconds(caller) == (8, 0)
