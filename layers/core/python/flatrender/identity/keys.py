"""The signing keys in KMS: what the current one signs, and their public halves as JSON Web Keys.

Besides the current key there may be others whose tokens are good: those that signed until lately, or will soon
(docs/operations.md). A token names its key by `kid`. No cryptography is imported.
"""

import base64
import hashlib
import json
from functools import cache
from typing import Any, Final

from flatrender.identity.schemas import JsonWebKey
from flatrender.platform import observe
from flatrender.platform.clients import client
from flatrender.platform.settings import settings

AUDIENCE: Final = "flatrender"
"""For whom access tokens are; their issuer is the API's public address."""

_UNUSABLE: Final = {"NotFoundException", "DisabledException", "KMSInvalidStateException", "AccessDeniedException"}


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@cache
def public_jwk() -> JsonWebKey:
    """The current key's. Fetched from KMS once per process."""
    return _fetched(settings().signing_key_id)


def accepted_jwks() -> list[JsonWebKey]:
    """Those of all keys whose tokens are good, the current one first."""
    others = (_other_jwk(key_id) for key_id in settings().retired_signing_key_ids)
    return [public_jwk(), *(jwk for jwk in others if jwk is not None)]


def jwk_named(kid: object) -> JsonWebKey | None:
    """The accepted key of that name. The others are only fetched for tokens that the current one did not sign."""
    if kid == public_jwk().kid:
        return public_jwk()
    return next((jwk for jwk in accepted_jwks() if jwk.kid == kid), None)


@cache
def _other_jwk(key_id: str) -> JsonWebKey | None:
    """None: the key is gone, disabled, or not ours to read; that must not stop the current one from working."""
    from botocore.exceptions import ClientError

    try:
        return _fetched(key_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNUSABLE:
            raise
        observe.logger().warning("a retired signing key cannot be read", extra={"key_id": key_id}, exc_info=True)
        return None


def _fetched(key_id: str) -> JsonWebKey:
    der = client("kms").get_public_key(KeyId=key_id)["PublicKey"]
    modulus, exponent = rsa_numbers(der)
    n, e = base64url(modulus), base64url(exponent)
    # RFC 7638: the required members in alphabetical order, without whitespace.
    canonical = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
    return JsonWebKey(kid=base64url(hashlib.sha256(canonical.encode()).digest()), n=n, e=e)


def sign(message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 over SHA-256, made by KMS; `message` is at most 4096 bytes."""
    signed: dict[str, Any] = client("kms").sign(
        KeyId=settings().signing_key_id,
        Message=message,
        MessageType="RAW",
        SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
    )
    return bytes(signed["Signature"])


def rsa_numbers(der: bytes) -> tuple[bytes, bytes]:
    """Modulus and exponent, big-endian, from a DER SubjectPublicKeyInfo (RFC 5280) holding an RSA key (RFC 8017)."""
    info = _Der(_Der(der).take(0x30))
    info.take(0x30)  # the algorithm
    key = _Der(_Der(info.take(0x03)[1:]).take(0x30))  # a bit string, after its count of unused bits
    return key.take(0x02).lstrip(b"\0"), key.take(0x02).lstrip(b"\0")


class _Der:
    """Reads DER elements one after the other."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def take(self, tag: int) -> bytes:
        """The content of the next element, which must have this tag."""
        if len(self.raw) < 2 or self.raw[0] != tag:
            raise ValueError("not an RSA public key in DER")
        length, start = self.raw[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(self.raw[2:start])
        content, self.raw = self.raw[start : start + length], self.raw[start + length :]
        if len(content) != length:
            raise ValueError("the DER ends too early")
        return content
