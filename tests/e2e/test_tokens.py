"""Tokens that are no good are refused on every protected endpoint, with 401 and before anything is looked up."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support import tokens
from tests.support.people import User
from tests.support.routes import Route, routes
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.api import ApiError

PROTECTED = [route for route in routes() if not route.public]
PUBLIC = [route for route in routes() if route.public]


@pytest.fixture(scope="module")
def bad_tokens(stack: Stack, make_user: Callable[..., User]) -> dict[str, str]:
    """What is wrong, and a token with just that wrong. Those of the real key only an operator can make."""
    user, other = make_user(), make_user()
    header, payload = tokens.claims_of(user.account.access_token)
    _, theirs = tokens.claims_of(other.account.access_token)
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "expired": {"iat": now - 7200, "exp": now - 3600},
        "from another issuer": {"iss": "https://elsewhere.example"},
        "for another audience": {"aud": "elsewhere"},
        "another tenant's": {"tenant_id": str(uuid4())},
        "of a session that is another user's": {"sid": theirs["sid"]},
        "of no session": {"sid": str(uuid4())},
        "issued in the future": {"iat": now + 7200, "exp": now + 9000},
    }
    kms, key = stack.client("kms"), stack.resources["SigningKey"]
    real = {name: tokens.kms_signed(kms, key, header, {**payload, **claims}) for name, claims in wrong.items()}
    endless = {name: value for name, value in payload.items() if name != "exp"}
    real["without an end"] = tokens.kms_signed(kms, key, header, endless)
    assert status(user, PROTECTED[0], tokens.kms_signed(kms, key, header, payload)) != 401, "the key is the right one"
    return tokens.forged(user.account.access_token) | real


def status(user: User, route: Route, token: str | None) -> int:
    return answer(user.api.url, route, token).status_code


def answer(url: str, route: Route, token: str | None) -> httpx.Response:
    headers = {"idempotency-key": str(uuid4())}
    if token is not None:
        headers["authorization"] = f"Bearer {token}".strip()
    body = {"json": {}} if route.takes_body else {}
    path = route.filled({name: str(uuid4()) for name in route.ids})
    return httpx.request(route.method, url + path, headers=headers, timeout=30, **body)


@pytest.mark.parametrize("route", PROTECTED, ids=str)
def test_bad_tokens_get_401(stack: Stack, bad_tokens: dict[str, str], route: Route) -> None:
    with ThreadPoolExecutor(4) as pool:
        codes = pool.map(lambda token: answer(stack.addresses.api, route, token).status_code, bad_tokens.values())
        found = dict(zip(bad_tokens, codes, strict=True))
    assert {name: code for name, code in found.items() if code != 401} == {}


@pytest.mark.parametrize("route", PROTECTED, ids=str)
def test_no_token_gets_401_in_our_envelope(stack: Stack, route: Route) -> None:
    refused = answer(stack.addresses.api, route, None)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "unauthenticated"


@pytest.mark.parametrize("route", PUBLIC, ids=str)
def test_public_endpoints_want_no_token(stack: Stack, route: Route) -> None:
    headers = {"content-type": "application/json"}
    path = route.filled(dict.fromkeys(route.ids, "demo"))
    found = httpx.request(route.method, stack.addresses.api + path, headers=headers, content=b"{}", timeout=30)
    assert found.status_code not in {401, 403}, found.text


def test_a_token_is_good_until_its_session_ends(make_user: Callable[..., User]) -> None:
    user = make_user()
    token = user.account.access_token
    assert user.api.get("/v1/users/me")["id"] == user.account.user_id
    user.api.post("/v1/auth/logout")
    me = next(route for route in PROTECTED if str(route) == "GET /v1/users/me")
    deadline = time.monotonic() + 35
    while status(user, me, token) != 401:
        assert time.monotonic() < deadline, "the authorizer's cache keeps a dead session for 30 s at most"
        time.sleep(0.5)
    with pytest.raises(ApiError) as refusal:
        user.api.post("/v1/auth/refresh", {"refresh_token": user.account.refresh_token})
    assert refusal.value.status == 401


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(make_user: Callable[..., User]) -> None:
    user = make_user()
    fresh = user.api.post("/v1/auth/refresh", {"refresh_token": user.account.refresh_token})
    user.api.token = fresh["access_token"]
    assert user.api.get("/v1/users/me")["id"] == user.account.user_id
    for stale in (user.account.refresh_token, fresh["refresh_token"]):
        with pytest.raises(ApiError) as refusal:
            user.api.post("/v1/auth/refresh", {"refresh_token": stale})
        assert refusal.value.status == 401


def test_codes_cannot_be_guessed(stack: Stack) -> None:
    """Six digits are few: after some wrong ones the right one does not work either."""
    from flatrender_cli import mailbox
    from flatrender_cli.api import Api

    api = Api(stack.addresses.api)
    try:
        email = journey.fresh_email()
        token = journey.register(api, journey.TENANT, email, f"{uuid4().hex}!")["token"]
        right = mailbox.code_for(str(stack.addresses.mailbox), email)
        seen = set()
        for guess in range(12):
            wrong = f"{(int(right) + guess + 1) % 1_000_000:06d}"
            with pytest.raises(ApiError) as refusal:
                journey.verify(api, token, wrong)
            seen.add(refusal.value.status)
        assert seen == {422, 429}
        with pytest.raises(ApiError):
            journey.verify(api, token, right)
    finally:
        api.close()
