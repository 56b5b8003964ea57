"""An address belongs to who can read its mail, not to who registers it first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from pynamodb.exceptions import QueryError
from tests.support.dynamodb import one_call_at_a_time
from tests.support.events import assert_valid_event, outbox_events

from flatrender.identity import repository, session_repository
from flatrender.identity.errors import EmailTaken
from flatrender.identity.schemas import Registration
from flatrender.identity.service.registration import CODE_SECONDS
from flatrender.identity.service.registration import register as register_user
from flatrender.kernel.errors import Unavailable
from flatrender.kernel.plans import FREE
from flatrender.ledger.repository import Owner, account
from flatrender.platform import observe
from flatrender.tenants.schemas import Tenant

from .conftest import PASSWORD, registration

Post = Callable[..., Any]
Mailbox = Callable[[], list[dict[str, str]]]
EMAIL = "ada@example.com"
STRANGERS = "a stranger's password"
GOOD = {"tenant_slug": "acme", "email": EMAIL, "password": PASSWORD}


def test_who_has_the_address_gets_it_from_who_has_not(
    *, post: Post, register: Post, login: Post, code_for: Callable[[str], str], tenant: Tenant, later: Any
) -> None:
    stranger = register(password=STRANGERS)
    later(CODE_SECONDS)
    owner = register()
    assert owner["user_id"] != stranger["user_id"]
    assert repository.user(tenant.id, stranger["user_id"]) is None
    assert post("login", GOOD | {"password": STRANGERS}).status == 401
    assert post("verify/email", {"token": owner["token"], "code": code_for(EMAIL)}).json["email_verified"] is True
    user = login()["user"]
    assert (user["id"], user["email_verified"]) == (owner["user_id"], True)


def test_the_strangers_sessions_and_codes_are_dead(
    *, post: Post, register: Post, login: Post, code_for: Any, authorize: Any, later: Any
) -> None:
    register(password=STRANGERS)
    tokens = login(password=STRANGERS)
    later(CODE_SECONDS - 10)
    token = post("verify/email/resend", GOOD | {"password": STRANGERS}).json["token"]
    code = code_for(EMAIL)
    later(10)
    authorize(tokens["access_token"])
    register()
    assert post("refresh", {"refresh_token": tokens["refresh_token"]}).error["code"] == "invalid_refresh_token"
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(tokens["access_token"])
    assert post("verify/email", {"token": token, "code": code}).error["code"] == "verification_expired"


@pytest.mark.parametrize(
    "broken", [("all_of", QueryError("no answer")), ("revoke", Unavailable())], ids=["not found", "not ended"]
)
def test_sessions_that_cannot_be_ended_do_not_keep_the_owner_out(
    *, post: Post, register: Post, login: Post, code_for: Any, later: Any, monkeypatch: Any, broken: Any
) -> None:
    """Without their user, they cannot be refreshed."""
    register(password=STRANGERS)
    tokens = login(password=STRANGERS)
    later(CODE_SECONDS)
    mailed, said, (step, failure) = [], StringIO(), broken

    def fail(*_given: Any) -> None:
        mailed.append(code_for(EMAIL))
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(session_repository, step, fail)
        patch.setattr(observe.logger().registered_handler, "stream", said)
        owner = register()
    assert mailed == [code_for(EMAIL)], "the code is on its way before anything is ended"
    assert "the sessions of a replaced user could not be ended" in said.getvalue()
    assert post("verify/email", {"token": owner["token"], "code": code_for(EMAIL)}).json["email_verified"] is True
    assert post("refresh", {"refresh_token": tokens["refresh_token"]}).error["code"] == "invalid_refresh_token"


@pytest.fixture
def asks_in_vain(post: Post, code_for: Any, mailbox: Mailbox, tenant: Tenant) -> Callable[[str], None]:
    """The owner asks for another code with their own password, while the account of a stranger has the address."""

    def ask(strangers_id: str) -> None:
        sent = len(mailbox())
        answer = post("verify/email/resend", GOOD)
        assert answer.status == 202
        assert len(mailbox()) == sent
        tried = post("verify/email", {"token": answer.json["token"], "code": code_for(EMAIL)})
        assert tried.error["code"] == "verification_expired"
        user = repository.user(tenant.id, strangers_id)
        assert user is not None
        assert not user.email_verified

    return ask


def test_who_was_replaced_does_not_verify_who_took_the_address(
    register: Post, later: Any, asks_in_vain: Callable[[str], None]
) -> None:
    """The owner is late with the code, does not know that another account has the address, and asks for a new one."""
    register()
    later(CODE_SECONDS)
    stranger = register(password=STRANGERS)
    asks_in_vain(stranger["user_id"])


def test_the_owner_does_not_verify_a_squatter(
    *, post: Post, register: Post, code_for: Any, mailbox: Mailbox, later: Any, asks_in_vain: Callable[[str], None]
) -> None:
    """Nor does the code fit that the squatter asked for: it goes with a token that the owner has not."""
    squatter = register(password=STRANGERS)
    asks_in_vain(squatter["user_id"])

    sent = len(mailbox())
    later(CODE_SECONDS)
    owner = register()
    answer = post("verify/email/resend", GOOD)
    assert len(mailbox()) == sent + 2
    verified = post("verify/email", {"token": answer.json["token"], "code": code_for(EMAIL)})
    assert verified.json == {"user_id": owner["user_id"], "email_verified": True}


def test_the_owner_has_one_grant_of_seconds(register: Post, tenant: Tenant, later: Any) -> None:
    register(password=STRANGERS)
    later(CODE_SECONDS)
    seconds = account(Owner(tenant.id, register()["user_id"]))
    assert seconds is not None
    assert int(seconds.available_seconds) == FREE.seconds_charge
    events = outbox_events("flatrender-identity")
    assert [event["type"] for event in events] == ["identity.user.registered.v1"] * 2
    for event in events:
        assert_valid_event(event)


def test_while_the_code_is_good_the_address_is_taken(post: Post, register: Post, later: Any) -> None:
    register(password=STRANGERS)
    later(CODE_SECONDS - 2)
    answer = post("register", registration())
    assert (answer.status, answer.error["code"]) == (409, "email_taken")


def test_a_verified_address_stays_its_owners(
    post: Post, register: Post, code_for: Any, login: Post, later: Any
) -> None:
    made = register()
    assert post("verify/email", {"token": made["token"], "code": code_for(EMAIL)}).status == 200
    later(30 * 24 * 3600)
    assert post("register", registration(password=STRANGERS)).status == 409
    assert login()["user"]["id"] == made["user_id"]


def test_nobody_sheds_a_ban_by_registering_again(post: Post, register: Post, tenant: Tenant, later: Any) -> None:
    made = register()
    repository.change(tenant.id, made["user_id"], {"status": "banned"})
    later(CODE_SECONDS)
    assert post("register", registration()).status == 409


def test_verifying_and_registering_again_cannot_both_succeed(
    *, post: Post, register: Post, code_for: Any, tenant: Tenant, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is typed after the claim was found to be unproven, and before it is replaced."""
    made = register()
    later(CODE_SECONDS - 1)
    sent = post("verify/email/resend", GOOD).json["token"]
    body = {"token": sent, "code": code_for(EMAIL)}
    later(1)
    read, asked = repository.user, []

    def verified_after(tenant_id: str, user_id: str) -> Any:
        found = read(tenant_id, user_id)
        if not asked:
            asked.append(user_id)
            assert post("verify/email", body).status == 200
        return found

    monkeypatch.setattr(repository, "user", verified_after)
    with pytest.raises(EmailTaken):
        register_user(Registration(**registration(password=STRANGERS)))
    user = read(tenant.id, made["user_id"])
    assert user is not None
    assert user.email_verified


def test_one_of_many_at_once_replaces_the_stranger(
    register: Post, later: Any, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(password=STRANGERS)
    later(CODE_SECONDS)
    one_call_at_a_time(monkeypatch)

    def attempt(number: int) -> bool:
        try:
            register_user(Registration(**registration(full_name=f"Ada {number}")))
        except EmailTaken:
            return False
        return True

    with ThreadPoolExecutor(max_workers=6) as pool:
        assert list(pool.map(attempt, range(6))).count(True) == 1
