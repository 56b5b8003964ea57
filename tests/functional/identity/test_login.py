"""POST /v1/auth/login."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.tokens import claims_of

from flatrender.identity import passwords, repository
from flatrender.identity.errors import InvalidCredentials, LoginThrottled
from flatrender.identity.keys import public_jwk
from flatrender.identity.model import UserItem
from flatrender.identity.schemas import Login
from flatrender.identity.service.authentication import login as log_in
from flatrender.kernel import clock
from flatrender.kernel.client import Client
from flatrender.kernel.scopes import USER_SCOPES
from flatrender.tenants.model import TenantItem
from flatrender.tenants.schemas import Tenant

from .conftest import PASSWORD

Post = Callable[..., Any]
GOOD = {"tenant_slug": "acme", "email": "ada@example.com", "password": PASSWORD}
BAD = GOOD | {"password": "not the password"}

pytestmark = pytest.mark.usefixtures("signing_key")


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(microsecond=0)

    def forward(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(clock, "now", lambda: stopped.moment)
    return stopped


def test_tokens_user_and_tenant_come_back(login: Post, register: Post, tenant: Tenant) -> None:
    made = register()
    tokens = login()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user", "tenant"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["user"]["id"] == made["user_id"]
    assert tokens["user"]["email_verified"] is False
    assert tokens["tenant"] == tenant.model_dump(mode="json")


def test_the_access_token_says_who_it_is(login: Post, register: Post, tenant: Tenant, time: Clock) -> None:
    made = register()
    header, claims = claims_of(login()["access_token"])
    assert header == {"alg": "RS256", "kid": public_jwk().kid, "typ": "JWT"}
    session, token_id = claims.pop("sid"), claims.pop("jti")
    assert session != token_id
    now = int(time.moment.timestamp())
    assert claims == {
        "iss": "https://api.flatrender.test",
        "aud": "flatrender",
        "sub": made["user_id"],
        "tenant_id": tenant.id,
        "scopes": USER_SCOPES,
        "tier": "free",
        "email_verified": False,
        "is_admin": False,
        "is_tenant_admin": False,
        "iat": now,
        "exp": now + 3600,
    }


def test_tokens_are_not_to_be_cached(post: Post, register: Post) -> None:
    register()
    assert post("login", GOOD).headers["cache-control"] == "no-store"


def test_the_address_is_found_in_any_case(login: Post, register: Post) -> None:
    register()
    assert login("ADA@EXAMPLE.COM")["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize("body", [BAD, GOOD | {"email": "nobody@example.com"}])
def test_a_wrong_password_and_an_unknown_address_are_the_same(post: Post, register: Post, body: dict[str, str]) -> None:
    register()
    answer = post("login", body)
    assert answer.status == 401
    assert answer.error["code"] == "invalid_credentials"
    assert answer.error["message"] == InvalidCredentials.message
    assert answer.error["details"] == {}


def test_an_unknown_address_costs_a_whole_hash(post: Post, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    import bcrypt

    checked: list[bytes] = []
    plain = bcrypt.checkpw

    def counted(password: bytes, kept: bytes) -> bool:
        checked.append(kept)
        return plain(password, kept)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    post("login", GOOD)
    [kept] = checked
    assert kept.startswith(b"$2b$04$")


def test_a_long_password_counts_to_its_end(post: Post, register: Post) -> None:
    long = "violet harbour seven " * 6
    register(password=long[:-1] + "!")
    assert post("login", GOOD | {"password": long[:-1] + "?"}).status == 401
    assert post("login", GOOD | {"password": long[:-1] + "!"}).status == 200


def test_a_password_is_the_same_on_every_keyboard(post: Post, register: Post) -> None:
    register(password="caf\u00e9 au lait")
    assert post("login", GOOD | {"password": "cafe\u0301 au lait"}).status == 200


def test_five_failures_make_an_account_wait(post: Post, register: Post, time: Clock) -> None:
    register()
    assert [post("login", BAD).status for _ in range(5)] == [401] * 5
    answer = post("login", GOOD)
    assert (answer.status, answer.error["code"]) == (429, "login_throttled")
    assert answer.headers["retry-after"] == "30"
    time.forward(29)
    assert post("login", GOOD).status == 429
    time.forward(1)
    assert post("login", GOOD).status == 200


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(post: Post, register: Post, time: Clock) -> None:
    register()
    for _ in range(5):
        post("login", BAD)
    waits = []
    for _ in range(7):
        wait = post("login", BAD).error["details"]["retry_after_seconds"]
        waits.append(wait)
        time.forward(wait)
        assert post("login", BAD).status == 401
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_success_forgets_the_failures(post: Post, register: Post) -> None:
    register()
    for _ in range(3):
        assert [post("login", BAD).status for _ in range(4)] == [401] * 4
        assert post("login", GOOD).status == 200


def test_failures_are_forgotten_after_a_day(post: Post, register: Post, time: Clock) -> None:
    register()
    assert [post("login", BAD).status for _ in range(5)] == [401] * 5
    time.forward(24 * 3600)
    assert [post("login", BAD).status for _ in range(5)] == [401] * 5
    assert post("login", GOOD).status == 429


def test_an_unknown_address_is_throttled_alike(post: Post, tenant: Tenant) -> None:
    body = BAD | {"email": "nobody@example.com"}
    assert [post("login", body).status for _ in range(6)] == [401] * 5 + [429]


def test_one_account_does_not_make_another_wait(post: Post, register: Post) -> None:
    register()
    register(email="bob@example.com")
    for _ in range(6):
        post("login", BAD)
    assert post("login", GOOD | {"email": "bob@example.com"}).status == 200


def test_many_guesses_at_once_are_no_more_than_five(register: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    looked_at: list[str] = []

    def look(password: str, _kept: str | None) -> bool:
        looked_at.append(password)
        return False

    monkeypatch.setattr(passwords, "matches", look)

    def guess(number: int) -> bool:
        try:
            log_in(Login(**GOOD | {"password": f"guess {number}"}), Client())
        except LoginThrottled:
            return False
        except InvalidCredentials:
            return True
        raise AssertionError("a guess was right")

    with ThreadPoolExecutor(max_workers=12) as pool:
        outcomes = list(pool.map(guess, range(36)))
    assert outcomes.count(True) == len(looked_at) <= 5


def test_two_logins_of_one_user_at_once_both_succeed(post: Post, register: Post, refuse_updates: Any) -> None:
    """The one's count of attempts meets the other's transaction."""
    register()
    refused = refuse_updates(3)
    assert post("login", GOOD).status == 200
    assert len(refused) == 3


def test_an_item_that_is_never_free_is_no_fault_of_the_callers(post: Post, register: Post, refuse_updates: Any) -> None:
    token = register()["token"]
    refuse_updates(1000)
    for answer in (post("login", GOOD), post("verify/email", {"token": token, "code": "123456"})):
        assert (answer.status, answer.error["code"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("status", "code"), [("banned", "account_banned"), ("inactive", "account_inactive"), ("other", "account_inactive")]
)
def test_a_closed_account_shows_only_to_its_owner(
    post: Post, register: Post, tenant: Tenant, status: str, code: str
) -> None:
    made = register()
    repository.change(tenant.id, made["user_id"], {"status": status})
    assert post("login", BAD).error["code"] == "invalid_credentials"
    answer = post("login", GOOD)
    assert (answer.status, answer.error["code"]) == (403, code)


@pytest.mark.parametrize("status", ["Suspended", "Cancelled"])
def test_nobody_enters_a_closed_tenant(post: Post, register: Post, tenant: Tenant, status: str) -> None:
    register()
    for pk in (f"TENANT#{tenant.id}", "SLUG#acme"):
        TenantItem(pk, "TENANT").update([TenantItem.status.set(status)])
    answer = post("login", GOOD)
    assert (answer.status, answer.error["code"]) == (403, "tenant_suspended")


def test_a_user_who_is_gone_cannot_log_in(post: Post, register: Post, tenant: Tenant) -> None:
    made = register()
    UserItem(f"TENANT#{tenant.id}#USER#{made['user_id']}", "PROFILE").delete()
    assert post("login", GOOD).error["code"] == "invalid_credentials"


def test_another_tenants_slug_does_not_open_the_door(post: Post, register: Post) -> None:
    from flatrender.kernel.ids import new_id
    from flatrender.tenants import service as tenants

    register()
    tenants.create(tenant_id=new_id(), slug="other", name="Other", contact_email="a@other.example")
    assert post("login", GOOD | {"tenant_slug": "other"}).status == 401
    assert post("login", GOOD | {"tenant_slug": "nobody"}).status == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"password": ""}, "/body/password"),
        ({"password": ["x"]}, "/body/password"),
        ({"password": "x" * 129}, "/body/password"),
        ({"device_name": "a\tb"}, "/body/device_name"),
        ({"remember": True}, "/body/remember"),
    ],
)
def test_faults_are_named(post: Post, changes: dict[str, Any], pointer: str) -> None:
    answer = post("login", GOOD | changes)
    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.error["details"]["faults"]] == [pointer]
