"""How requests to AWS go out."""

import io
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import awsrequest

from flatrender.platform import connections

HEADERS = {"Content-Length": "4", "X-Amz-Target": "DynamoDB_20120810.GetItem"}


class Socket:
    """A connected socket that counts how often it is given something to send."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(bytes(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def pair() -> Iterator[tuple[Socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Socket(ours), theirs


@pytest.fixture(autouse=True)
def installed() -> None:
    connections.install()


def connected(own: Socket, pool: type[Any] = awsrequest.AWSHTTPConnectionPool) -> Any:
    connection = pool.ConnectionCls("dynamodb.example")
    connection.sock = own
    return connection


@pytest.mark.parametrize("pool", [awsrequest.AWSHTTPConnectionPool, awsrequest.AWSHTTPSConnectionPool])
def test_head_and_body_go_at_once(pair: tuple[Socket, socket.socket], pool: type[Any]) -> None:
    own, _ = pair
    connected(own, pool).request("POST", "/", b"body", HEADERS)
    (whole,) = own.sent
    head, _, body = whole.partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"X-Amz-Target: DynamoDB_20120810.GetItem" in head
    assert body == b"body"


@pytest.mark.parametrize("body", [b"x" * (connections.MAX_JOINED_BYTES + 1), io.BytesIO(b"a file")])
def test_what_is_large_or_a_stream_is_not_copied(pair: tuple[Socket, socket.socket], body: Any) -> None:
    own, _ = pair
    expected = body if isinstance(body, bytes) else body.getvalue()
    connected(own).request("PUT", "/key", body, {"Content-Length": str(len(expected))})
    assert own.sent[0].endswith(b"\r\n\r\n")
    assert b"".join(own.sent[1:]) == expected


def test_a_body_waits_for_the_answer_to_expect(pair: tuple[Socket, socket.socket]) -> None:
    own, theirs = pair
    theirs.sendall(b"HTTP/1.1 417 Expectation Failed\r\n\r\n")
    connected(own).request("PUT", "/key", b"body", {"Content-Length": "4", "Expect": b"100-continue"})
    (head,) = own.sent
    assert head.endswith(b"\r\n\r\n")


def test_after_a_request_that_broke_off_nothing_is_left_of_it(pair: tuple[Socket, socket.socket]) -> None:
    own, _ = pair
    connection = connected(own)
    with pytest.raises(ValueError, match="Invalid header value"):
        connection.request("POST", "/", b"body", {"X-Bad": "a\nb"})
    assert own.sent == []
    connection = connected(own)
    connection.request("POST", "/", b"body", HEADERS)
    assert len(own.sent) == 1


def test_installing_again_changes_nothing() -> None:
    before = awsrequest.AWSHTTPSConnectionPool.ConnectionCls
    connections.install()
    assert awsrequest.AWSHTTPSConnectionPool.ConnectionCls is before
