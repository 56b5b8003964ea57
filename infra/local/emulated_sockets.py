"""Makes ministack refuse a WebSocket handshake as AWS does when the authorizer says no.

An authorizer that raises exactly "Unauthorized" gets the client a 401. ministack knows that of REST APIs; on $connect
it answers 500, as if the authorizer had crashed.
"""

from typing import Any

from ministack.services import apigateway

_AUTHORIZER_CALLS = "ministack-apigw-authorizer"

_original_run = apigateway.run_reentrant
_original_authorize = apigateway._authorize_ws_connect  # noqa: SLF001 - ministack has no extension points


class _Unauthorized(Exception):
    """The authorizer's own word."""


async def _run(function: Any, *arguments: Any, thread_name: str = "ministack-reentrant") -> Any:
    result = await _original_run(function, *arguments, thread_name=thread_name)
    if thread_name == _AUTHORIZER_CALLS and result and result.get("error") and _message(result) == "Unauthorized":
        raise _Unauthorized
    return result


def _message(result: dict[str, Any]) -> object:
    body = result.get("body")
    return body.get("errorMessage") if isinstance(body, dict) else body


async def _authorize(*arguments: Any, **named: Any) -> Any:
    try:
        return await _original_authorize(*arguments, **named)
    except _Unauthorized:
        return (401, "Unauthorized"), None


def install() -> None:
    apigateway.run_reentrant = _run
    apigateway._authorize_ws_connect = _authorize  # noqa: SLF001
