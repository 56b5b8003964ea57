"""The sample invocations in events/samples do what they are samples of."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.support.events import assert_valid_event

from flatrender.progress import push

SAMPLES = Path(__file__).resolve().parents[3] / "events" / "samples"

Load = Callable[[str], ModuleType]


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_the_relay_puts_its_sample_on_the_bus(aws: None, load: Load) -> None:
    event = sample("events-relay")
    assert_valid_event(json.loads(event["Records"][0]["dynamodb"]["NewImage"]["body"]["S"]))
    assert load("events/relay").handler(event, None) == {"batchItemFailures": []}


def test_the_probe_takes_its_sample(aws: None, load: Load) -> None:
    assert load("files/probe").handler(sample("files-probe"), None) == {"batchItemFailures": []}


def test_a_socket_lives_as_in_its_samples(aws: None, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(push, "post", lambda connection_id, message: said.append(message) or True)
    handler = load("progress/sockets").handler
    echoed = handler(sample("progress-connect"), None)
    assert echoed == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "flatrender.progress.v1"}}
    for name in ("ping", "subscribe", "unsubscribe"):
        assert handler(sample(f"progress-{name}"), None) == {"statusCode": 200}
    assert [message.get("code", message["type"]) for message in said] == ["pong", "not_found", "unsubscribed"]
    assert handler(sample("progress-disconnect"), None) == {"statusCode": 200}
