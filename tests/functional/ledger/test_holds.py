"""Holds: never more than there is, and each ends exactly once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from flatrender.kernel.ids import new_id
from flatrender.ledger import repository, service
from flatrender.ledger.errors import AlreadyGranted, HoldClosed, HoldExists, InsufficientSeconds
from flatrender.platform import transactions

pytestmark = pytest.mark.usefixtures("aws")

TENANT, USER = new_id(), new_id()


def numbers(tenant: str = TENANT, user: str = USER) -> tuple[int, int]:
    account = repository.account(repository.Owner(tenant, user))
    return (int(account.available_seconds), int(account.held_seconds)) if account else (0, 0)


def granted(seconds: int) -> None:
    assert service.credit(TENANT, USER, seconds, "test", new_id())


def reserved(seconds: int) -> str:
    job = new_id()
    transactions.commit(service.reserve(TENANT, USER, job, seconds))
    return job


def test_a_hold_moves_seconds_aside() -> None:
    granted(100)
    reserved(30)
    assert numbers() == (70, 30)


def test_settling_spends_what_was_used_and_gives_the_rest_back() -> None:
    granted(100)
    job = reserved(30)
    transactions.commit(service.settle(TENANT, USER, job, 12))
    assert numbers() == (88, 0)


def test_settling_never_takes_more_than_was_held() -> None:
    granted(100)
    job = reserved(30)
    transactions.commit(service.settle(TENANT, USER, job, 31))
    assert numbers() == (70, 0)


def test_releasing_gives_everything_back() -> None:
    granted(100)
    job = reserved(30)
    transactions.commit(service.release(TENANT, USER, job))
    assert numbers() == (100, 0)


def test_a_job_that_costs_nothing_can_be_held_and_settled() -> None:
    granted(1)
    job = reserved(0)
    transactions.commit(service.settle(TENANT, USER, job, 0))
    assert numbers() == (1, 0)


def test_too_few_seconds_are_refused_and_nothing_changes() -> None:
    granted(10)
    job = new_id()
    with pytest.raises(InsufficientSeconds) as refusal:
        transactions.commit(service.reserve(TENANT, USER, job, 11))
    assert refusal.value.status == 402
    assert refusal.value.details == {"needed_seconds": 11}
    assert numbers() == (10, 0)
    assert repository.held_seconds(repository.Owner(TENANT, USER), job) == 0


def test_who_has_no_account_has_nothing_to_hold() -> None:
    with pytest.raises(InsufficientSeconds):
        transactions.commit(service.reserve(TENANT, new_id(), new_id(), 1))


def test_a_job_is_held_once() -> None:
    granted(100)
    job = reserved(10)
    with pytest.raises(HoldExists):
        transactions.commit(service.reserve(TENANT, USER, job, 10))
    assert numbers() == (90, 10)


@pytest.mark.parametrize("first", ["settle", "release"])
@pytest.mark.parametrize("second", ["settle", "release"])
def test_a_hold_ends_once(first: str, second: str) -> None:
    granted(100)
    job = reserved(10)
    ends = {
        "settle": lambda: service.settle(TENANT, USER, job, 4),
        "release": lambda: service.release(TENANT, USER, job),
    }
    transactions.commit(ends[first]())
    after = numbers()
    with pytest.raises(HoldClosed):
        transactions.commit(ends[second]())
    assert numbers() == after


def test_operations_made_before_the_hold_ended_are_refused_after_it() -> None:
    granted(100)
    job = reserved(10)
    late = service.release(TENANT, USER, job)
    transactions.commit(service.settle(TENANT, USER, job, 10))
    with pytest.raises(HoldClosed):
        transactions.commit(late)
    assert numbers() == (90, 0)


def test_what_was_never_held_cannot_end() -> None:
    granted(100)
    with pytest.raises(HoldClosed):
        transactions.commit(service.release(TENANT, USER, new_id()))
    with pytest.raises(HoldClosed):
        transactions.commit(service.settle(TENANT, USER, new_id(), 5))
    assert numbers() == (100, 0)


def test_another_tenants_hold_is_out_of_reach() -> None:
    granted(100)
    job = reserved(10)
    with pytest.raises(HoldClosed):
        transactions.commit(service.release(new_id(), USER, job))
    assert numbers() == (90, 10)


def test_a_grant_counts_once_per_key() -> None:
    assert service.credit(TENANT, USER, 50, "plan", "free-plan")
    assert not service.credit(TENANT, USER, 50, "plan", "free-plan")
    with pytest.raises(AlreadyGranted):
        transactions.commit(service.grant(TENANT, USER, 50, "plan", "free-plan"))
    assert numbers() == (50, 0)


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_grant_adds_something(seconds: int) -> None:
    with pytest.raises(ValueError, match="cannot grant"):
        service.grant(TENANT, USER, seconds, "nothing", "key")


def test_negative_amounts_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="cannot reserve"):
        service.reserve(TENANT, USER, new_id(), -1)
    with pytest.raises(ValueError, match="cannot settle"):
        service.settle(TENANT, USER, new_id(), -1)


def test_twenty_at_once_on_a_balance_for_seven() -> None:
    """Exactly seven get through, and the balance ends at what seven leave."""
    granted(7 * 10 + 9)

    def attempt(_: int) -> bool:
        try:
            transactions.commit(service.reserve(TENANT, USER, new_id(), 10))
        except InsufficientSeconds:
            return False
        return True

    with ThreadPoolExecutor(max_workers=20) as pool:
        outcomes = list(pool.map(attempt, range(20)))
    assert outcomes.count(True) == 7
    assert numbers() == (9, 70)


def test_ten_ways_to_end_one_hold_at_once() -> None:
    granted(100)
    job = reserved(40)

    def end(index: int) -> bool:
        operations = service.settle(TENANT, USER, job, 25) if index % 2 else service.release(TENANT, USER, job)
        try:
            transactions.commit(operations)
        except HoldClosed:
            return False
        return True

    with ThreadPoolExecutor(max_workers=10) as pool:
        outcomes = list(pool.map(end, range(10)))
    assert outcomes.count(True) == 1
    assert numbers() in {(75, 0), (100, 0)}
