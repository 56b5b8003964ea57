"""Decides on each request to both APIs: who is it, and may they come in at all.

The one place that verifies tokens, and the one that imports cryptography.
"""

from typing import Any, Final

import jwt

from flatrender.identity import session_repository
from flatrender.identity.keys import AUDIENCE, jwk_named
from flatrender.platform.settings import settings

_REQUIRED: Final = ["iss", "aud", "sub", "tenant_id", "sid", "jti", "scopes", "tier", "iat", "exp"]
_BEARER: Final = "bearer "


class Unauthorized(Exception):
    """API Gateway answers 401 when a Lambda authorizer fails with exactly this word; anything else is a 500."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorize(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The policy for the holder of a good access token, and who that is.

    `event` is API Gateway's REQUEST authorizer event, of the REST API (token in the Authorization header) or of the
    WebSocket API's $connect (token in the query). Raises Unauthorized: there is no token, it is not one of ours, it
    has expired, or its session has ended.

    The policy is cached per token and covers the whole stage: one for this method alone would refuse the next.
    """
    claims = _claims(_token(event))
    session = session_repository.get(claims["tenant_id"], claims["sub"], claims["sid"])
    if session is None:
        raise Unauthorized()
    return {
        "principalId": claims["sub"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _whole_stage(event["methodArn"])}
            ],
        },
        "context": {
            "user_id": claims["sub"],
            "tenant_id": claims["tenant_id"],
            "session_id": claims["sid"],
            "scopes": claims["scopes"],
            "tier": claims["tier"],
            "email_verified": _flag(claims, "email_verified"),
            "is_admin": _flag(claims, "is_admin"),
            "is_tenant_admin": _flag(claims, "is_tenant_admin"),
        },
    }


def _token(event: dict[str, Any]) -> str:
    if "connectionId" in event.get("requestContext", {}):
        return str((event.get("queryStringParameters") or {}).get("token") or "")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    header = str(headers.get("authorization") or "")
    if not header.lower().startswith(_BEARER):
        raise Unauthorized()
    return header[len(_BEARER) :].strip()


def _claims(token: str) -> dict[str, Any]:
    """What the token says, once its signature, issuer, audience and times are found good."""
    try:
        key = jwk_named(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise Unauthorized()
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key.model_dump(), "RS256"),
            algorithms=["RS256"],
            issuer=settings().public_api_url,
            audience=AUDIENCE,
            options={"require": _REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise Unauthorized() from error
    return claims


def _whole_stage(method_arn: str) -> str:
    """`arn:…:api-id/stage/GET/v1/x` → `arn:…:api-id/stage/*`"""
    return "/".join((*method_arn.split("/", 2)[:2], "*"))


def _flag(claims: dict[str, Any], name: str) -> str:
    """API Gateway makes text of every value in its own way, so it is made here."""
    return "true" if claims.get(name) is True else "false"
