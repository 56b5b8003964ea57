"""The protocol on a socket: API Gateway's events in, calls of the service and answers out. See docs/websocket.md."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from flatrender.kernel.errors import FlatRenderError, Forbidden
from flatrender.progress import push, repository, service
from flatrender.progress.errors import BadMessage, UnsupportedVersion
from flatrender.progress.schemas import Message, Ping, Subscribe, Unsubscribe

SUBPROTOCOLS: Final = {"flatrender.progress.v1": 1}
VERSIONS: Final = {"1": 1}
NO_VERSION: Final = 0
SCOPE: Final = "renders:read"

_MESSAGE: Final[TypeAdapter[Subscribe | Unsubscribe | Ping]] = TypeAdapter(Message)

_Event = dict[str, Any]


def receive(event: _Event) -> _Event:
    """Answers one event of the WebSocket API. Replies travel through the callback endpoint, never as a response body,
    so that they stay in order with what the service sends.
    """
    context = event["requestContext"]
    kind = context.get("eventType")
    caller = context.get("authorizer") or {}
    tenant_id, user_id = caller.get("tenant_id"), caller.get("user_id")
    if not tenant_id or not user_id:
        return {"statusCode": 401}
    connection_id = context["connectionId"]
    if kind == "CONNECT":
        return _connect(event, tenant_id, user_id, connection_id)
    if kind == "DISCONNECT":
        repository.disconnect(tenant_id, connection_id)
        return {"statusCode": 200}
    _answer(event.get("body") or "", caller, connection_id)
    return {"statusCode": 200}


def negotiate(headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[int, str | None]:
    """The protocol version that both sides speak (NO_VERSION: none) and the subprotocol to echo.

    `?v=` wins over Sec-WebSocket-Protocol; who names neither gets version 1.
    """
    offered = next((value for name, value in headers.items() if name.lower() == "sec-websocket-protocol"), "")
    names = [name.strip() for name in offered.split(",") if name.strip()]
    echoed = next((name for name in names if name in SUBPROTOCOLS), None)
    if "v" in query:
        return VERSIONS.get(query["v"], NO_VERSION), echoed
    if names:
        return (SUBPROTOCOLS[echoed] if echoed else NO_VERSION), echoed
    return 1, None


def _connect(event: _Event, tenant_id: str, user_id: str, connection_id: str) -> _Event:
    """A handshake cannot carry a message to a browser, so a version that we do not speak is let in, and told so in
    answer to the first thing it says.
    """
    version, echoed = negotiate(event.get("headers") or {}, event.get("queryStringParameters") or {})
    repository.connect(tenant_id, user_id, connection_id, version)
    headers = {"Sec-WebSocket-Protocol": echoed} if echoed and version else {}
    return {"statusCode": 200, "headers": headers}


def _answer(body: str, caller: Mapping[str, str], connection_id: str) -> None:
    tenant_id = caller["tenant_id"]
    about: dict[str, Any] = {}
    try:
        _check_version(tenant_id, connection_id)
        message = _parse(body)
        about = message.model_dump(include={"action", "job_id"})
        answer = _do(message, caller, connection_id)
    except UnsupportedVersion as error:
        _reply(tenant_id, connection_id, _error(error, about))
        push.end(connection_id)
        return
    except FlatRenderError as error:
        answer = _error(error, about)
    _reply(tenant_id, connection_id, answer)


def _check_version(tenant_id: str, connection_id: str) -> None:
    if repository.connection(tenant_id, connection_id).version == NO_VERSION:
        raise UnsupportedVersion(supported=sorted(SUBPROTOCOLS.values()))


def _do(message: Subscribe | Unsubscribe | Ping, caller: Mapping[str, str], connection_id: str) -> dict[str, Any]:
    """What to answer, after whatever the service has said."""
    if isinstance(message, Ping):
        return {"type": "pong"}
    tenant_id, user_id, job_id = caller["tenant_id"], caller["user_id"], message.job_id
    if isinstance(message, Unsubscribe):
        service.unsubscribe(tenant_id, connection_id, job_id)
        return {"type": "unsubscribed", "job_id": job_id}
    if SCOPE not in caller.get("scopes", "").split():
        raise Forbidden(f"This needs the scope '{SCOPE}', which your token does not have.")
    service.subscribe(tenant_id, user_id, connection_id, job_id, message.last_seq)
    return {"type": "subscribed", "job_id": job_id}


def _parse(body: str) -> Subscribe | Unsubscribe | Ping:
    try:
        return _MESSAGE.validate_json(body)
    except ValidationError as error:
        finding = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in finding["loc"])
        raise BadMessage(f"{finding['msg']}{f' (at {where})' if where else ''}.") from error


def _error(error: FlatRenderError, about: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "error", "code": error.code, "message": error.text, **about, **error.details}


def _reply(tenant_id: str, connection_id: str, message: dict[str, Any]) -> None:
    if not push.post(connection_id, message):
        repository.disconnect(tenant_id, connection_id)
