"""From where a request came, as a type in an endpoint's signature."""

from typing import Annotated

from flatrender.kernel.client import Client
from flatrender.web.framework import Depends, Request


async def _client(request: Request) -> Client:
    """The address that API Gateway saw (a header could be made up) and what the client calls itself."""
    return Client(
        ip_address=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent", "")[:512] or None,
    )


FromClient = Annotated[Client, Depends(_client)]
