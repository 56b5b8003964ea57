"""Refresh, logout and the list of sessions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.tokens import claims_of

from flatrender.identity import repository, session_repository
from flatrender.identity.errors import InvalidRefreshToken
from flatrender.identity.schemas import Refresh
from flatrender.identity.service.authentication import refresh as refresh_session
from flatrender.identity.tokens import RefreshToken, parse_refresh_token
from flatrender.kernel import clock
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.tenants.model import TenantItem

from .conftest import Someone

Post = Callable[..., Any]
Invoke = Callable[..., Any]
MakeSomeone = Callable[..., Someone]


def refreshed(post: Post, token: str) -> Any:
    return post("refresh", {"refresh_token": token})


def test_refreshing_gives_new_tokens_of_the_same_session(post: Post, someone: MakeSomeone) -> None:
    ada = someone()
    answer = refreshed(post, ada.tokens["refresh_token"])
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["refresh_token"] != ada.tokens["refresh_token"]
    _, before = claims_of(ada.tokens["access_token"])
    _, after = claims_of(answer.json["access_token"])
    assert (before["sid"], before["sub"]) == (after["sid"], after["sub"])
    assert before["jti"] != after["jti"]
    assert answer.json["user"]["email"] == "ada@example.com"
    assert answer.json["tenant"]["slug"] == "acme"


def test_a_token_tells_of_changes_after_a_refresh(post: Post, someone: MakeSomeone) -> None:
    ada = someone()
    repository.change(ada.caller.tenant_id, ada.caller.user_id, {"tier": "pro", "is_tenant_admin": True})
    _, claims = claims_of(refreshed(post, ada.tokens["refresh_token"]).json["access_token"])
    assert (claims["tier"], claims["is_tenant_admin"]) == ("pro", True)


def test_using_a_token_again_ends_the_session(
    post: Post, someone: MakeSomeone, authorize: Callable[..., dict[str, Any]]
) -> None:
    ada = someone()
    stolen = ada.tokens["refresh_token"]
    successor = refreshed(post, stolen).json
    assert refreshed(post, stolen).error["code"] == "invalid_refresh_token"
    assert refreshed(post, successor["refresh_token"]).status == 401
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(successor["access_token"])


def test_an_older_generation_ends_the_session_too(post: Post, someone: MakeSomeone) -> None:
    first = someone().tokens["refresh_token"]
    second = refreshed(post, first).json["refresh_token"]
    third = refreshed(post, second).json["refresh_token"]
    assert refreshed(post, first).status == 401
    assert refreshed(post, third).status == 401


def test_of_many_at_once_one_is_answered_and_then_none(someone: MakeSomeone) -> None:
    token = someone().tokens["refresh_token"]

    def attempt(_: int) -> str | None:
        try:
            return refresh_session(Refresh(refresh_token=token)).refresh_token
        except InvalidRefreshToken:
            return None

    with ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = [outcome for outcome in pool.map(attempt, range(8)) if outcome]
    assert len(outcomes) == 1
    with pytest.raises(InvalidRefreshToken):
        refresh_session(Refresh(refresh_token=outcomes[0]))


def test_knowing_a_session_is_not_enough_to_end_it(post: Post, someone: MakeSomeone) -> None:
    ada = someone()
    real = parse_refresh_token(ada.tokens["refresh_token"])
    assert real is not None
    made_up = RefreshToken(real.tenant_id, real.user_id, real.session_id, bytes(24), bytes(24))
    assert refreshed(post, str(made_up)).status == 401
    assert refreshed(post, ada.tokens["refresh_token"]).status == 200


@pytest.mark.parametrize("part", ["tenant_id", "user_id", "session_id"])
def test_a_token_moved_elsewhere_is_worth_nothing(post: Post, someone: MakeSomeone, part: str) -> None:
    from dataclasses import replace

    ada = someone()
    real = parse_refresh_token(ada.tokens["refresh_token"])
    assert real is not None
    assert refreshed(post, str(replace(real, **{part: new_id()}))).status == 401
    assert refreshed(post, str(real)).status == 200


@pytest.mark.parametrize("token", ["x", "A" * 128, "a.b.c"])
def test_nonsense_is_refused(post: Post, token: str) -> None:
    assert refreshed(post, token).status in {400, 401}


def test_an_access_token_refreshes_nothing(post: Post, someone: MakeSomeone) -> None:
    assert refreshed(post, someone().tokens["access_token"]).status == 400


@pytest.mark.parametrize(("seconds", "status"), [(14 * 24 * 3600 - 5, 200), (14 * 24 * 3600, 401)])
def test_a_refresh_token_is_good_for_two_weeks(
    post: Post, someone: MakeSomeone, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    token = someone().tokens["refresh_token"]
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert refreshed(post, token).status == status


@pytest.mark.parametrize(("status", "code"), [("banned", "account_banned"), ("inactive", "account_inactive")])
def test_who_was_banned_gets_no_new_tokens(post: Post, someone: MakeSomeone, status: str, code: str) -> None:
    ada = someone()
    repository.change(ada.caller.tenant_id, ada.caller.user_id, {"status": status})
    answer = refreshed(post, ada.tokens["refresh_token"])
    assert (answer.status, answer.error["code"]) == (403, code)


def test_a_suspended_tenant_gets_no_new_tokens(post: Post, someone: MakeSomeone) -> None:
    ada = someone()
    TenantItem(f"TENANT#{ada.caller.tenant_id}", "TENANT").update([TenantItem.status.set("Suspended")])
    assert refreshed(post, ada.tokens["refresh_token"]).error["code"] == "tenant_suspended"


def test_logging_out_ends_the_session(
    invoke: Invoke, post: Post, someone: MakeSomeone, authorize: Callable[..., dict[str, Any]]
) -> None:
    ada = someone()
    answer = invoke("identity/auth", "POST", "/v1/auth/logout", caller=ada.caller)
    assert (answer.status, answer.body) == (204, "")
    assert refreshed(post, ada.tokens["refresh_token"]).status == 401
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(ada.tokens["access_token"])
    assert invoke("identity/auth", "POST", "/v1/auth/logout", caller=ada.caller).status == 204


def test_sessions_are_listed_with_their_devices(invoke: Invoke, someone: MakeSomeone, login: Post) -> None:
    ada = someone(device_id="browser-1", device_name="Firefox on Linux")
    login(device_name="Phone")
    answer = invoke("identity/auth", "GET", "/v1/auth/sessions", caller=ada.caller)
    assert answer.status == 200
    current = [session for session in answer.json["sessions"] if session["is_current"]]
    assert len(answer.json["sessions"]) == 2
    [mine] = current
    assert set(mine) == {
        "id",
        "device_name",
        "user_agent",
        "ip_address",
        "issued_at",
        "last_used_at",
        "is_current",
    }
    assert mine["id"] == ada.caller.session_id
    assert mine["device_name"] == "Firefox on Linux"
    assert (mine["user_agent"], mine["ip_address"]) == ("pytest", "192.0.2.7")


def test_another_session_can_be_ended(invoke: Invoke, post: Post, someone: MakeSomeone, login: Post) -> None:
    ada = someone()
    phone = login(device_name="Phone")
    _, claims = claims_of(phone["access_token"])
    path = f"/v1/auth/sessions/{claims['sid']}"
    assert invoke("identity/auth", "DELETE", path, caller=ada.caller).status == 204
    assert refreshed(post, phone["refresh_token"]).status == 401
    listed = invoke("identity/auth", "GET", "/v1/auth/sessions", caller=ada.caller).json["sessions"]
    assert [session["id"] for session in listed] == [ada.caller.session_id]
    again = invoke("identity/auth", "DELETE", path, caller=ada.caller)
    assert (again.status, again.error["code"]) == (404, "session_not_found")


def test_nobody_ends_a_strangers_session(invoke: Invoke, post: Post, someone: MakeSomeone) -> None:
    ada, bob = someone(), someone("bob@example.com")
    path = f"/v1/auth/sessions/{ada.caller.session_id}"
    assert invoke("identity/auth", "DELETE", path, caller=bob.caller).status == 404
    elsewhere = Caller(**ada.caller.model_dump() | {"tenant_id": new_id()})
    assert invoke("identity/auth", "DELETE", path, caller=elsewhere).status == 404
    assert invoke("identity/auth", "GET", "/v1/auth/sessions", caller=elsewhere).json == {"sessions": []}
    assert refreshed(post, ada.tokens["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/auth/logout"), ("GET", "/v1/auth/sessions"), ("DELETE", f"/v1/auth/sessions/{SYSTEM_TENANT_ID}")],
)
def test_sessions_need_a_token(invoke: Invoke, method: str, path: str) -> None:
    answer = invoke("identity/auth", method, path)
    assert (answer.status, answer.error["code"]) == (401, "unauthenticated")


def test_a_session_id_is_a_uuid(invoke: Invoke, caller: Callable[..., Caller]) -> None:
    answer = invoke("identity/auth", "DELETE", "/v1/auth/sessions/abc", caller=caller())
    assert answer.status == 400


def test_logging_in_once_too_often_ends_the_longest_unused_session(
    post: Post, someone: MakeSomeone, login: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_repository, "MAX_SESSIONS", 3)
    first = someone().tokens["refresh_token"]
    others = [login()["refresh_token"] for _ in range(2)]
    used = refreshed(post, first).json["refresh_token"]
    newest = login()["refresh_token"]
    assert refreshed(post, others[0]).status == 401
    assert [refreshed(post, token).status for token in (used, others[1], newest)] == [200, 200, 200]
