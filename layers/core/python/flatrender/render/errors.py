"""What can stand in the way of a render, and what the caller can do about it."""

from flatrender.kernel.errors import Conflict, FlatRenderError, Forbidden, NotFound, TooManyRequests, Unprocessable


class RenderNotFound(NotFound):
    code = "render_not_found"
    message = "There is no render with this id, or it is not yours."


class InvalidRender(Unprocessable):
    """The composition or the output cannot be rendered; `faults` lists everything that is wrong."""

    code = "invalid_render"
    message = "This cannot be rendered as it is; see details.faults."


class TooManyRenders(TooManyRequests):
    code = "too_many_renders"
    message = "Your plan's number of parallel renders is in use. Wait for one to finish, or cancel one."


class RenderEnded(Conflict):
    code = "render_ended"
    message = "This render has ended already."


class WatchLinkInvalid(Forbidden):
    code = "watch_link_invalid"
    message = "This link is not whole, or has expired. Get the render for a new one."


class NothingToWatch(NotFound):
    """`retry_after_seconds` says when to ask again."""

    code = "nothing_to_watch_yet"
    message = "Nothing of this render is finished yet. Ask again in a moment."


class PlaylistExpired(NotFound):
    code = "playlist_expired"
    message = (
        "What this render was watched from is no longer kept. Get the render: `result.url` leads to the whole file."
    )


class WorkersSpent(Exception):
    """All Batch jobs that a work item may have were lost or stood still. The state machine knows it by this name."""


class DiskFull(FlatRenderError):
    """A machine's disk does not hold what a piece of work takes."""

    code = "disk_full"
    message = (
        "The files that one part of the video shows do not fit on the disk of the machine that draws it. "
        "Use smaller files, or show fewer of them at the same time."
    )


class StopWork(Exception):
    """Base of what makes a worker put down its chunk at once. No failure of the chunk: somebody else decided."""


class JobEnded(StopWork):
    """The job was cancelled or has failed; there is nothing left to render for."""


class StaleAttempt(StopWork):
    """A later attempt at the same chunk is under way; this one has been given up for hung."""


class TaskGone(StopWork):
    """The pipeline no longer waits for this task: it timed out, or the execution was stopped."""
