"""How the local cloud sends its answers. Its server is in another environment; what is changed of it stands in here."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import h11
import pytest

LOCAL = Path(__file__).parents[3] / "infra/local"


@dataclass
class RawData:
    data: bytes


class Protocol:
    """What hypercorn's H11Protocol has that the change makes use of."""

    def __init__(self, method: str = "GET") -> None:
        self.connection = h11.Connection(h11.SERVER)
        self.connection.receive_data(f"{method} / HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        while self.connection.next_event() not in (h11.NEED_DATA, h11.PAUSED):
            pass
        self.sent: list[bytes] = []

    async def send(self, event: RawData) -> None:
        self.sent.append(event.data)

    async def _send_h11_event(self, event: Any) -> None:
        raise AssertionError("not replaced")

    def answer(self, *events: Any) -> list[bytes]:
        async def each() -> None:
            for event in events:
                await self._send_h11_event(event)

        asyncio.run(each())
        return self.sent


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    modules = {name: ModuleType(name) for name in ("hypercorn", "hypercorn.events", "hypercorn.protocol")}
    modules["hypercorn.protocol.h11"] = ModuleType("hypercorn.protocol.h11")
    modules["hypercorn.events"].RawData = RawData  # type: ignore[attr-defined]
    modules["hypercorn.protocol.h11"].H11Protocol = Protocol  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(str(LOCAL))
    original = Protocol._send_h11_event
    importlib.import_module("emulated_answers").install()
    yield
    Protocol._send_h11_event = original  # type: ignore[method-assign]
    sys.modules.pop("emulated_answers")


def head(*headers: tuple[str, str], status: int = 200) -> h11.Response:
    return h11.Response(status_code=status, headers=list(headers))


def test_an_answer_of_known_length_goes_at_once() -> None:
    (whole,) = Protocol().answer(head(("Content-Length", "4")), h11.Data(data=b"body"), h11.EndOfMessage())
    assert whole.startswith(b"HTTP/1.1 200 ")
    assert whole.endswith(b"\r\n\r\nbody")


def test_an_answer_without_a_body_goes_too() -> None:
    (whole,) = Protocol("HEAD").answer(head(("Content-Length", "4")), h11.EndOfMessage())
    assert whole.endswith(b"\r\n\r\n")


def test_the_head_of_a_stream_does_not_wait() -> None:
    sent = Protocol().answer(head(("content-type", "text/event-stream")), h11.Data(data=b"a"), h11.EndOfMessage())
    assert len(sent) == 3
    assert sent[0].endswith(b"\r\n\r\n")
    assert b"".join(sent).endswith(b"1\r\na\r\n0\r\n\r\n")


def test_each_further_part_goes_when_it_is_there() -> None:
    events = head(("Content-Length", "2")), h11.Data(data=b"a"), h11.Data(data=b"b"), h11.EndOfMessage()
    sent = Protocol().answer(*events)
    assert [part[-1:] for part in sent] == [b"a", b"b"]


def test_a_head_goes_even_when_what_follows_is_refused() -> None:
    protocol = Protocol()
    with pytest.raises(h11.LocalProtocolError):
        protocol.answer(head(("Content-Length", "1")), h11.Data(data=b"too long"))
    assert protocol.sent[0].startswith(b"HTTP/1.1 200 ")


def test_nobody_is_told_of_a_request_that_broke_the_protocol() -> None:
    protocol = Protocol()
    protocol.connection = h11.Connection(h11.SERVER)
    protocol.connection.receive_data(b"nonsense\r\n\r\n")
    with pytest.raises(h11.RemoteProtocolError):
        protocol.connection.next_event()
    protocol.connection.send_failed()
    assert protocol.answer(head(("Content-Length", "0"))) == []
