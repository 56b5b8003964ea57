"""Clients, shared by all threads of a function."""

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from flatrender.platform import clients


def test_threads_that_begin_together_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def create(service: str, **_: Any) -> object:
        made.append(service)
        time.sleep(0.02)
        return object()

    monkeypatch.setattr(clients, "_session", lambda: SimpleNamespace(create_client=create))
    clients.client.cache_clear()
    gate = threading.Barrier(8)
    found: list[Any] = []

    def use() -> None:
        gate.wait()
        found.append(clients.client("s3", read_timeout=60))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clients.client.cache_clear()

    assert made == ["s3"]
    assert len({id(one) for one in found}) == 1
    assert len(found) == 8
