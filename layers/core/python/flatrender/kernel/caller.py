"""Who is calling, as the authorizer established it."""

from pydantic import BaseModel, ConfigDict


class Caller(BaseModel):
    """An authenticated user within one tenant. Ids are UUID v4 strings."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    tenant_id: str
    session_id: str
    scopes: frozenset[str]
    tier: str
    email_verified: bool
    is_admin: bool = False
    is_tenant_admin: bool = False
