"""Messages to sockets, through API Gateway's callback endpoint."""

import json
from http import HTTPStatus
from typing import Any, Final

from flatrender.kernel.errors import FlatRenderError, Unavailable
from flatrender.platform.clients import client
from flatrender.platform.settings import settings
from flatrender.progress.errors import Undeliverable

READ_TIMEOUT: Final = 3
"""Seconds. A message is posted within milliseconds; while one waits, the others of its batch do."""
_TEMPORARY: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_THROTTLED: Final = {"ThrottlingException", "LimitExceededException", "TooManyRequestsException"}


def _api() -> Any:
    return client("apigatewaymanagementapi", endpoint_url=settings().socket_callback_url, read_timeout=READ_TIMEOUT)


def post(connection_id: str, message: dict[str, Any]) -> bool:
    """Whether the message was handed over; False when the connection is gone.

    Raises Unavailable: API Gateway did not take it now; Undeliverable: it never will, though the connection may live.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    data = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        _api().post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        if _status(error) == HTTPStatus.GONE:
            return False
        raise _refusal(error) from error
    except BotoCoreError as error:
        raise Unavailable from error
    return True


def end(connection_id: str) -> None:
    """Closes a connection from our side; one that is gone already is closed enough.

    Raises Unavailable, Undeliverable.
    """
    from botocore.exceptions import ClientError

    try:
        _api().delete_connection(ConnectionId=connection_id)
    except ClientError as error:
        if _status(error) != HTTPStatus.GONE:
            raise _refusal(error) from error


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0))


def _refusal(error: Any) -> FlatRenderError:
    """A role that lacks the right, a message that is too large and an id that is none stay so."""
    status, code = _status(error), error.response["Error"].get("Code")
    permanent = 400 <= status < 500 and status not in _TEMPORARY and code not in _THROTTLED
    return Undeliverable(f"API Gateway refuses: {code}.") if permanent else Unavailable()
