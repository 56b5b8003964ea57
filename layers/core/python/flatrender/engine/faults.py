"""What can go wrong in the engine.

EngineError
├── EncodeFailed      the encoder or the file system gave up in mid-chunk
├── DeviceMissing     this machine is not of the device class that the work is for
├── AssemblyFailed    chunks or audio do not fit together
└── UnreadableMedia   an input that was accepted earlier cannot be decoded now
RejectedMedia         an uploaded file is not what it claims to be, or is too much; `code` says why
"""

from flatrender.kernel.errors import FlatRenderError, Unprocessable


class EngineError(FlatRenderError):
    """Base of failures that are ours, not the caller's: a job that meets one may be tried again."""

    code = "engine_error"
    message = "The video could not be produced."


class EncodeFailed(EngineError):
    code = "encode_failed"
    message = "Encoding failed."


class DeviceMissing(EngineError):
    """`details`: the class that was `ordered`, the one `found`, and `why` it is that one; for the log."""

    code = "device_missing"
    message = "No machine of the kind that this render needs could be had."


class AssemblyFailed(EngineError):
    code = "assembly_failed"
    message = "The parts of the video do not fit together."


class UnreadableMedia(EngineError):
    code = "unreadable_media"
    message = "A media file of the composition cannot be decoded."


class RejectedMedia(Unprocessable):
    """An upload that will not be accepted. `reason` is stable for programs, the text is for the person who uploaded."""

    code = "media_rejected"
    message = "This file cannot be used."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason
