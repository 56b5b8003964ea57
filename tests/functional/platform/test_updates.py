"""A change of one item: its condition, and transactions that have hold of the item at that moment."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.connection import Connection
from pynamodb.exceptions import UpdateError

from flatrender.kernel.errors import Unavailable
from flatrender.ledger.model import AccountItem
from flatrender.platform import updates
from flatrender.platform.transactions import Contended

Refuse = Callable[..., list[str]]
ACTIONS = [AccountItem.available_seconds.set(7)]
THERE = AccountItem.pk.exists()

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def account() -> AccountItem:
    return AccountItem("TENANT#t", "SUMMARY")


@pytest.fixture
def stored(account: AccountItem) -> AccountItem:
    account.update([AccountItem.available_seconds.set(1)])
    return account


def test_the_item_holds_what_was_written(stored: AccountItem) -> None:
    assert updates.apply(stored, ACTIONS, THERE)
    assert int(stored.available_seconds) == 7


def test_a_condition_that_fails_changes_nothing(account: AccountItem) -> None:
    assert not updates.apply(account, ACTIONS, THERE)
    assert AccountItem.count("TENANT#t") == 0


@pytest.mark.parametrize("times", [1, 4])
def test_it_waits_for_a_transaction_to_end(stored: AccountItem, refuse_updates: Refuse, times: int) -> None:
    refused = refuse_updates(times)
    assert updates.apply(stored, ACTIONS, THERE)
    assert len(refused) == times
    assert int(AccountItem.get("TENANT#t", "SUMMARY").available_seconds) == 7


def test_it_does_not_wait_for_ever(stored: AccountItem, refuse_updates: Refuse) -> None:
    refused = refuse_updates(1000)
    with pytest.raises(Contended):
        updates.apply(stored, ACTIONS, THERE)
    assert 3 < len(refused) < 20


def test_any_other_error_is_not_tried_again(stored: AccountItem, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def broken(_: Connection, *given: Any, **named: Any) -> Any:
        asked.append(given)
        raise UpdateError("no", ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem"))

    monkeypatch.setattr(Connection, "update_item", broken)
    with pytest.raises(Unavailable):
        updates.apply(stored, ACTIONS, THERE)
    assert len(asked) == 1
