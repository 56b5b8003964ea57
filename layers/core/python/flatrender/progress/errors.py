"""What a socket may be told is wrong, as `{"type": "error", "code", "message"}`; the HTTP status is not used there."""

from flatrender.kernel.errors import Conflict, FlatRenderError, InvalidRequest, NotFound, TooManyRequests


class JobNotFound(NotFound):
    message = "There is no such job, or it is not yours."


class BadMessage(InvalidRequest):
    code = "bad_message"
    message = "The message is not one of this protocol."


class UnsupportedVersion(InvalidRequest):
    code = "unsupported_version"
    message = (
        "This server does not speak the protocol version that was asked for. Connect with ?v=1 or with "
        "Sec-WebSocket-Protocol: flatrender.progress.v1."
    )


class ConnectionUnknown(Conflict):
    code = "connection_expired"
    message = "This connection is no longer known. Connect again."


class TooManyJobs(TooManyRequests):
    code = "too_many_jobs"
    message = "This connection watches as many jobs as one may. Unsubscribe from one, or open another connection."


class TooManyWatchers(TooManyRequests):
    code = "too_many_watchers"
    message = "As many connections watch this job as may. Close one, or ask GET /v1/renders/{job_id} now and then."


class Undeliverable(FlatRenderError):
    """API Gateway will not take this message for this connection, however often it is tried."""


class SnapshotMoved(Conflict):
    """The job published between reading its snapshot and subscribing to it; read again."""
