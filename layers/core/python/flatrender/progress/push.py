"""Messages to sockets, through API Gateway's callback endpoint."""

import json
from typing import Any

from flatrender.kernel.errors import Unavailable
from flatrender.platform.clients import client
from flatrender.platform.settings import settings


def _api() -> Any:
    return client("apigatewaymanagementapi", endpoint_url=settings().socket_callback_url)


def post(connection_id: str, message: dict[str, Any]) -> bool:
    """Whether the message was handed over; False when the connection is gone.

    Raises Unavailable: API Gateway did not take it, though the connection may live.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    data = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        _api().post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        if error.response["ResponseMetadata"].get("HTTPStatusCode") == 410:
            return False
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error
    return True


def end(connection_id: str) -> None:
    """Closes a connection from our side; one that is gone already is closed enough."""
    from botocore.exceptions import ClientError

    try:
        _api().delete_connection(ConnectionId=connection_id)
    except ClientError as error:
        if error.response["ResponseMetadata"].get("HTTPStatusCode") != 410:
            raise Unavailable from error
