"""How the local cloud sends its answers. Its server is in another environment; what is changed of it stands in here."""

import asyncio
import importlib
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import h11
import pytest

LOCAL = Path(__file__).parents[3] / "infra/local"


def run[Answer](work: Coroutine[Any, Any, Answer]) -> Answer:
    """On a loop of its own: asyncio.run would leave the thread without the one that the web layer's tests share."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


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

        run(each())
        return self.sent


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    provided: dict[str, dict[str, Any]] = {
        "hypercorn": {},
        "hypercorn.events": {"RawData": RawData},
        "hypercorn.protocol": {},
        "hypercorn.protocol.h11": {"H11Protocol": Protocol},
        "ministack": {"app": SimpleNamespace(_dispatch_service_request=dispatched)},
        "ministack.core": {"iam_evaluator": SimpleNamespace(resolve_credential=resolved, request_caller_arn=None)},
        "ministack.core.responses": {"_account_from_sts_session": ACCOUNTS.get, "get_account_id": lambda: "000"},
        "ministack.core.router": {"extract_access_key_id": lambda headers, query: headers.get("key", "")},
    }
    for name, content in provided.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(str(LOCAL))
    original = Protocol._send_h11_event
    importlib.import_module("emulated_answers").install()
    yield
    Protocol._send_h11_event = original  # type: ignore[method-assign]
    sys.modules.pop("emulated_answers")


ACCOUNTS = {"session-key": "111"}


def resolved(key: str, account: str) -> Any:
    """As ministack's: a credential, or an error that has no ARN."""
    if key == "ambiguous":
        raise ValueError(key)
    if key == "unknown":
        return SimpleNamespace(code="InvalidClientTokenId", message="…")
    return SimpleNamespace(principal_arn=f"arn:aws:iam::{account}:{key}")


async def dispatched(*_: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, dict.fromkeys((*BROWSER, "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amz-crc32"), "x"), b""


BROWSER = tuple(
    f"Access-Control-{name}" for name in ("Allow-Origin", "Allow-Methods", "Allow-Headers", "Expose-Headers")
)


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


@pytest.mark.parametrize(
    ("headers", "gone"),
    [
        ({"origin": "https://app.example"}, set()),
        ({}, set(BROWSER)),
        ({"x-amz-target": "DynamoDB_20120810.GetItem"}, {*BROWSER, "x-amz-request-id", "x-amz-id-2"}),
        ({"x-amz-target": "Logs_20140328.GetLogEvents", "origin": "null"}, {"x-amz-request-id", "x-amz-id-2"}),
    ],
)
def test_a_client_is_told_what_aws_would_tell_it(headers: dict[str, str], gone: set[str]) -> None:
    app = sys.modules["ministack"].app
    _, all_of_it, _ = run(dispatched())
    status, answered, _ = run(app._dispatch_service_request("POST", "/", headers, b"", {}, "id"))
    assert status == 200
    assert set(all_of_it) - set(answered) == gone


@pytest.mark.parametrize(
    ("headers", "arn"),
    [
        ({"key": "user/ann"}, "arn:aws:iam::000:user/ann"),
        ({"key": "session-key"}, "arn:aws:iam::111:session-key"),
        ({"key": "unknown"}, "arn:aws:iam::000:root"),
        ({"key": "ambiguous"}, "arn:aws:iam::000:root"),
        ({}, "arn:aws:iam::000:root"),
        (None, "arn:aws:iam::000:root"),
    ],
)
def test_who_calls_is_told_by_the_credential(headers: dict[str, str], arn: str) -> None:
    evaluator: Any = sys.modules["ministack.core"].iam_evaluator
    assert evaluator.request_caller_arn(headers) == arn
