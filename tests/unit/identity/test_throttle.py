"""Who has to wait after how many failed logins."""

import pytest

from flatrender.identity.throttle import FREE_ATTEMPTS, FREE_ATTEMPTS_OF_ALL, KEPT_SECONDS, Failures, visitor_at

NOW = 1_900_000_000


def failed(failures: Failures, times: int, visitor: str = "a", now: int = NOW) -> Failures:
    for _ in range(times):
        failures = failures.counted(visitor, now)
    return failures


def test_a_visitor_waits_and_the_others_do_not() -> None:
    failures = failed(Failures(), FREE_ATTEMPTS)
    assert failures.wait("a", NOW) == 30
    assert failures.wait("a", NOW + 30) == 0
    assert failures.wait("b", NOW) == 0


def test_many_visitors_together_make_all_wait() -> None:
    failures = Failures()
    for number in range(FREE_ATTEMPTS_OF_ALL):
        assert failures.wait("owner", NOW) == 0
        failures = failed(failures, 1, f"visitor {number // 4}")
    assert failures.wait("owner", NOW) == 30
    assert failed(failures, 10, "another").wait("owner", NOW) == 900


@pytest.mark.parametrize("days", [1, 10])
def test_one_visitor_who_never_stops_makes_nobody_else_wait(days: int) -> None:
    failures, now, tried = Failures(), NOW, 0
    while now < NOW + days * KEPT_SECONDS:
        now += failures.wait("a", now)
        assert failures.wait("owner", now) == 0
        failures, tried = failures.counted("a", now), tried + 1
    assert 90 * days < tried < 110 * days


def test_visitors_are_forgotten_after_a_day() -> None:
    failures = failed(Failures(), FREE_ATTEMPTS)
    after = failures.counted("b", NOW + KEPT_SECONDS)
    assert set(after.visitors) == {"b"}
    assert after.total == 1


def test_who_knows_the_password_clears_only_themselves() -> None:
    failures = failed(failed(Failures(), FREE_ATTEMPTS, "stranger"), 2, "owner")
    after = failures.forgiven("owner")
    assert set(after.visitors) == {"stranger"}
    assert after.total == FREE_ATTEMPTS
    assert after.wait("stranger", NOW) == 30


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_visitor_is_what_a_provider_gives_to_one_customer(address: str | None, visitor: str) -> None:
    assert visitor_at(address) == visitor
