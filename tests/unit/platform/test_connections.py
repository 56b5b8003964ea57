"""How requests to AWS go out, and what becomes of their answers, over real sockets."""

import contextlib
import datetime as dt
import io
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import exceptions
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flatrender.platform import connections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Amzn-RequestId: r1\r\n\r\n{}"
type Script = Callable[[socket.socket, bytes], bool]
"""What the server does with a request it has read; whether it goes on listening on that connection."""


class Server:
    """Answers on 127.0.0.1 as it is told, and remembers what it read, how often it was sent to, and who came."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self._script, self._context = script, context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        self.packets: list[int] = []
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                going_on = True
                while going_on and (request := self._read(connection)):
                    self.requests.append(request)
                    going_on = self._script(connection, request)

    def _read(self, connection: socket.socket) -> bytes:
        received, packets = b"", 0
        while True:
            data = connection.recv(1 << 20)
            if not data:
                return b""
            received, packets = received + data, packets + 1
            head, found, body = received.partition(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0)
            if found and len(body) >= length:
                self.packets.append(packets)
                return received


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(script: Script, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(script, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answering(answer: bytes, *, stay: bool = True) -> Script:
    def script(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(answer)
        return stay

    return script


def dynamodb(url: str, **named: Any) -> Any:
    connections.install()
    session = botocore.session.Session()
    session.set_credentials("key", "secret")
    config = Config(connect_timeout=1, read_timeout=0.3, retries={"total_max_attempts": 1})
    return session.create_client("dynamodb", "us-east-1", endpoint_url=url, config=config, **named)


def request(server: Server, body: Any = b"body", method: str = "POST", **headers: str) -> Any:
    given = HeadersDict({"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}})
    return AWSPreparedRequest(method, f"{server.url}/a/b?c=d", given, body, stream_output=False)


def test_head_and_body_go_at_once_and_the_connection_is_kept(serve: Callable[..., Server]) -> None:
    server = serve(answering(OK))
    client = dynamodb(server.url)
    for _ in range(3):
        answer = client.list_tables()
    assert server.packets == [1, 1, 1]
    assert server.accepted == 1
    assert answer["ResponseMetadata"]["RequestId"] == "r1"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST / HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"X-Amz-Target: DynamoDB_20120810.ListTables" in lines
    assert json.loads(body) == {}


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{"TableNames":["a"\r\n2\r\n]}\r\n0\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20\r\n\r\n{"TableNames":["a"]}',
        b'HTTP/1.0 200 OK\r\nContent-Length: 20\r\n\r\n{"TableNames":["a"]}',
    ],
)  # fmt: skip
def test_every_way_to_say_where_an_answer_ends(serve: Callable[..., Server], answer: bytes) -> None:
    server = serve(answering(answer, stay=b"chunked" in answer))
    client = dynamodb(server.url)
    assert [client.list_tables()["TableNames"] for _ in range(2)] == [["a"], ["a"]]
    assert server.accepted == (1 if b"chunked" in answer else 2)


def test_an_answer_in_many_pieces(serve: Callable[..., Server]) -> None:
    def script(connection: socket.socket, _request: bytes) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(OK)):
            connection.sendall(OK[at : at + 1])
        return True

    assert dynamodb(serve(script).url).list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_refusal_is_read_as_such(serve: Callable[..., Server]) -> None:
    body = b'{"__type":"x#ResourceNotFoundException","message":"no table"}'
    server = serve(answering(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)))
    with pytest.raises(exceptions.ClientError, match="no table"):
        dynamodb(server.url).list_tables()


def test_headers_of_one_name_are_joined(serve: Callable[..., Server]) -> None:
    server = serve(answering(OK.replace(b"X-Amzn", b"X-A: 1\r\nx-a: 2\r\nX-Amzn")))
    answer = connections.Session().send(request(server))
    assert answer.headers["X-A"] == "1, 2"
    assert (answer.status_code, answer.content) == (200, b"{}")


def test_a_connection_that_was_closed_while_it_rested_is_made_anew(serve: Callable[..., Server]) -> None:
    closed = threading.Event()

    def script(connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()
        return False

    server = serve(script)
    client = dynamodb(server.url)
    for _ in range(2):
        client.list_tables()
        assert closed.wait(2)
        closed.clear()
    assert server.accepted == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", exceptions.ConnectionClosedError),
        (OK[:-1], exceptions.ConnectionClosedError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", exceptions.ConnectionClosedError),
    ],
)
def test_an_answer_that_breaks_off_or_is_none(
    serve: Callable[..., Server], answer: bytes, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        dynamodb(serve(answering(answer, stay=False)).url).list_tables()


def test_an_answer_that_does_not_come(serve: Callable[..., Server]) -> None:
    server = serve(lambda *_: True)
    client = dynamodb(server.url)
    for _ in range(2):
        with pytest.raises(exceptions.ReadTimeoutError):
            client.list_tables()
    # What may still come on the first belongs to no later request.
    assert server.accepted == 2


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(exceptions.EndpointConnectionError):
        dynamodb(f"http://127.0.0.1:{port}").list_tables()


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(exceptions.EndpointConnectionError):
        dynamodb("http://nobody.invalid").list_tables()


def certificate(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = made.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(key, hashes.SHA256())
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return pem


def test_tls_to_whom_the_certificates_vouch_for_and_to_nobody_else(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = serve(answering(OK), context)
    client = dynamodb(server.url, verify=str(pem))
    for _ in range(2):
        client.list_tables()
    assert (server.accepted, len(server.requests)) == (1, 2)
    with pytest.raises(exceptions.SSLError):
        dynamodb(server.url).list_tables()
    assert len(server.requests) == 2


@pytest.mark.parametrize("body", [b"x" * (connections.MAX_JOINED_BYTES + 1), io.BytesIO(b"a file")])
def test_what_is_large_or_a_stream_goes_the_long_way(serve: Callable[..., Server], body: Any) -> None:
    server = serve(answering(OK))
    expected = body if isinstance(body, bytes) else body.getvalue()
    sent = AWSPreparedRequest(
        "PUT", f"{server.url}/key", HeadersDict({"Content-Length": str(len(expected))}), body, stream_output=False
    )
    assert connections.Session().send(sent).content == b"{}"
    assert server.requests[0].partition(b"\r\n\r\n")[2] == expected


def test_a_head_may_hold_no_second_line(serve: Callable[..., Server]) -> None:
    server = serve(answering(OK))
    with pytest.raises(exceptions.HTTPClientError, match="Invalid header value"):
        connections.Session().send(request(server, X_Bad="a\r\nX-Worse: b"))
    assert server.requests == []


def test_head_has_no_body_to_wait_for(serve: Callable[..., Server]) -> None:
    server = serve(answering(OK.replace(b"{}", b"")))
    answer = connections.Session().send(request(server, b"", "HEAD"))
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_proxy_is_used(serve: Callable[..., Server]) -> None:
    proxy = serve(answering(OK))
    session = connections.Session(proxies={"http": proxy.url})
    target = AWSPreparedRequest("POST", "http://table.invalid/", HeadersDict({}), b"", stream_output=False)
    assert session.send(target).content == b"{}"
    assert proxy.requests[0].startswith(b"POST http://table.invalid/ HTTP/1.1\r\n")


def test_the_path_and_the_query_go_as_they_are(serve: Callable[..., Server]) -> None:
    server = serve(answering(OK))
    connections.Session().send(request(server))
    assert server.requests[0].startswith(b"POST /a/b?c=d HTTP/1.1\r\n")


def test_installing_again_changes_nothing() -> None:
    from botocore.endpoint import EndpointCreator

    connections.install()
    before = vars(EndpointCreator)["create_endpoint"]
    connections.install()
    assert vars(EndpointCreator)["create_endpoint"] is before
