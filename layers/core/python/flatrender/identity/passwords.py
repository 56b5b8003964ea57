"""Passwords: which are refused, how they are kept, how they are checked."""

import base64
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flatrender.identity.errors import WeakPassword
from flatrender.kernel.faults import Fault

DEFAULT_COST = 12
_PURPOSE = b"flatrender/password/v1"
_DECOY = "abcdefghijklmnopqrstuu" + "a" * 31
"""Salt and digest of a hash that no password has."""


def check_strength(password: str, others: Sequence[str | None]) -> None:
    """Raises WeakPassword: it is among the most common ones, a repetition, or made of `others` (name, address)."""
    plain = _normalized(password).lower()
    if plain in _common():
        raise WeakPassword(faults=[_fault("common_password", "This is one of the passwords that are tried first.")])
    if len(set(plain)) < 4:
        raise WeakPassword(faults=[_fault("repetitive_password", "Use at least four different characters.")])
    known = {part for other in others if other for part in (other.lower(), *other.lower().split("@")) if len(part) > 3}
    if plain in known:
        raise WeakPassword(faults=[_fault("personal_password", "This is your own name or address.")])


def digest(password: str) -> str:
    import bcrypt

    return bcrypt.hashpw(_prehash(password), bcrypt.gensalt(_cost())).decode()


def matches(password: str, kept: str | None) -> bool:
    """Whether the password is the one that was kept; takes as long when nothing was kept."""
    import bcrypt

    candidate = kept or f"$2b${_cost():02d}${_DECOY}"
    return bcrypt.checkpw(_prehash(password), candidate.encode()) and kept is not None


def _prehash(password: str) -> bytes:
    """44 bytes of any password: bcrypt reads no more than 72, and stops at a zero byte.

    It is keyed, so that a plain SHA-256 of the password leaked elsewhere cannot be tried here in its place.
    """
    return base64.b64encode(hmac.digest(_PURPOSE, _normalized(password).encode(), hashlib.sha256))


def _normalized(password: str) -> str:
    """Keyboards differ in how they compose the same character."""
    return unicodedata.normalize("NFKC", password)


def _cost() -> int:
    """BCRYPT_COST is there for tests; deployments leave it alone."""
    return int(os.environ.get("BCRYPT_COST", DEFAULT_COST))


@cache
def _common() -> frozenset[str]:
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def _fault(code: str, message: str) -> Fault:
    return Fault(pointer="/body/password", code=code, message=message)
