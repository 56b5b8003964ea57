"""Access tokens that must not work."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload, unverified."""
    header, payload, _ = token.split(".")
    return _decoded(header), _decoded(payload)


def forged(token: str) -> dict[str, str]:
    """Bad tokens by what is wrong with them, each as near to a good one as can be."""
    header, payload = claims_of(token)
    good_header, good_payload, signature = token.split(".")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    past = int(time.time()) - 7200
    moved = {**payload, "tenant_id": _other(payload)}
    return {
        "no token": "",
        "not a token": "abc",
        "alg none": f"{_encoded({**header, 'alg': 'none'})}.{good_payload}.",
        "alg none, any case": f"{_encoded({**header, 'alg': 'nOnE'})}.{good_payload}.",
        "alg HS256": f"{_encoded({**header, 'alg': 'HS256'})}.{good_payload}.{signature}",
        "signature cut off": f"{good_header}.{good_payload}.",
        "signature changed": f"{good_header}.{good_payload}.{_flipped(signature)}",
        "other tenant, old signature": f"{good_header}.{_encoded(moved)}.{signature}",
        "expired, foreign key": _signed(header, {**payload, "iat": past, "nbf": past, "exp": past + 900}, stranger),
        "valid claims, foreign key": _signed(header, payload, stranger),
        "unknown kid": _signed({**header, "kid": "unknown"}, payload, stranger),
        "key in the header": _signed({**header, "jwk": _jwk(stranger)}, payload, stranger),
    }


def kms_signed(kms: Any, key_id: str, header: dict[str, Any], payload: dict[str, Any]) -> str:
    """A token that the real key signed; the operator makes one with wrong claims."""
    text = f"{_encoded(header)}.{_encoded(payload)}"
    answer = kms.sign(
        KeyId=key_id, Message=text.encode(), MessageType="RAW", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
    )
    return f"{text}.{_base64(answer['Signature'])}"


def _signed(header: dict[str, Any], payload: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    text = f"{_encoded(header)}.{_encoded(payload)}"
    return f"{text}.{_base64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "n": _base64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
        "e": _base64(numbers.e.to_bytes(3)),
    }


def _other(payload: dict[str, Any]) -> str:
    return str(payload["tenant_id"])[:-1] + ("0" if str(payload["tenant_id"])[-1] != "0" else "1")


def _flipped(signature: str) -> str:
    middle = len(signature) // 2
    return signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1 :]


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _encoded(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document, separators=(",", ":")).encode())


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
