"""What moto's DynamoDB lacks, for tests with threads.

moto checks and writes without a lock, and undoes a refused transaction by putting back a copy of all tables, other
threads' writes included. DynamoDB does each call at once or not at all; `one_call_at_a_time` gives moto the same.
"""

import threading
from typing import Any

import pytest
from pynamodb.connection import Connection


def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = threading.RLock()
    call = Connection._make_api_call

    def locked(self: Connection, *given: Any, **named: Any) -> Any:
        with lock:
            return call(self, *given, **named)

    monkeypatch.setattr(Connection, "_make_api_call", locked)


def record_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list to which the name of each DynamoDB call is added as it is made."""
    made: list[str] = []
    call = Connection._make_api_call

    def recorded(self: Connection, operation: str, *given: Any, **named: Any) -> Any:
        made.append(operation)
        return call(self, operation, *given, **named)

    monkeypatch.setattr(Connection, "_make_api_call", recorded)
    return made
