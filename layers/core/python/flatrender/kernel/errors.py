"""The error tree. Each error knows its HTTP status, its code, and says what the caller can do about it.

FlatRenderError
├── InvalidRequest        400   malformed: not JSON, wrong header
├── Unauthenticated       401
├── PaymentRequired       402
├── Forbidden             403
├── NotFound              404   also what another tenant's id gets
├── Conflict              409
├── PayloadTooLarge       413
├── Unprocessable         422   well-formed, but cannot be done; carries `faults`
├── TooManyRequests       429
└── Unavailable           503   a dependency failed; try again
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from flatrender.kernel.faults import Fault


class FlatRenderError(Exception):
    """Base of every error a caller may see. Subclass it per case in a context's `errors.py`."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    message: ClassVar[str] = "Something went wrong on our side. Try again; if it stays, report the trace_id."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.text = message or self.message
        self.details: dict[str, Any] = details
        super().__init__(self.text)


class InvalidRequest(FlatRenderError):
    status = 400
    code = "invalid_request"
    message = "The request is malformed."


class Unauthenticated(FlatRenderError):
    status = 401
    code = "unauthenticated"
    message = "Log in and send the access token as 'Authorization: Bearer …'."


class PaymentRequired(FlatRenderError):
    status = 402
    code = "payment_required"
    message = "Your balance does not cover this."


class Forbidden(FlatRenderError):
    status = 403
    code = "forbidden"
    message = "You may not do this."


class NotFound(FlatRenderError):
    status = 404
    code = "not_found"
    message = "There is no such thing, or it is not yours."


class Conflict(FlatRenderError):
    status = 409
    code = "conflict"
    message = "The thing changed in the meantime. Read it again and retry."


class PayloadTooLarge(FlatRenderError):
    status = 413
    code = "payload_too_large"
    message = "The request body is too large."


class Unprocessable(FlatRenderError):
    """Well-formed input that cannot be done; `faults` says everything that is wrong, at once."""

    status = 422
    code = "validation_failed"
    message = "Some of the input cannot be used; see details.faults."

    def __init__(self, message: str | None = None, faults: Sequence[Fault] = (), **details: Any) -> None:
        if faults:
            details["faults"] = [fault.model_dump() for fault in faults]
        super().__init__(message, **details)


class TooManyRequests(FlatRenderError):
    status = 429
    code = "too_many_requests"
    message = "Too many requests. Wait a moment and retry."


class Unavailable(FlatRenderError):
    status = 503
    code = "unavailable"
    message = "A part of the platform did not answer. Retry in a moment."
