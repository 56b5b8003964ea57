"""Failed logins make their own visitor wait, and neither the owner nor our own faults' victims."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.connection import Connection
from tests.support.dynamodb import record_calls

from flatrender.identity import repository, throttle, tokens
from flatrender.tenants.schemas import Tenant

from .conftest import PASSWORD

Post = Callable[..., Any]
GOOD = {"tenant_slug": "acme", "email": "ada@example.com", "password": PASSWORD}
BAD = GOOD | {"password": "not the password"}
STRANGER = "203.0.113.9"

pytestmark = pytest.mark.usefixtures("signing_key")


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(post: Post, register: Post) -> None:
    register()
    assert [post("login", BAD, address=STRANGER).status for _ in range(6)] == [401] * 5 + [429]
    assert post("login", GOOD).status == 200
    assert post("login", GOOD, address=STRANGER).status == 429, "the owner's login does not give a stranger new tries"


def test_a_made_up_header_makes_no_other_visitor(post: Post, register: Post) -> None:
    register()
    for number in range(5):
        post("login", BAD, headers={"X-Forwarded-For": f"198.51.100.{number}"})
    assert post("login", GOOD).status == 429


def test_many_strangers_together_do_not_guess_on(
    post: Post, register: Post, later: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "FREE_ATTEMPTS_OF_ALL", 12)
    register()
    statuses = [post("login", BAD, address=f"203.0.113.{number // 2}").status for number in range(14)]
    assert statuses == [401] * 12 + [429] * 2
    refused = post("login", GOOD)
    assert (refused.status, refused.error["code"]) == (429, "login_throttled")
    later(30)
    assert post("login", GOOD).status == 200


def test_a_fault_of_ours_is_no_failed_login(post: Post, register: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    sign = tokens.sign

    def broken(_message: bytes) -> bytes:
        raise ClientError({"Error": {"Code": "KMSInternalException"}}, "Sign")

    monkeypatch.setattr(tokens, "sign", broken)
    assert {post("login", GOOD).status for _ in range(7)} == {500}
    monkeypatch.setattr(tokens, "sign", sign)
    assert post("login", GOOD).status == 200


def test_a_login_that_succeeds_leaves_no_failure(post: Post, register: Post, tenant: Tenant) -> None:
    register()
    post("login", BAD)
    assert repository.email_state(tenant.id, GOOD["email"]).failures.total == 1
    post("login", GOOD)
    failures = repository.email_state(tenant.id, GOOD["email"]).failures
    assert (failures.total, failures.visitors) == (0, {})


def test_a_login_is_six_calls(post: Post, register: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    calls = record_calls(monkeypatch)
    assert post("login", GOOD).status == 200
    assert calls == ["GetItem", "Query", "UpdateItem", "UpdateItem", "Query", "TransactWriteItems"]


def test_a_count_whose_answer_was_lost_does_not_count_twice(
    post: Post, register: Post, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore sends the same request again when it got no answer."""
    register()
    update = Connection.update_item

    def twice(*given: Any, **named: Any) -> Any:
        update(*given, **named)
        return update(*given, **named)

    monkeypatch.setattr(Connection, "update_item", twice)
    assert post("login", BAD).status == 401
    assert repository.email_state(tenant.id, GOOD["email"]).failures.total == 1
