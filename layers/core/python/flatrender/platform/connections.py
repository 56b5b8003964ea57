"""Sends a small request to AWS at once, head and body.

urllib3 sends the head, then the body: two system calls, two TLS records, two packets, and the other side is woken
twice. botocore had joined them ("it will avoid performance problems caused by the interaction between delayed ack and
the Nagle algorithm"), which no longer has an effect since urllib3 2.
"""

from functools import cache
from typing import Any

MAX_JOINED_BYTES = 64 * 1024
"""To join a larger body would cost more than it saves."""


class _Whole:
    """A connection of urllib3 that holds back what it is to send until it has all of the request."""

    _held: list[bytes] | None = None

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **named: Any) -> None:
        request = super().request  # type: ignore[misc]  # urllib3's, which comes after this class
        # Whoever sends "Expect" wants an answer to the head before the body goes.
        if not isinstance(body, bytes) or len(body) > MAX_JOINED_BYTES or "Expect" in (headers or {}):
            request(method, url, body, headers, **named)
            return
        self._held = []
        try:
            request(method, url, body, headers, **named)
            whole = b"".join(self._held)
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


@cache
def install() -> None:
    """Has the clients made from now on use such connections."""
    from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool

    for pool in (AWSHTTPConnectionPool, AWSHTTPSConnectionPool):
        pool.ConnectionCls = type(f"Whole{pool.ConnectionCls.__name__}", (_Whole, pool.ConnectionCls), {})
