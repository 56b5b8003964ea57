"""The signing keys in KMS: what the current one signs, and their public halves as JSON Web Keys.

Besides the current key there may be others whose tokens are good: those that signed until lately, or will soon
(docs/operations.md). A token names its key by `kid`. No cryptography is imported.
"""

from functools import cache
from time import monotonic
from typing import Final

from flatrender.identity.schemas import JsonWebKey
from flatrender.platform import observe, signing
from flatrender.platform.settings import settings
from flatrender.platform.signing import base64url, rsa_numbers

__all__ = ["AUDIENCE", "accepted_jwks", "base64url", "jwk_named", "public_jwk", "published_jwks", "rsa_numbers", "sign"]

AUDIENCE: Final = "flatrender"
"""For whom access tokens are; their issuer is the API's public address."""

MISSING_SECONDS: Final = 60.0
"""So long a key that could not be read is not asked for again."""

_UNUSABLE: Final = {"NotFoundException", "DisabledException", "KMSInvalidStateException", "AccessDeniedException"}

_others: Final[dict[str, JsonWebKey]] = {}
_missing_until: Final[dict[str, float]] = {}


@cache
def public_jwk() -> JsonWebKey:
    """The current key's. Fetched from KMS once per process."""
    return _fetched(settings().signing_key_id)


def accepted_jwks() -> list[JsonWebKey]:
    """Those of all keys whose tokens are good, the current one first."""
    others = (_other_jwk(key_id) for key_id in settings().retired_signing_key_ids)
    return [public_jwk(), *(jwk for jwk in others if jwk is not None)]


def published_jwks() -> list[JsonWebKey]:
    """Those, and the one that signs the manifests of results: it is no key for tokens, and no token of its is good."""
    manifests = _other_jwk(settings().manifest_key_id)
    return [*accepted_jwks(), *([manifests] if manifests else [])]


def jwk_named(kid: object) -> JsonWebKey | None:
    """The accepted key of that name. The others are only fetched for tokens that the current one did not sign."""
    if kid == public_jwk().kid:
        return public_jwk()
    return next((jwk for jwk in accepted_jwks() if jwk.kid == kid), None)


def _other_jwk(key_id: str) -> JsonWebKey | None:
    """None: the key is gone, disabled, or not ours to read; that must not stop the current one from working.

    What is found is kept. What is not may be there in a minute: a key's policy takes a while to hold everywhere.
    """
    if key_id in _others or _missing_until.get(key_id, 0) > monotonic():
        return _others.get(key_id)
    from botocore.exceptions import ClientError

    try:
        _others[key_id] = _fetched(key_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNUSABLE:
            raise
        observe.logger().warning("a signing key cannot be read", extra={"key_id": key_id}, exc_info=True)
        _missing_until[key_id] = monotonic() + MISSING_SECONDS
    return _others.get(key_id)


def _fetched(key_id: str) -> JsonWebKey:
    key = signing.fetched(key_id)
    return JsonWebKey(kid=key.kid, n=key.n, e=key.e)


def sign(message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 over SHA-256, made by KMS; `message` is at most 4096 bytes."""
    return signing.sign(settings().signing_key_id, message)
