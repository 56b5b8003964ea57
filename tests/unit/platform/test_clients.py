"""Clients, shared by all threads of a function."""

import threading
import time
from types import SimpleNamespace
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse

from flatrender.platform import clients


def test_threads_that_begin_together_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def create(service: str, **_: Any) -> object:
        made.append(service)
        time.sleep(0.02)
        return object()

    monkeypatch.setattr(clients, "_session", lambda: SimpleNamespace(create_client=create, user_agent=lambda: "x"))
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


def test_a_client_says_what_it_is_in_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients.client.cache_clear()
    sent: list[str] = []

    def answer(request: Any, **_: Any) -> Any:
        sent.append(request.headers["User-Agent"].decode())
        return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=lambda: iter([b"{}"])))

    client = clients.client("dynamodb")
    client.meta.events.register("before-send", answer)
    client.list_tables()
    client.list_tables()
    clients.client.cache_clear()

    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert sent[0].startswith(f"Botocore/{botocore.__version__} Python/")
