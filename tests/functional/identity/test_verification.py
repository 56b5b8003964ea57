"""POST /v1/auth/verify/email and /v1/auth/verify/email/resend."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.dynamodb import record_calls
from tests.support.events import assert_valid_event, outbox_events

from flatrender.identity import repository
from flatrender.identity.tokens import new_verification_token
from flatrender.kernel import clock
from flatrender.kernel.ids import new_id
from flatrender.tenants.schemas import Tenant

from .conftest import PASSWORD

Post = Callable[..., Any]
Code = Callable[[str], str]
Mailbox = Callable[[], list[dict[str, str]]]
EMAIL = "ada@example.com"
STRANGER = "203.0.113.9"
RESEND = {"tenant_slug": "acme", "email": EMAIL, "password": PASSWORD}
GUESS = RESEND | {"password": "a stranger's guess"}


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed moment, so that no stretch of time ends in mid-test."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 1, 1, 12, 0, 10, tzinfo=UTC))


def test_the_code_verifies_the_address(post: Post, register: Post, code_for: Code, tenant: Tenant) -> None:
    made = register()
    answer = post("verify/email", {"token": made["token"], "code": code_for(EMAIL)})
    assert answer.status == 200
    assert answer.json == {"user_id": made["user_id"], "email_verified": True}
    user = repository.user(tenant.id, made["user_id"])
    assert user is not None
    assert user.email_verified
    registered, verified = outbox_events("flatrender-identity")
    assert_valid_event(verified)
    assert verified["type"] == "identity.user.verified.v1"
    assert verified["data"]["email"] == EMAIL
    assert (registered["sequence"], verified["sequence"]) == (1, 2)


def test_a_code_is_good_once(post: Post, register: Post, code_for: Code) -> None:
    body = {"token": register()["token"], "code": code_for(EMAIL)}
    assert post("verify/email", body).status == 200
    again = post("verify/email", body)
    assert again.status == 422
    assert again.error["code"] == "verification_expired"
    assert len(outbox_events("flatrender-identity")) == 2


def test_five_wrong_codes_end_it(post: Post, register: Post, code_for: Code, tenant: Tenant) -> None:
    made, code = register(), code_for(EMAIL)
    for left in (4, 3, 2, 1):
        answer = post("verify/email", {"token": made["token"], "code": wrong(code)})
        assert answer.status == 422
        assert (answer.error["code"], answer.error["details"]) == ("wrong_code", {"attempts_left": left})
    fifth = post("verify/email", {"token": made["token"], "code": wrong(code)})
    assert (fifth.status, fifth.error["code"]) == (429, "too_many_attempts")
    right = post("verify/email", {"token": made["token"], "code": code})
    assert (right.status, right.error["code"]) == (429, "too_many_attempts")
    user = repository.user(tenant.id, made["user_id"])
    assert user is not None
    assert not user.email_verified


def test_many_guesses_at_once_are_still_five(register: Post, code_for: Code) -> None:
    from flatrender.identity.errors import TooManyAttempts, WrongCode
    from flatrender.identity.schemas import EmailVerification
    from flatrender.identity.service.registration import verify_email

    token, code = register()["token"], code_for(EMAIL)

    def guess(number: int) -> str:
        try:
            verify_email(EmailVerification(token=token, code=f"{(int(code) + number) % 1_000_000:06d}"))
        except WrongCode:
            return "wrong"
        except TooManyAttempts:
            return "refused"
        return "right"

    with ThreadPoolExecutor(max_workers=10) as pool:
        outcomes = list(pool.map(guess, range(1, 31)))
    assert outcomes.count("wrong") == 4
    assert outcomes.count("refused") == 26


def test_a_code_expires_after_a_quarter_of_an_hour(
    post: Post, register: Post, code_for: Code, later: Callable[[int], None]
) -> None:
    body = {"token": register()["token"], "code": code_for(EMAIL)}
    later(15 * 60)
    answer = post("verify/email", body)
    assert (answer.status, answer.error["code"]) == (422, "verification_expired")


def test_a_code_is_good_just_before_that(
    post: Post, register: Post, code_for: Code, later: Callable[[int], None]
) -> None:
    body = {"token": register()["token"], "code": code_for(EMAIL)}
    later(15 * 60 - 1)
    assert post("verify/email", body).status == 200


@pytest.mark.parametrize("token", ["x", "A" * 54, str(new_verification_token(new_id()))], ids=["x", "zero", "new"])
def test_a_made_up_token_is_as_an_expired_one(post: Post, token: str) -> None:
    answer = post("verify/email", {"token": token, "code": "123456"})
    assert (answer.status, answer.error["code"]) == (422, "verification_expired")


def test_a_token_is_bound_to_its_tenant(post: Post, register: Post, code_for: Code) -> None:
    from flatrender.identity.tokens import VerificationToken, parse_verification_token

    token = parse_verification_token(register()["token"])
    assert token is not None
    moved = VerificationToken(new_id(), token.secret)
    answer = post("verify/email", {"token": str(moved), "code": code_for(EMAIL)})
    assert answer.error["code"] == "verification_expired"


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", 123456, None])
def test_a_code_is_six_digits(post: Post, register: Post, code: Any) -> None:
    answer = post("verify/email", {"token": register()["token"], "code": code})
    assert answer.status == 400
    assert answer.error["details"]["faults"][0]["pointer"] == "/body/code"


@pytest.mark.parametrize("typed", ["first", "second"])
def test_a_resent_code_is_good_beside_the_first(post: Post, register: Post, code_for: Code, typed: str) -> None:
    codes = {"first": {"token": register()["token"], "code": code_for(EMAIL)}}
    answer = post("verify/email/resend", RESEND, address=STRANGER)
    assert answer.status == 202
    assert answer.json["expires_in"] == 900
    codes["second"] = {"token": answer.json["token"], "code": code_for(EMAIL)}
    assert post("verify/email", codes.pop(typed)).status == 200
    [other] = codes.values()
    late = post("verify/email", other)
    assert (late.status, late.error["code"]) == (422, "verification_expired")


def test_a_code_fits_only_its_own_token(post: Post, register: Post, code_for: Code) -> None:
    first = code_for(EMAIL) if register() else ""
    token = post("verify/email/resend", RESEND, address=STRANGER).json["token"]
    second = code_for(EMAIL)
    assert first != second
    assert post("verify/email", {"token": token, "code": first}).error["code"] == "wrong_code"


def test_a_stranger_who_asks_uses_up_only_their_own(
    post: Post, register: Post, mailbox: Mailbox, later: Callable[[int], None]
) -> None:
    register()
    statuses = []
    for _ in range(6):
        statuses.append(post("verify/email/resend", GUESS, address=STRANGER).status)
        later(60)
    assert statuses == [202] * 5 + [429]
    assert len(mailbox()) == 1
    assert post("verify/email/resend", RESEND).status == 202
    assert len(mailbox()) == 2


def test_many_places_do_not_fill_a_mailbox(
    post: Post, register: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "CODES_OF_ALL", (4, 86400))
    register()
    answers = [post("verify/email/resend", RESEND, address=f"203.0.113.{number}") for number in range(6)]
    assert [answer.status for answer in answers] == [202] * 4 + [429] * 2
    assert answers[-1].headers["retry-after"] == str(12 * 3600 - 10)
    assert len(mailbox()) == 5


def test_one_visitor_cannot_use_up_what_all_have() -> None:
    most = max(limit for limit, _ in repository.CODES_OF_ONE)
    assert max(seconds for _, seconds in repository.CODES_OF_ONE) == repository.CODES_OF_ALL[1]
    assert most * 2 < repository.CODES_OF_ALL[0]


def test_asking_again_at_once_is_refused(post: Post, register: Post, mailbox: Mailbox) -> None:
    register()
    assert post("verify/email/resend", RESEND).status == 202
    answer = post("verify/email/resend", RESEND)
    assert (answer.status, answer.error["code"]) == (429, "codes_throttled")
    assert answer.headers["retry-after"] == str(answer.error["details"]["retry_after_seconds"]) == "50"
    assert len(mailbox()) == 2


def test_no_more_than_five_an_hour(post: Post, register: Post, mailbox: Mailbox, later: Callable[[int], None]) -> None:
    register()
    statuses = []
    for _ in range(7):
        statuses.append(post("verify/email/resend", RESEND).status)
        later(60)
    assert statuses == [202] * 5 + [429] * 2
    assert len(mailbox()) == 6
    later(3600)
    assert post("verify/email/resend", RESEND).status == 202


def test_resending_does_not_tell_who_has_an_account(
    post: Post, register: Post, code_for: Code, mailbox: Mailbox
) -> None:
    token = register()["token"]
    post("verify/email", {"token": token, "code": code_for(EMAIL)})
    register(email="new@example.com")
    sent = len(mailbox())
    for body in (RESEND, GUESS | {"email": "new@example.com"}, RESEND | {"email": "nobody@example.com"}):
        answer = post("verify/email/resend", body)
        assert answer.status == 202
        assert set(answer.json) == {"token", "expires_in"}
        assert len(answer.json["token"]) == len(token)
        again = post("verify/email/resend", body)
        assert again.status == 429
    assert len(mailbox()) == sent


def test_without_the_password_each_request_costs_the_same(
    post: Post, register: Post, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash, and the same calls: of an account that waits for its code, of a closed one, and of none at all."""
    import bcrypt

    register()
    closed = register(email="closed@example.com")
    repository.change(tenant.id, closed["user_id"], {"status": "banned"})
    calls, plain = record_calls(monkeypatch), bcrypt.checkpw

    def counted(password: bytes, kept: bytes) -> bool:
        calls.append(kept[:7].decode())
        return plain(password, kept)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    for email in (EMAIL, "closed@example.com", "nobody@example.com"):
        calls.clear()
        assert post("verify/email/resend", GUESS | {"email": email}).status == 202
        assert calls == ["GetItem", "TransactWriteItems", "Query", "$2b$04$"]
        calls.clear()
        assert post("verify/email/resend", GUESS | {"email": email}).status == 429
        assert calls == ["GetItem", "TransactWriteItems"]


@pytest.mark.parametrize("given", [{}, {"password": ""}], ids=["none", "empty"])
def test_there_is_no_code_without_a_password(post: Post, register: Post, mailbox: Mailbox, given: Any) -> None:
    register()
    answer = post("verify/email/resend", {"tenant_slug": "acme", "email": EMAIL} | given)
    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.error["details"]["faults"]] == ["/body/password"]
    assert len(mailbox()) == 1
