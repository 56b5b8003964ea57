"""The socket's protocol: handshake, versions, malformed messages, and what API Gateway itself is told."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from flatrender.kernel.ids import new_id
from flatrender.platform import clients
from flatrender.platform.settings import settings
from flatrender.progress import protocol, push, repository
from flatrender.progress.protocol import negotiate

TENANT, USER, CONNECTION = new_id(), new_id(), "abc123def456="
JOB = "5b0c7d7e-2f1a-4c7b-9d52-6a1f0a3c9e11"
"""Stands in the names of test cases, which must be the same in every worker."""


@pytest.fixture
def posted(aws: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def post(connection_id: str, message: dict[str, Any]) -> bool:
        assert connection_id == CONNECTION
        found.append(message)
        return True

    monkeypatch.setattr(push, "post", post)
    monkeypatch.setattr(push, "end", lambda connection_id: found.append({"ended": connection_id}))
    return found


@pytest.fixture
def send(load: Callable[[str], ModuleType]) -> Callable[..., Any]:
    def call(kind: str, body: str = "", scopes: str = "renders:read", **given: Any) -> Any:
        authorizer = {"tenant_id": TENANT, "user_id": USER, "scopes": scopes}
        context = {"eventType": kind, "connectionId": CONNECTION, "authorizer": authorizer}
        return load("progress/sockets").handler({"requestContext": context, "body": body, **given}, None)

    return call


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({}, {}, (1, None)),
        ({}, {"v": "1"}, (1, None)),
        ({"Sec-WebSocket-Protocol": "flatrender.progress.v1"}, {}, (1, "flatrender.progress.v1")),
        (
            {"sec-websocket-protocol": "flatrender.progress.v2, flatrender.progress.v1"},
            {},
            (1, "flatrender.progress.v1"),
        ),
        ({"Sec-WebSocket-Protocol": "flatrender.progress.v1"}, {"v": "1"}, (1, "flatrender.progress.v1")),
        ({}, {"v": "2"}, (0, None)),
        ({}, {"v": ""}, (0, None)),
        ({"Sec-WebSocket-Protocol": "mqtt"}, {}, (0, None)),
    ],
)
def test_versions(headers: dict[str, str], query: dict[str, str], expected: tuple[int, str | None]) -> None:
    assert negotiate(headers, query) == expected


def test_the_subprotocol_is_echoed(posted: list[Any], send: Any) -> None:
    answer = send("CONNECT", headers={"Sec-WebSocket-Protocol": "flatrender.progress.v1"})
    assert answer == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "flatrender.progress.v1"}}


def test_an_unknown_version_is_told_which_ones_there_are_and_hung_up_on(posted: list[Any], send: Any) -> None:
    assert send("CONNECT", queryStringParameters={"v": "9"})["statusCode"] == 200
    send("MESSAGE", json.dumps({"action": "ping"}))
    error, ended = posted
    assert (error["type"], error["code"], error["supported"]) == ("error", "unsupported_version", [1])
    assert "?v=1" in error["message"]
    assert ended == {"ended": CONNECTION}


def test_ping(posted: list[Any], send: Any) -> None:
    send("CONNECT")
    send("MESSAGE", '{"action": "ping"}')
    assert posted == [{"type": "pong"}]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        '"subscribe"',
        "{}",
        '{"action": "sing"}',
        '{"action": "subscribe"}',
        '{"action": "subscribe", "job_id": 7}',
        '{"action": "subscribe", "job_id": "../other"}',
        json.dumps({"action": "subscribe", "job_id": JOB, "last_seq": -1}),
        json.dumps({"action": "subscribe", "job_id": JOB, "last_seq": "1"}),
        json.dumps({"action": "subscribe", "job_id": JOB, "tenant_id": JOB}),
        '{"action": ' * 500,
    ],
)
def test_a_malformed_message_gets_one_error_and_the_socket_lives(body: str, posted: list[Any], send: Any) -> None:
    send("CONNECT")
    assert send("MESSAGE", body) == {"statusCode": 200}
    [error] = posted
    assert (error["type"], error["code"]) == ("error", "bad_message")
    send("MESSAGE", '{"action": "ping"}')
    assert posted[-1] == {"type": "pong"}


def test_a_token_without_the_scope_may_not_watch(posted: list[Any], send: Any) -> None:
    job_id = new_id()
    send("CONNECT")
    send("MESSAGE", json.dumps({"action": "subscribe", "job_id": job_id}), scopes="files:read")
    assert posted[0]["code"] == "forbidden"
    assert posted[0]["job_id"] == job_id


def test_without_the_authorizer_nobody_gets_in(aws: None, load: Callable[[str], ModuleType]) -> None:
    event = {"requestContext": {"eventType": "CONNECT", "connectionId": CONNECTION}}
    assert load("progress/sockets").handler(event, None) == {"statusCode": 401}


def test_a_connection_that_was_never_made_is_told_to_connect(posted: list[Any], send: Any) -> None:
    send("MESSAGE", '{"action": "ping"}')
    assert posted[0]["code"] == "connection_expired"


def test_a_socket_that_is_gone_when_answered_is_forgotten(
    aws: None, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send("CONNECT")
    monkeypatch.setattr(push, "post", lambda connection_id, message: False)
    send("MESSAGE", '{"action": "ping"}')
    with pytest.raises(protocol.FlatRenderError, match="Connect again"):
        repository.connection(TENANT, CONNECTION)


class TestPush:
    """Against botocore's own client, so that requests, paths and errors are the real ones."""

    @pytest.fixture
    def api(self, aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
        from botocore.stub import Stubber

        monkeypatch.setenv("SOCKET_CALLBACK_URL", "https://abc.execute-api.eu-central-1.amazonaws.com/local/")
        settings.cache_clear()
        clients.client.cache_clear()
        with Stubber(push._api()) as stub:
            yield stub

    def test_a_message_is_posted_as_json(self, api: Any) -> None:
        api.add_response(
            "post_to_connection", {}, {"ConnectionId": "c", "Data": '{"type":"pong","name":"نام"}'.encode()}
        )
        assert push.post("c", {"type": "pong", "name": "نام"})
        assert push._api().meta.endpoint_url == "https://abc.execute-api.eu-central-1.amazonaws.com/local"

    def test_gone_is_not_an_error(self, api: Any) -> None:
        api.add_client_error("post_to_connection", "GoneException", http_status_code=410)
        assert not push.post("c", {})

    def test_anything_else_is(self, api: Any) -> None:
        api.add_client_error("post_to_connection", "ForbiddenException", http_status_code=403)
        with pytest.raises(protocol.FlatRenderError):
            push.post("c", {})

    def test_hanging_up_on_who_hung_up_is_fine(self, api: Any) -> None:
        api.add_client_error("delete_connection", "GoneException", http_status_code=410)
        push.end("c")
