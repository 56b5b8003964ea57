"""GET and PATCH /v1/users/me, and the first administrator."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.events import assert_valid_event, outbox_events

from flatrender.identity.errors import UserNotFound, WeakPassword
from flatrender.identity.service import administrators as service
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.ledger.repository import Owner, account
from flatrender.tenants.schemas import Tenant

from .conftest import Someone

Invoke = Callable[..., Any]
MakeSomeone = Callable[..., Someone]
Post = Callable[..., Any]
ME = "/v1/users/me"


def test_a_profile_has_the_contracts_fields(invoke: Invoke, someone: MakeSomeone) -> None:
    ada = someone()
    answer = invoke("identity/users", "GET", ME, caller=ada.caller)
    assert answer.status == 200
    shown = answer.json
    assert shown["id"] == ada.caller.user_id
    assert shown["tenant_id"] == ada.caller.tenant_id
    assert (shown["email"], shown["email_verified"]) == ("ada@example.com", True)
    assert (shown["phone_number"], shown["phone_verified"]) == (None, False)
    assert (shown["is_admin"], shown["is_tenant_admin"]) == (False, False)
    assert (shown["tier"], shown["parallel_rendering_ceiling"]) == ("free", 2)
    assert shown["register_date"] <= shown["last_active_date"]
    assert not [name for name in shown if "password" in name or "hash" in name]


def test_what_is_sent_changes_and_the_rest_stays(invoke: Invoke, someone: MakeSomeone) -> None:
    ada = someone()
    changes = {
        "full_name": "Ada King",
        "slogan": "سلام دنیا",
        "about_me": "Line one\nLine two",
        "company_name": "Engines Ltd",
        "website_name": "engines.example",
        "birth_date": "1815-12-10",
        "gender": "Female",
        "email_tell_me": True,
    }
    before = invoke("identity/users", "GET", ME, caller=ada.caller).json
    answer = invoke("identity/users", "PATCH", ME, caller=ada.caller, body=changes)
    assert answer.status == 200
    assert answer.json == before | changes
    assert invoke("identity/users", "GET", ME, caller=ada.caller).json == before | changes


def test_null_clears_and_nothing_changes_nothing(invoke: Invoke, someone: MakeSomeone) -> None:
    ada = someone()
    cleared = invoke("identity/users", "PATCH", ME, caller=ada.caller, body={"full_name": None}).json
    assert cleared["full_name"] is None
    assert invoke("identity/users", "PATCH", ME, caller=ada.caller, body={}).json == cleared


@pytest.mark.parametrize(
    "body",
    [
        {"email": "eve@example.com"},
        {"is_admin": True},
        {"tier": "business"},
        {"id": "00000000-0000-4000-8000-000000000002"},
        {"gender": "Robot"},
        {"birth_date": "10.12.1815"},
        {"birth_date": "9999-01-01T00:00:00Z"},
        {"full_name": "x" * 121},
        {"slogan": "two\nlines"},
        {"email_tell_me": "perhaps"},
        {"about_me": 7},
    ],
)
def test_what_cannot_be_changed_is_refused(invoke: Invoke, someone: MakeSomeone, body: dict[str, Any]) -> None:
    ada = someone()
    answer = invoke("identity/users", "PATCH", ME, caller=ada.caller, body=body)
    assert answer.status == 400
    [fault] = answer.error["details"]["faults"]
    assert fault["pointer"] == f"/body/{next(iter(body))}"


def test_a_birthday_lies_in_the_past(invoke: Invoke, someone: MakeSomeone) -> None:
    answer = invoke("identity/users", "PATCH", ME, caller=someone().caller, body={"birth_date": "2999-01-01"})
    assert answer.status == 400


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_who_is_gone_is_a_404(invoke: Invoke, caller: Callable[..., Caller], method: str) -> None:
    body = {"full_name": "Nobody"} if method == "PATCH" else None
    answer = invoke("identity/users", method, ME, caller=caller(), body=body)
    assert (answer.status, answer.error["code"]) == (404, "user_not_found")


def test_another_tenants_token_does_not_find_the_user(invoke: Invoke, someone: MakeSomeone) -> None:
    elsewhere = Caller(**someone().caller.model_dump() | {"tenant_id": new_id()})
    assert invoke("identity/users", "GET", ME, caller=elsewhere).status == 404
    assert invoke("identity/users", "PATCH", ME, caller=elsewhere, body={"slogan": "x"}).status == 404


def test_a_profile_needs_its_scope(invoke: Invoke, caller: Callable[..., Caller]) -> None:
    reader = caller(scopes=frozenset({"profile:read"}))
    answer = invoke("identity/users", "PATCH", ME, caller=reader, body={"slogan": "x"})
    assert (answer.status, answer.error["code"]) == (403, "scope_missing")
    assert invoke("identity/users", "GET", ME).status == 401


def test_the_administrator_can_log_in(tenant: Tenant, login: Post) -> None:
    made = service.create_admin(tenant.id, "root@acme.example", "a long enough secret")
    assert made.created
    user = login("root@acme.example", password="a long enough secret")["user"]
    assert user["id"] == made.user_id
    assert (user["is_admin"], user["is_tenant_admin"], user["email_verified"]) == (True, True, True)
    assert user["tier"] == "business"
    seconds = account(Owner(tenant.id, made.user_id))
    assert seconds is not None
    assert int(seconds.available_seconds) == 36000
    events = outbox_events("flatrender-identity")
    assert [(event["type"], event["sequence"]) for event in events] == [
        ("identity.user.registered.v1", 1),
        ("identity.user.verified.v1", 2),
    ]
    for event in events:
        assert_valid_event(event)


def test_making_the_administrator_again_changes_nothing(tenant: Tenant, login: Post) -> None:
    first = service.create_admin(tenant.id, "root@acme.example", "a long enough secret")
    again = service.create_admin(tenant.id, "ROOT@acme.example", "another long secret")
    assert again == service.Administrator(first.user_id, created=False)
    assert login("root@acme.example", password="a long enough secret")["user"]["id"] == first.user_id
    assert len(outbox_events("flatrender-identity")) == 2


def test_an_administrator_needs_a_good_password_too(tenant: Tenant) -> None:
    with pytest.raises(WeakPassword):
        service.create_admin(tenant.id, "root@acme.example", "password123")


def test_a_new_administrators_password_ends_what_the_old_one_began(tenant: Tenant, login: Post, post: Post) -> None:
    made = service.create_admin(tenant.id, "root@acme.example", "a long enough secret")
    before = login("root@acme.example", password="a long enough secret")
    body = {"tenant_slug": "acme", "email": "root@acme.example"}
    for _ in range(5):
        post("login", body | {"password": "a wrong guess"})
    assert service.reset_admin_password(tenant.id, "root@acme.example", "another long secret").user_id == made.user_id
    assert post("login", body | {"password": "a long enough secret"}).status == 401
    assert post("login", body | {"password": "another long secret"}).status == 200
    assert post("refresh", {"refresh_token": before["refresh_token"]}).status == 401


def test_only_an_administrators_password_can_be_reset(tenant: Tenant, register: Post) -> None:
    register()
    for email in ("ada@example.com", "nobody@example.com"):
        with pytest.raises(UserNotFound):
            service.reset_admin_password(tenant.id, email, "another long secret")
