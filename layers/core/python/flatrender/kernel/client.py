"""Where a request came from."""

from pydantic import BaseModel, ConfigDict


class Client(BaseModel):
    """The other end of a connection, as far as it is known."""

    model_config = ConfigDict(frozen=True)

    ip_address: str | None = None
    user_agent: str | None = None
