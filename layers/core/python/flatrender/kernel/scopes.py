"""What a token allows, in the words that endpoints ask for (see web.caller)."""

from typing import Final

USER_SCOPES: Final = (
    "profile:read profile:write files:read files:write templates:read projects:read projects:write "
    "renders:create renders:read renders:cancel"
)
"""What every user's token carries, space-separated as in RFC 6749."""
