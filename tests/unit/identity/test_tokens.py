"""Opaque tokens: they come back as they were made, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatrender.identity.tokens import (
    new_code,
    new_refresh_token,
    new_verification_token,
    parse_refresh_token,
    parse_verification_token,
)
from flatrender.kernel.ids import new_id


def test_a_refresh_token_comes_back() -> None:
    token = new_refresh_token(new_id(), new_id(), new_id())
    assert parse_refresh_token(str(token)) == token


def test_a_rotated_token_is_of_the_same_family_with_a_new_secret() -> None:
    token = new_refresh_token(new_id(), new_id(), new_id())
    following = token.rotated()
    assert following.family_hash == token.family_hash
    assert following.secret_hash != token.secret_hash
    assert (following.tenant_id, following.user_id, following.session_id) == (
        token.tenant_id,
        token.user_id,
        token.session_id,
    )


def test_a_verification_token_comes_back() -> None:
    token = new_verification_token(new_id())
    assert parse_verification_token(str(token)) == token


def test_a_codes_hash_depends_on_the_token() -> None:
    one, other = new_verification_token(new_id()), new_verification_token(new_id())
    assert one.code_hash("123456") != other.code_hash("123456")
    assert one.code_hash("123456") != one.code_hash("123457")
    assert one.hash not in str(one)


def test_codes_are_six_digits_and_differ() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 190
    assert all(len(code) == 6 and code.isdigit() for code in codes)


@given(st.text(max_size=200))
def test_what_is_no_token_is_none(text: str) -> None:
    assert parse_verification_token(text) is None
    assert parse_refresh_token(text) is None


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: text + "AAAA", lambda text: "*" + text[1:]])
def test_a_damaged_token_is_none(change: object) -> None:
    assert callable(change)
    assert parse_refresh_token(change(str(new_refresh_token(new_id(), new_id(), new_id())))) is None
