"""Tokens that are no good do not open a socket: the handshake is refused with 401, as API Gateway refuses requests."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from tests.support import tokens
from tests.support.people import User
from tests.support.stack import Stack
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


@pytest.fixture(scope="module")
def holder(make_user: Callable[..., User]) -> User:
    return make_user()


def refusal(user: User, token: str | None) -> int | None:
    """The status with which the handshake is refused; None when it is not."""
    shown = "" if token is None else f"&token={token}"
    try:
        with connect(f"{user.endpoints.socket}?v=1{shown}", open_timeout=30, legacy=True):
            return None
    except InvalidStatus as refused:
        return refused.response.status_code


def test_a_good_token_opens_the_socket(holder: User) -> None:
    assert refusal(holder, holder.account.access_token) is None


def test_no_token_is_refused(holder: User) -> None:
    assert refusal(holder, None) == 401


def test_forged_tokens_are_refused(holder: User) -> None:
    bad = tokens.forged(holder.account.access_token)
    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(bad, pool.map(lambda token: refusal(holder, token), bad.values()), strict=True))
    assert {name: status for name, status in found.items() if status != 401} == {}


def test_expired_and_ended_ones_of_the_real_key_are_refused(stack: Stack, holder: User) -> None:
    header, payload = tokens.claims_of(holder.account.access_token)
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "expired": {"iat": now - 7200, "exp": now - 3600},
        "another tenant's": {"tenant_id": str(uuid4())},
        "of no session": {"sid": str(uuid4())},
    }
    kms, key = stack.client("kms"), stack.resources["SigningKey"]
    found = {
        name: refusal(holder, tokens.kms_signed(kms, key, header, {**payload, **claims}))
        for name, claims in wrong.items()
    }
    assert found == dict.fromkeys(wrong, 401)
    assert refusal(holder, tokens.kms_signed(kms, key, header, payload)) is None, "the key is the right one"


def test_saying_no_is_no_crash(holder: User) -> None:
    """A refusal leaves the authorizer as it is: who comes next does not wait for a cold start."""
    good = holder.account.access_token
    refusal(holder, good)
    waits = []
    for _ in range(5):
        assert refusal(holder, "forged") == 401
        began = time.monotonic()
        assert refusal(holder, good) is None
        waits.append(time.monotonic() - began)
    usual = []
    for _ in range(5):
        began = time.monotonic()
        refusal(holder, good)
        usual.append(time.monotonic() - began)
    assert min(waits) < 4 * min(usual), (waits, usual)
