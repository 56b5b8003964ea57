"""The three kinds of tokens: access tokens (JWT), refresh tokens and verification tokens (opaque)."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from flatrender.identity.keys import AUDIENCE, base64url, public_jwk, sign
from flatrender.identity.model import UserItem
from flatrender.kernel.clock import epoch
from flatrender.kernel.ids import new_id
from flatrender.kernel.scopes import USER_SCOPES
from flatrender.platform.settings import settings

ACCESS_SECONDS: Final = 60 * 60
REFRESH_SECONDS: Final = 14 * 24 * 3600
_SECRET_BYTES = 24


def access_token(user: UserItem, session_id: str) -> str:
    """An RS256 JWT, signed by KMS. Its issuer is the API's public address."""
    now = epoch()
    claims = {
        "iss": settings().public_api_url,
        "aud": AUDIENCE,
        "sub": user.user_id,
        "tenant_id": user.tenant_id,
        "sid": session_id,
        "jti": new_id(),
        "scopes": USER_SCOPES,
        "tier": user.tier,
        "email_verified": bool(user.email_verified),
        "is_admin": bool(user.is_admin),
        "is_tenant_admin": bool(user.is_tenant_admin),
        "iat": now,
        "exp": now + ACCESS_SECONDS,
    }
    header = {"alg": "RS256", "kid": public_jwk().kid, "typ": "JWT"}
    message = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{message}.{base64url(sign(message.encode()))}"


@dataclass(frozen=True)
class RefreshToken:
    """`family` is the same in all of a session's tokens, `secret` is new in each.

    Who shows the right family with a wrong secret holds a token that was used before. Who shows a wrong family never
    had one, so that nobody can end a stranger's session by knowing its id.
    """

    tenant_id: str
    user_id: str
    session_id: str
    family: bytes
    secret: bytes

    def __str__(self) -> str:
        ids = (self.tenant_id, self.user_id, self.session_id)
        return base64url(b"".join(UUID(part).bytes for part in ids) + self.family + self.secret)

    @property
    def family_hash(self) -> str:
        return fingerprint(self.family)

    @property
    def secret_hash(self) -> str:
        return fingerprint(self.secret)

    def rotated(self) -> Self:
        return type(self)(self.tenant_id, self.user_id, self.session_id, self.family, _secret())


def new_refresh_token(tenant_id: str, user_id: str, session_id: str) -> RefreshToken:
    return RefreshToken(tenant_id, user_id, session_id, _secret(), _secret())


def parse_refresh_token(text: str) -> RefreshToken | None:
    """None: it is not one of ours."""
    raw = _decoded(text, 3 * 16 + 2 * _SECRET_BYTES)
    if raw is None:
        return None
    tenant_id, user_id, session_id = (str(UUID(bytes=raw[at : at + 16])) for at in (0, 16, 32))
    family, secret = raw[48 : 48 + _SECRET_BYTES], raw[48 + _SECRET_BYTES :]
    return RefreshToken(tenant_id, user_id, session_id, family, secret)


@dataclass(frozen=True)
class VerificationToken:
    """Names a code that was sent. Only its hash is kept, so the code cannot be guessed from what is in the table."""

    tenant_id: str
    secret: bytes

    def __str__(self) -> str:
        return base64url(UUID(self.tenant_id).bytes + self.secret)

    @property
    def hash(self) -> str:
        return fingerprint(self.secret)

    def code_hash(self, code: str) -> str:
        return hmac.digest(self.secret, code.encode(), hashlib.sha256).hex()


def new_verification_token(tenant_id: str) -> VerificationToken:
    return VerificationToken(tenant_id, _secret())


def parse_verification_token(text: str) -> VerificationToken | None:
    """None: it is not one of ours."""
    raw = _decoded(text, 16 + _SECRET_BYTES)
    return None if raw is None else VerificationToken(str(UUID(bytes=raw[:16])), raw[16:])


def new_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"


def fingerprint(secret: bytes) -> str:
    """SHA-256 in hex: enough for secrets of 192 random bits, which nobody can guess."""
    return hashlib.sha256(secret).hexdigest()


def _secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def _decoded(text: str, size: int) -> bytes | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == size else None
