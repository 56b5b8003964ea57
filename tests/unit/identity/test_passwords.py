"""Passwords: hashed whole, compared in the same time, weak ones refused."""

import pytest

from flatrender.identity import passwords
from flatrender.identity.errors import WeakPassword


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BCRYPT_COST", "4")


def test_a_password_matches_its_own_hash_only() -> None:
    kept = passwords.digest("violet harbour")
    assert passwords.matches("violet harbour", kept)
    assert not passwords.matches("violet harbor", kept)
    assert kept != passwords.digest("violet harbour"), "each hash has its own salt"


@pytest.mark.parametrize("prefix", ["x" * 72, "\u0633" * 64, "a\x00b"])
def test_every_character_counts(prefix: str) -> None:
    kept = passwords.digest(prefix + "1")
    assert passwords.matches(prefix + "1", kept)
    assert not passwords.matches(prefix + "2", kept)


def test_nothing_matches_where_nothing_is_kept() -> None:
    assert not passwords.matches("violet harbour", None)
    assert not passwords.matches("", None)


@pytest.mark.parametrize(("cost", "prefix"), [("4", "$2b$04$"), ("6", "$2b$06$")])
def test_the_cost_can_be_set(monkeypatch: pytest.MonkeyPatch, cost: str, prefix: str) -> None:
    monkeypatch.setenv("BCRYPT_COST", cost)
    assert passwords.digest("x").startswith(prefix)


def test_deployments_hash_at_cost_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BCRYPT_COST")
    assert passwords.digest("x").startswith("$2b$12$")


def test_the_common_ones_are_many_and_long_enough() -> None:
    common = passwords._common()
    assert len(common) > 5000
    assert all(len(password) >= 8 and password == password.lower() for password in common)


@pytest.mark.parametrize("password", ["violet harbour", "correct horse battery staple", "Kx9$mQ2v", "سلام دنیای زیبا"])
def test_good_passwords_pass(password: str) -> None:
    passwords.check_strength(password, ["ada@example.com", "Ada Lovelace"])


@pytest.mark.parametrize(
    "password", ["iloveyou1", "ILOVEYOU1", "12345678", "aaaaaaaaa", "Ada Lovelace", "ada@example.com"]
)
def test_bad_ones_do_not(password: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.check_strength(password, ["ada@example.com", "Ada Lovelace"])
