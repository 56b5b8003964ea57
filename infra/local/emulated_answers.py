"""Answers as short as AWS's, and sent at once.

The server below ministack sends the head of an answer, then its body: two packets, for each of which whoever waits is
woken. That is most of what a small answer costs here, on the client's way to a function and on the function's way to
a table. AWS's endpoints send small answers whole.

ministack tells each client what a browser may do, and names the request three times. AWS says the first to who asks,
by an Origin, and a service whose operations are named by X-Amz-Target names the request once. A function's client
parses each header that it is sent.

To know who calls, ministack gathers the caller's policies, and forgets them again. The credential says it already.
"""

from typing import Any

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session, get_account_id
from ministack.core.router import extract_access_key_id

_FOR_BROWSERS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
)
_OTHER_NAMES_OF_THE_REQUEST = ("x-amz-request-id", "x-amz-id-2")

_original_dispatch = app._dispatch_service_request  # noqa: SLF001 - ministack has no extension points


async def _send(self: H11Protocol, event: Any) -> None:
    """The head of an answer waits for what follows it, which is at once where the answer's length is known.

    One of unknown length is a stream, and may be silent for a while after its head.
    """
    held = self.__dict__.pop("_held", b"")
    try:
        data = held + self.connection.send(event)
    except h11.LocalProtocolError:
        if held:
            await self.send(RawData(data=held))
        if self.connection.their_state != h11.ERROR:
            raise
        return
    if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
        self._held = data
    elif data:
        await self.send(RawData(data=data))


async def _dispatch(method: str, path: str, headers: dict[str, str], *others: Any) -> tuple[int, dict[str, Any], Any]:
    status, answered, content = await _original_dispatch(method, path, headers, *others)
    unasked = () if "origin" in headers else _FOR_BROWSERS
    for name in (*unasked, *(_OTHER_NAMES_OF_THE_REQUEST if "x-amz-target" in headers else ())):
        answered.pop(name, None)
    return status, answered, content


def _caller_arn(headers: dict[str, str], query: dict[str, Any] | None = None) -> str:
    """The caller's ARN, or its account's root where its key is unknown, as in ministack."""
    account = get_account_id()
    fallback = f"arn:aws:iam::{account}:root"
    try:
        key = extract_access_key_id(headers or {}, query or {})
        found = iam_evaluator.resolve_credential(key, _account_from_sts_session(key) or account) if key else None
    except Exception:  # noqa: BLE001 - ministack's promise: it never raises
        return fallback
    return getattr(found, "principal_arn", "") or fallback


def install() -> None:
    app._dispatch_service_request = _dispatch  # noqa: SLF001
    iam_evaluator.request_caller_arn = _caller_arn
    H11Protocol._send_h11_event = _send  # noqa: SLF001 - hypercorn has no extension points
