"""Watching a render job over the WebSocket, across broken connections."""

import json
import time
from collections.abc import Iterator
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from flatrender_cli.errors import CliError

CLOSING = frozenset({"completed", "failed", "cancelled"})
PROTOCOL_VERSION = 1
SILENCE_SECONDS = 20
"""After so long without a word the connection is taken for dead."""
MAX_FAILURES = 6


class Watcher:
    """One user's socket. Open it before submitting, and the first message comes at once."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}?v={PROTOCOL_VERSION}&token={token}"
        self._shown = url
        self._connection: ClientConnection | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def open(self) -> None:
        """Connects.

        Raises CliError: nothing answers, or the token is refused.
        """
        try:
            self._connection = connect(self._url, open_timeout=10, close_timeout=1, legacy=True)
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
            raise CliError(f"The socket at {self._shown} refused the connection: {error}.") from error

    def drop(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def messages(self, job_id: str, last_seq: int = 0) -> Iterator[dict[str, Any]]:
        """The job's messages after `last_seq`, each once and in order, to the closing one.

        Raises CliError: the connection could not be kept, or the job may not be watched.
        """
        failures = 0
        while True:
            try:
                if self._connection is None:
                    self.open()
                for message in self._subscribed(job_id, last_seq):
                    if message["seq"] <= last_seq:
                        continue
                    last_seq, failures = message["seq"], 0
                    yield message
                    if message["type"] in CLOSING:
                        return
            except (ConnectionClosed, OSError, TimeoutError) as error:
                failures += 1
                if failures > MAX_FAILURES:
                    raise CliError(f"The connection to {self._shown} keeps breaking off: {error}.") from error
                self.drop()
                time.sleep(min(0.2 * 2**failures, 3))

    def _subscribed(self, job_id: str, last_seq: int) -> Iterator[dict[str, Any]]:
        connection = self._connection
        if connection is None:
            raise ConnectionError("not connected")
        request: dict[str, Any] = {"action": "subscribe", "job_id": job_id}
        if last_seq:
            request["last_seq"] = last_seq
        connection.send(json.dumps(request))
        while True:
            message = json.loads(connection.recv(timeout=SILENCE_SECONDS))
            if "type" not in message:
                # API Gateway's own words: the function behind the socket failed, or was not to be had.
                raise ConnectionError(message.get("message", "the socket gave no reason"))
            if message.get("type") == "error":
                raise CliError(f"The socket refused to watch {job_id}: {message['message']}")
            if message.get("job_id") == job_id and "seq" in message:
                yield message
