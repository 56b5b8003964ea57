"""The public key's numbers, read without a cryptography library."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from flatrender.identity.keys import base64url, rsa_numbers


def der_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


@pytest.mark.parametrize(("bits", "exponent"), [(1024, 3), (2048, 65537), (3072, 65537)])
def test_numbers_are_those_of_the_key(bits: int, exponent: int) -> None:
    key = rsa.generate_private_key(public_exponent=exponent, key_size=bits)
    modulus, found = rsa_numbers(der_of(key))
    assert int.from_bytes(modulus) == key.public_key().public_numbers().n
    assert int.from_bytes(found) == exponent
    assert len(modulus) == bits // 8, "no leading zero: RFC 7518 wants the fewest bytes"


def test_the_thumbprint_is_that_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7638, section 3.1: the example key and its thumbprint."""
    import base64

    from flatrender.identity import keys
    from flatrender.platform import signing

    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
        "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a"
        "wapJzKnqDKgw"
    )
    modulus = base64.urlsafe_b64decode(n + "=" * (-len(n) % 4))
    monkeypatch.setattr(signing, "rsa_numbers", lambda _: (modulus, b"\x01\x00\x01"))
    monkeypatch.setattr(
        signing, "client", lambda _: type("Kms", (), {"get_public_key": lambda _, **__: {"PublicKey": b""}})()
    )
    keys.public_jwk.cache_clear()
    try:
        key = keys.public_jwk()
    finally:
        keys.public_jwk.cache_clear()
    assert (key.kid, key.n, key.e) == ("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", n, "AQAB")


@pytest.mark.parametrize("cut", [0, 1, 5, 40, 290])
def test_a_key_that_ends_too_early_is_refused(cut: int) -> None:
    der = der_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(ValueError, match="DER"):
        rsa_numbers(der[:cut])


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not an RSA public key"):
        rsa_numbers(der_of(ec.generate_private_key(ec.SECP256R1())))


def test_base64url_has_no_padding() -> None:
    assert base64url(b"\xff\xfe") == "__4"
