"""What can be wrong with a file or an upload."""

from flatrender.kernel.errors import (
    Conflict,
    NotFound,
    PayloadTooLarge,
    PaymentRequired,
    TooManyRequests,
    Unprocessable,
)


class FileNotFound(NotFound):
    code = "file_not_found"
    message = "There is no such file, or it is not yours."


class UnsupportedType(Unprocessable):
    code = "unsupported_type"
    message = "Files of this type cannot be used."


class FileTooLarge(PayloadTooLarge):
    code = "file_too_large"
    message = "Your plan does not take files as large as this."


class StorageFull(PaymentRequired):
    code = "storage_full"
    message = "Your storage is full. Delete files that you no longer need, or choose a larger plan."


class TooManyUploads(TooManyRequests):
    code = "too_many_uploads"
    message = "Too many uploads are under way. Finish some of them first."


class UsageMoved(Conflict):
    """Another upload or deletion of the same user came between; read the usage again."""


class FileMoved(Conflict):
    """The file is no longer in the state it was read in; read it again."""


class UploadInProgress(Conflict):
    """Another invocation examines this upload at the moment."""


class UploadReplaced(Conflict):
    """The upload was overwritten while it was examined; examine what is there now."""
