"""`flatrender template preview`: the page, and what it asks for, over HTTP on this machine alone.

It answers nobody but pages it served itself: requests for another host (a name that was made to lead here) and from
other sites are refused. No file is served: the page is part of the program, the rest is drawn or told.
"""

import json
import queue
import secrets
import signal
import socket
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from flatrender_cli import engine
from flatrender_cli.console import out
from flatrender_cli.errors import CliError
from flatrender_cli.templates.session import Session

ADDRESS: Final = "127.0.0.1"
PORT: Final = 4680
MAX_BODY: Final = 256 * 1024
MAX_STREAMS: Final = 16
HEARTBEAT_SECONDS: Final = 10.0
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Refused(Exception):
    """The request is answered with a status and a sentence."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(message)


class PreviewServer(ThreadingHTTPServer):
    """Serves one session; port 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        super().__init__((ADDRESS, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}/"

    @cached_property
    def hosts(self) -> frozenset[str]:
        return frozenset(f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))

    @cached_property
    def page(self) -> str:
        return Path(__file__).with_name("page.html").read_text(encoding="utf-8")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that left is no error; others are shown as the base class does."""
        import sys

        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "flatrender"
    sys_version = ""
    timeout = 30.0
    """Seconds that a client may take to say what it wants."""

    @property
    def session(self) -> Session:
        return cast("PreviewServer", self.server).session

    def do_GET(self) -> None:
        self._answer({"/": self._page, "/state": self._state, "/frame": self._frame, "/events": self._events})

    def do_POST(self) -> None:
        self._answer({"/inputs": self._inputs, "/clip": self._clip})

    def _answer(self, routes: Mapping[str, Any]) -> None:
        try:
            self._admit()
            routes.get(urlsplit(self.path).path, self._nothing)()
        except Refused as refusal:
            self.close_connection = True
            self._json({"error": refusal.message}, refusal.status)
        except CliError as error:
            self._json({"error": error.message, "details": list(error.details)}, HTTPStatus.UNPROCESSABLE_ENTITY)

    def _admit(self) -> None:
        """Raises Refused: the request is not one of a page from here."""
        server = cast("PreviewServer", self.server)
        if self.headers.get("Host", "").lower() not in server.hosts:
            raise Refused(HTTPStatus.FORBIDDEN, "This server answers under its own address only.")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in server.hosts:
            raise Refused(HTTPStatus.FORBIDDEN, "This server does not answer to other sites.")
        elsewhere = self.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
        if elsewhere and urlsplit(self.path).path != "/":
            raise Refused(HTTPStatus.FORBIDDEN, "This server does not answer to other sites.")
        if self.command == "POST" and self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON.")

    def _nothing(self) -> None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        page = cast("PreviewServer", self.server).page.replace("{{nonce}}", nonce)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src blob: data:; "
            "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._send(page.encode(), "text/html; charset=utf-8", headers={"Content-Security-Policy": policy})

    def _state(self) -> None:
        self._json(self.session.state())

    def _frame(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        try:
            at, width = float(query.get("at", ["0"])[0]), int(query.get("width", ["960"])[0])
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "'at' and 'width' are numbers.") from error
        if not 0 <= at < 1e6:
            raise Refused(HTTPStatus.BAD_REQUEST, "There is no such moment.")
        self._send(self.session.frame(at, width), "image/jpeg")

    def _inputs(self) -> None:
        given = self._body()
        if not isinstance(given, dict) or not all(
            isinstance(value, (str, bool, int, float)) for value in given.values()
        ):
            raise Refused(HTTPStatus.BAD_REQUEST, "Send an object of texts, numbers and booleans.")
        self.session.read(given)
        self._json(self.session.state())

    def _clip(self) -> None:
        self._body()
        self._send(self.session.clip(), "video/mp4")

    def _events(self) -> None:
        if self.session.listeners >= MAX_STREAMS:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many pages look at this already.")
        with self.session.listen() as events:
            self.close_connection = True
            self.send_response(HTTPStatus.OK)
            for name, value in {**_HEADERS, "Content-Type": "text/event-stream", "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"retry: 1000\n\n")
            while True:
                try:
                    event, data = events.get(timeout=HEARTBEAT_SECONDS)
                except queue.Empty:
                    # Whoever left is noticed by writing to them.
                    self.wfile.write(b": still here\n\n")
                    continue
                self.wfile.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
                if event == "stopped":
                    return

    def _body(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Say how long the body is.")
        if int(length) > MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {MAX_BODY} bytes.")
        try:
            return json.loads(self.rfile.read(int(length)) or b"null")
        except (ValueError, RecursionError) as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "This is no JSON.") from error

    def _json(self, content: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        self._send(body, "application/json; charset=utf-8", status)

    def _send(
        self,
        body: bytes,
        content_type: str,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        length = {"Content-Type": content_type, "Content-Length": str(len(body))}
        if self.close_connection:
            length["Connection"] = "close"
        for name, value in {**_HEADERS, **length, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests are not worth a line each."""


def preview(file: Path, assets: Path | None, *, port: int | None, show: bool) -> None:
    """Serves the page until Ctrl-C. Raises CliError: there is no such file, or the port is taken."""
    if not file.is_file():
        raise CliError(f"{file} is no file.", hint="`flatrender template new NAME` makes one.")
    engine.ready()
    session = Session(file, assets or file.parent)
    server = _bound(session, port)
    session.start()
    out.print(f"[bold]{server.url}[/] shows {file}. Save the file to see it change; Ctrl-C stops.", soft_wrap=True)
    if show:
        import webbrowser

        webbrowser.open(server.url)
    for asked in (signal.SIGINT, signal.SIGTERM):
        # Said aloud, for a shell has what it starts in the background ignore the first.
        signal.signal(asked, signal.default_int_handler)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        out.print("Stopped.")
    finally:
        session.stop()
        server.server_close()


def _bound(session: Session, port: int | None) -> PreviewServer:
    """On the port that was asked for; else on the usual one, or, when that is taken, on any."""
    if port is None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, PORT))
            except OSError:
                return PreviewServer(session, 0)
        port = PORT
    try:
        return PreviewServer(session, port)
    except OSError as error:
        raise CliError(f"Port {port} cannot be used: {error.strerror}.", hint="--port names another.") from error
