"""Takes the short way to AWS with small requests for small answers, which is what an endpoint's calls are.

urllib3 makes connections, keeps them, and checks whom they lead to; that stays so. What it does for each request
besides serves callers that redirect, retry, stream and decode. botocore does that itself or asks for none of it, and
it takes half the processor time of a call to DynamoDB. It also sends head and body apart: two system calls, two TLS
records, two packets. Here a small request goes at once, and llhttp, which is C, reads the answer (docs/decisions/0025).
"""

import ssl
from functools import cache, partialmethod
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import URLLib3Session
from httptools import HttpParserError, HttpResponseParser
from urllib3 import exceptions as urllib3

DEFAULT_TIMEOUT: Final = 60
"""Seconds, as botocore has it."""
MAX_JOINED_BYTES: Final = 64 * 1024
"""To join a larger body would cost more than it saves."""
RECEIVED_BYTES: Final = 64 * 1024
MAX_HOSTS: Final = 8
"""A client has one endpoint, or one per bucket. More than these take the long way."""
_PORTS: Final = {"http": 80, "https": 443}
_ASKS_FIRST: Final = {"expect", "transfer-encoding"}
"""Who sends one of these wants more than to send a body and to get one."""


class Session(URLLib3Session):
    """botocore's session, with a short way for requests that ask for nothing special."""

    # What botocore's class has and its types leave out.
    _manager: Any
    _verify: Any
    _setup_ssl_cert: Any

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        timeout = named.get("timeout", DEFAULT_TIMEOUT)
        self._connect_timeout, self._read_timeout = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        self._proxied = bool(named.get("proxies") or named.get("proxies_config"))
        self._hosts: dict[tuple[str, str], tuple[Any, bytes]] = {}

    def send(self, request: Any) -> AWSResponse:
        """The answer, read whole unless it is to be streamed. Raises botocore's HTTPClientError."""
        body = request.body or b""
        if self._proxied or request.stream_output or request.method == "HEAD":
            return super().send(request)
        if not isinstance(body, bytes) or len(body) > MAX_JOINED_BYTES:
            return super().send(request)
        url = urlsplit(request.url)
        pool, host = self._host(url.scheme, url.netloc, request.url)
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        head = _head(request.method, target, request.headers) if pool is not None else None
        if head is None or (request.context or {}).get("read_timeout"):
            return super().send(request)
        return self._exchange(request, pool, b"".join((*head, host, b"\r\n\r\n", body)))

    def _host(self, scheme: str, netloc: str, url: str) -> tuple[Any, bytes]:
        """The connections to a host, and the header that names it."""
        known = self._hosts.get((scheme, netloc))
        if known is not None and known[0].pool is not None:
            return known
        if known is None and len(self._hosts) >= MAX_HOSTS:
            return None, b""
        pool = self._manager.connection_from_url(url)
        self._setup_ssl_cert(pool, url, self._verify)
        named = netloc.rpartition("@")[2].removesuffix(f":{_PORTS.get(scheme)}")
        self._hosts[scheme, netloc] = found = (pool, f"Host: {named}".encode("ascii"))
        return found

    def _exchange(self, request: Any, pool: Any, whole: bytes) -> AWSResponse:
        kept = False
        connection: Any = pool._get_conn()  # noqa: SLF001 - it looks whether the other side has hung up
        try:
            if connection.is_closed:
                connection.timeout = self._connect_timeout
                connection.connect()
                connection.sock.settimeout(self._read_timeout)
            connection.sock.sendall(whole)
            answer = _Answer(request.url)
            kept = answer.read(connection.sock)
        except (urllib3.NewConnectionError, urllib3.NameResolutionError) as error:
            raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
        except urllib3.ConnectTimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=request.url, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=request.url, error=error) from error
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except (OSError, HttpParserError) as error:
            raise ConnectionClosedError(endpoint_url=request.url, error=error, request=request) from error
        finally:
            if not kept:
                connection.close()
            pool._put_conn(connection)  # noqa: SLF001
        return answer


class _Answer(AWSResponse):
    """An answer that is read whole. Headers of one name are joined, as HTTP has it."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 0, {}, None)  # type: ignore[arg-type]  # it makes its own of any mapping
        self._parts: list[bytes] = []
        self._parser = HttpResponseParser(self)
        self._whole = self._kept = False

    def read(self, sock: Any) -> bool:
        """Read it; whether the connection may be used again. Raises OSError, HttpParserError."""
        while not self._whole:
            data = sock.recv(RECEIVED_BYTES)
            if not data:
                raise ConnectionError("The connection was closed before the answer's end.")
            self._parser.feed_data(data)
        self.status_code = self._parser.get_status_code()
        self._content = b"".join(self._parts)
        return self._kept

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        known = self.headers.get(key)
        self.headers[key] = text if known is None else f"{known}, {text}"

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._whole, self._kept = True, self._parser.should_keep_alive()  # which it knows only now


def _head(method: str, target: str, headers: Any) -> list[bytes] | None:
    """The head of a request but for its host; None where the long way knows better what to do."""
    lines = [f"{method} {target} HTTP/1.1\r\nAccept-Encoding: identity\r\n".encode("ascii")]
    for name, value in headers.items():
        line = name.encode("ascii") + b": " + (value if isinstance(value, bytes) else str(value).encode("latin-1"))
        if b"\n" in line or b"\r" in line or name.lower() in _ASKS_FIRST:
            return None
        lines += (line, b"\r\n")
    return lines


@cache
def install() -> None:
    """Has the clients made from now on use such sessions."""
    from botocore.endpoint import EndpointCreator

    sessions = partialmethod(EndpointCreator.create_endpoint, http_session_cls=Session)
    setattr(EndpointCreator, "create_endpoint", sessions)  # noqa: B010 - a method may not be assigned, says mypy
