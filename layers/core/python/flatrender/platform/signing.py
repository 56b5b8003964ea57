"""Keys in KMS that sign (RSA): what they sign, and their public halves. No cryptography is imported."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flatrender.platform.clients import client


@dataclass(frozen=True)
class PublicKey:
    """The public half as RFC 7517 writes it; `kid` is its RFC 7638 thumbprint."""

    kid: str
    n: str
    e: str


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def fetched(key_id: str) -> PublicKey:
    """From KMS. Raises botocore's ClientError."""
    der = client("kms").get_public_key(KeyId=key_id)["PublicKey"]
    modulus, exponent = rsa_numbers(der)
    n, e = base64url(modulus), base64url(exponent)
    # RFC 7638: the required members in alphabetical order, without whitespace.
    required = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
    return PublicKey(base64url(hashlib.sha256(required.encode()).digest()), n, e)


@cache
def public_key(key_id: str) -> PublicKey:
    """Fetched once per process."""
    return fetched(key_id)


def sign(key_id: str, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 over SHA-256, made by KMS; `message` is at most 4096 bytes."""
    signed: dict[str, Any] = client("kms").sign(
        KeyId=key_id,
        Message=message,
        MessageType="RAW",
        SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
    )
    return bytes(signed["Signature"])


def jws(key_id: str, kind: str, payload: Mapping[str, Any]) -> str:
    """A compact JWS (RFC 7515, RS256) over a small payload; `kind` is its `typ`, which tells it from other tokens."""
    header = {"alg": "RS256", "kid": public_key(key_id).kid, "typ": kind}
    parts = (base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload))
    message = ".".join(parts)
    return f"{message}.{base64url(sign(key_id, message.encode()))}"


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
