"""Makes ministack's WebSocket APIs answer as AWS's do when a function says no, or fails.

An authorizer that raises exactly "Unauthorized" gets the client a 401. ministack knows that of REST APIs; on $connect
it answers 500, as if the authorizer had crashed.

A route without a route response sends the client nothing that its function returns, and one fixed message when the
function fails. ministack sends what the function returned, or the text of its exception.
"""

import json
from typing import Any

from ministack.services import apigateway

_AUTHORIZER_CALLS = "ministack-apigw-authorizer"

_original_run = apigateway.run_reentrant
_original_authorize = apigateway._authorize_ws_connect  # noqa: SLF001 - ministack has no extension points
_original_invoke = apigateway._invoke_ws_lambda  # noqa: SLF001


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


async def _invoke(*arguments: Any, **named: Any) -> Any:
    """The arguments after the route: stage, connection, kind of event, id of the message."""
    answer = await _original_invoke(*arguments, **named)
    connection_id, kind, message_id = arguments[5:8]
    if kind != "MESSAGE" or not answer:
        return answer
    if answer.get("statusCode") != 500:
        return None
    failure = {"message": "Internal server error", "connectionId": connection_id, "requestId": message_id}
    return {"statusCode": 500, "body": json.dumps(failure)}


def install() -> None:
    apigateway._invoke_ws_lambda = _invoke  # noqa: SLF001
    apigateway.run_reentrant = _run
    apigateway._authorize_ws_connect = _authorize  # noqa: SLF001
