"""Mail through a service that does not answer."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ReadTimeoutError

from flatrender.platform import clients, mail


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """An SES that takes connections and never says a word; the connections that were made."""
    made: list[socket.socket] = []
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    made.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        clients.client.cache_clear()
        yield made
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in made:
        connection.close()
    clients.client.cache_clear()


def test_it_is_asked_once_and_not_for_long(silent: list[socket.socket]) -> None:
    started = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        mail.send("ada@example.com", "Hello", "Hello Ada")
    assert 2 < time.monotonic() - started < 5
    assert len(silent) == 1
