"""A key of our own in the place of KMS: making one there takes a second, and what matters is what is signed."""

from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from flatrender.platform import signing


@cache
def private_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Kms:
    """What `platform.signing` asks of the service. Keys are told apart by nothing: there is one."""

    def get_public_key(self, *, KeyId: str) -> dict[str, Any]:  # noqa: N803 - the service's names
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return {"PublicKey": private_key().public_key().public_bytes(serialization.Encoding.DER, form)}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        assert (MessageType, SigningAlgorithm) == ("RAW", "RSASSA_PKCS1_V1_5_SHA_256")
        assert len(Message) <= 4096
        return {"Signature": private_key().sign(Message, padding.PKCS1v15(), hashes.SHA256())}


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "client", lambda _service: Kms())
    signing.public_key.cache_clear()


def jwks() -> dict[str, Any]:
    """As /.well-known/jwks.json answers."""
    key = signing.public_key("any")
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": key.n, "e": key.e}]}
