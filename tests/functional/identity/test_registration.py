"""POST /v1/auth/register."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from tests.support.events import assert_valid_event, outbox_events

from flatrender.identity import repository
from flatrender.identity.errors import EmailTaken
from flatrender.identity.schemas import Registration
from flatrender.identity.service.registration import register as register_user
from flatrender.kernel.ids import SYSTEM_TENANT_ID
from flatrender.kernel.plans import FREE
from flatrender.ledger.repository import Owner, account
from flatrender.platform import mail
from flatrender.tenants import service as tenants
from flatrender.tenants.model import TenantItem
from flatrender.tenants.schemas import Tenant

from .conftest import PASSWORD, registration

Post = Callable[..., Any]


def test_an_account_is_made_with_all_that_belongs_to_it(
    register: Post, tenant: Tenant, mailbox: Callable[[], list[dict[str, str]]]
) -> None:
    made = register()
    assert set(made) == {"user_id", "verification_required", "token"}
    assert made["verification_required"] is True
    user = repository.user(tenant.id, made["user_id"])
    assert user is not None
    assert (user.email, user.full_name, user.tier) == ("ada@example.com", "Ada Lovelace", "free")
    assert not user.email_verified
    assert user.terms_accepted_at
    seconds = account(Owner(tenant.id, made["user_id"]))
    assert seconds is not None
    assert (int(seconds.available_seconds), int(seconds.held_seconds)) == (FREE.seconds_charge, 0)
    [message] = mailbox()
    assert message["to"] == "ada@example.com"
    assert "Acme Video" in message["subject"]


def test_the_event_tells_of_it(register: Post, tenant: Tenant) -> None:
    made = register()
    [event] = outbox_events("flatrender-identity")
    assert_valid_event(event)
    assert event["type"] == "identity.user.registered.v1"
    assert (event["tenant_id"], event["aggregate_id"], event["sequence"]) == (tenant.id, made["user_id"], 1)
    assert event["data"]["email"] == "ada@example.com"


def test_neither_password_nor_code_nor_token_is_kept(
    register: Post, code_for: Callable[[str], str], tenant: Tenant
) -> None:
    import boto3

    made = register()
    kept = str(boto3.client("dynamodb").scan(TableName="flatrender-identity")["Items"])
    assert PASSWORD not in kept
    assert made["token"] not in kept
    assert f"'{code_for('ada@example.com')}'" not in kept


def test_an_address_is_taken_whatever_its_case(post: Post, register: Post) -> None:
    register()
    answer = post("register", registration(email="ADA@Example.com"))
    assert answer.status == 409
    assert answer.error["code"] == "email_taken"


def test_tenants_do_not_share_addresses(post: Post, register: Post) -> None:
    from flatrender.kernel.ids import new_id

    tenants.create(tenant_id=new_id(), slug="other", name="Other", contact_email="a@other.example")
    first = register()
    second = register(tenant_slug="other")
    assert first["user_id"] != second["user_id"]


def test_one_of_many_at_once_gets_the_address(tenant: Tenant) -> None:
    def attempt(number: int) -> bool:
        try:
            register_user(Registration(**registration(full_name=f"Ada {number}")))
        except EmailTaken:
            return False
        return True

    with ThreadPoolExecutor(max_workers=10) as pool:
        outcomes = list(pool.map(attempt, range(10)))
    assert outcomes.count(True) == 1
    assert len(outbox_events("flatrender-identity")) == 1


def test_a_failed_transaction_leaves_nothing(post: Post, register: Post, tenant: Tenant) -> None:
    import boto3

    register()
    before = boto3.client("dynamodb").scan(TableName="flatrender-ledger")["Count"]
    post("register", registration())
    assert boto3.client("dynamodb").scan(TableName="flatrender-ledger")["Count"] == before


def test_mail_that_cannot_be_sent_does_not_undo_the_account(post: Post, tenant: Tenant) -> None:
    refused = ClientError({"Error": {"Code": "MessageRejected", "Message": "no"}}, "SendEmail")
    with patch.object(mail, "send", side_effect=refused):
        answer = post("register", registration())
    assert answer.status == 201
    assert post("register", registration()).status == 409


@pytest.mark.parametrize("status", ["Suspended", "Cancelled"])
def test_a_closed_tenant_takes_nobody_in(post: Post, tenant: Tenant, status: str) -> None:
    for pk in (f"TENANT#{tenant.id}", "SLUG#acme"):
        TenantItem(pk, "TENANT").update([TenantItem.status.set(status)])
    answer = post("register", registration())
    assert answer.status == 403
    assert answer.error["code"] == "tenant_suspended"


def test_nobody_registers_into_the_platforms_own_tenant(post: Post) -> None:
    tenants.create(
        tenant_id=SYSTEM_TENANT_ID, slug="flatrender", name="FlatRender", contact_email="a@b.example", kind="Internal"
    )
    answer = post("register", registration(tenant_slug="flatrender"))
    assert (answer.status, answer.error["code"]) == (403, "registration_closed")
    assert repository.email_state(SYSTEM_TENANT_ID, "ada@example.com").user_id is None


def test_an_unknown_tenant_is_a_404(post: Post) -> None:
    answer = post("register", registration(tenant_slug="nobody"))
    assert answer.status == 404
    assert answer.error["code"] == "tenant_not_found"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("password123", "common_password"),
        ("PassWord123", "common_password"),
        ("qwertyuiop", "common_password"),
        ("abababababab", "repetitive_password"),
        ("ada.lovelace@example.com", "personal_password"),
        ("ada.lovelace", "personal_password"),
        ("Ada Lovelace", "personal_password"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(post: Post, password: str, code: str) -> None:
    answer = post("register", registration(email="ada.lovelace@example.com", password=password))
    assert answer.status == 422
    assert answer.error["code"] == "weak_password"
    [fault] = answer.error["details"]["faults"]
    assert (fault["pointer"], fault["code"]) == ("/body/password", code)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"password": "short"}, "/body/password", "string_too_short"),
        ({"password": "x" * 129}, "/body/password", "string_too_long"),
        ({"password": 12345678}, "/body/password", "string_type"),
        ({"email": "nobody"}, "/body/email", "string_pattern_mismatch"),
        ({"email": "a@b"}, "/body/email", "string_pattern_mismatch"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "/body/email", "string_pattern_mismatch"),
        ({"email": "a" * 250 + "@b.example"}, "/body/email", "string_too_long"),
        ({"email": None}, "/body/email", "string_type"),
        ({"full_name": "Ada\nLovelace"}, "/body/full_name", "value_error"),
        ({"full_name": ""}, "/body/full_name", "string_too_short"),
        ({"full_name": "x" * 121}, "/body/full_name", "string_too_long"),
        ({"accept_terms": False}, "/body/accept_terms", "literal_error"),
        ({"tenant_slug": "no slug"}, "/body/tenant_slug", "string_pattern_mismatch"),
        ({"is_admin": True}, "/body/is_admin", "extra_forbidden"),
    ],
)
def test_each_fault_is_named(post: Post, changes: dict[str, Any], pointer: str, code: str) -> None:
    answer = post("register", registration(**changes))
    assert answer.status == 400
    [fault] = answer.error["details"]["faults"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


def test_all_faults_are_named_at_once(post: Post) -> None:
    answer = post("register", {"email": "x", "password": "y"})
    pointers = {fault["pointer"] for fault in answer.error["details"]["faults"]}
    assert pointers == {"/body/tenant_slug", "/body/email", "/body/password", "/body/accept_terms"}


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "\x00"])
def test_what_is_no_object_is_refused(post: Post, body: str) -> None:
    answer = post("register", body)
    assert answer.status == 400
    assert answer.error["code"] == "invalid_request"


def test_secrets_are_not_repeated_in_errors(post: Post) -> None:
    answer = post("register", registration(password="hunter2"))
    assert "hunter2" not in answer.body


def test_spaces_around_a_password_are_part_of_it(register: Post, post: Post, signing_key: str) -> None:
    register(password="  spacious words  ")
    body = {"tenant_slug": "acme", "email": "ada@example.com"}
    assert post("login", body | {"password": "spacious words"}).status == 401
    assert post("login", body | {"password": "  spacious words  "}).status == 200
