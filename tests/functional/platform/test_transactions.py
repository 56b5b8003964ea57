"""Transactions: all or nothing, and the error of the condition that failed. Over the ledger's table."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from flatrender.kernel.errors import Conflict, FlatRenderError, InvalidRequest, NotFound, PaymentRequired, Unavailable
from flatrender.kernel.ids import new_id
from flatrender.ledger.model import AccountItem, GrantItem
from flatrender.platform import transactions
from flatrender.platform.idempotency import Attempt, IdempotencyKeyReused, find, fingerprint, records_of, remember
from flatrender.platform.transactions import check, commit, delete, put, update, upsert

pytestmark = pytest.mark.usefixtures("aws")

RECORDS = records_of("ledger")


def grant(sk: str = "GRANT#1") -> GrantItem:
    return GrantItem("TENANT#t", sk, type="grant", seconds=1, reason="test", created_at="now")


def exists(sk: str) -> bool:
    return bool(GrantItem.count("TENANT#t", GrantItem.sk == sk))


def test_all_is_written_or_nothing() -> None:
    grant("GRANT#taken").save()
    with pytest.raises(Conflict):
        commit([put(grant("GRANT#new")), put(grant("GRANT#taken"), GrantItem.pk.does_not_exist())])
    assert not exists("GRANT#new")


def test_the_error_is_the_failed_conditions_own_whatever_the_order() -> None:
    """DynamoDB names failures by position, and the kinds of writes are sent sorted."""
    grant("GRANT#there").save()
    absent = GrantItem("TENANT#t", "GRANT#absent")
    operations = {
        PaymentRequired: update(absent, [GrantItem.seconds.set(2)], refused=PaymentRequired()),
        NotFound: delete(absent, GrantItem.pk.exists(), NotFound()),
        InvalidRequest: put(grant("GRANT#there"), GrantItem.pk.does_not_exist(), InvalidRequest()),
        Unavailable: check(absent, GrantItem.pk.exists(), Unavailable()),
    }
    for expected, operation in operations.items():
        for others in ([put(grant("GRANT#fine"))], []):
            found: type[FlatRenderError] | None = None
            try:
                commit([*others, operation])
            except FlatRenderError as error:
                found = type(error)
            assert found is expected
    assert not exists("GRANT#fine")


def test_an_update_never_creates_and_an_upsert_does() -> None:
    account = AccountItem("TENANT#t", "SUMMARY")
    actions = [AccountItem.available_seconds.set((AccountItem.available_seconds | 0) + 1)]
    with pytest.raises(Conflict):
        commit([update(account, actions)])
    commit([upsert(account, actions)])
    commit([update(account, actions)])
    assert int(AccountItem.get("TENANT#t", "SUMMARY").available_seconds) == 2


def test_nothing_to_do_is_done() -> None:
    commit([])


def test_what_dynamodb_does_not_take_is_not_the_callers_fault() -> None:
    with pytest.raises(Unavailable):
        commit([put(grant()), put(grant())])


def attempt(key: str = "k", body: dict[str, int] | None = None) -> Attempt:
    return Attempt("t", "u", "submit", key, fingerprint(body or {"a": 1}))


def test_a_key_finds_what_it_made() -> None:
    assert find(RECORDS, attempt()) is None
    made = new_id()
    commit([remember(RECORDS, attempt(), made)])
    assert find(RECORDS, attempt()) == made
    assert find(RECORDS, attempt("another")) is None


def test_a_key_with_another_body_is_refused() -> None:
    commit([remember(RECORDS, attempt(), new_id())])
    with pytest.raises(IdempotencyKeyReused):
        find(RECORDS, attempt(body={"a": 2}))


def test_of_many_at_once_one_key_makes_one_thing() -> None:
    def submit(number: int) -> bool:
        try:
            commit([remember(RECORDS, attempt(), new_id()), put(grant(f"GRANT#{number}"))])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = list(pool.map(submit, range(16)))
    assert outcomes.count(True) == 1
    assert GrantItem.count("TENANT#t", GrantItem.sk.startswith("GRANT#")) == 1


def test_a_fingerprint_does_not_depend_on_the_order_of_fields() -> None:
    assert (
        fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1}) != fingerprint({"a": 1, "b": [2, 1]})
    )


def test_a_conflict_with_another_writer_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError
    from pynamodb.connection import Connection
    from pynamodb.exceptions import CancellationReason, TransactWriteError

    plain, calls = Connection.transact_write_items, []

    def contended(connection: Connection, **given: object) -> object:
        calls.append(given)
        if len(calls) <= 2:
            cause = ClientError({"Error": {"Code": "TransactionCanceledException"}}, "TransactWriteItems")
            error = TransactWriteError("busy", cause)
            reasons = [CancellationReason(code="TransactionConflict", message="busy")]
            monkeypatch.setattr(TransactWriteError, "cancellation_reasons", property(lambda _: reasons))
            raise error
        return plain(connection, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "transact_write_items", contended)
    monkeypatch.setattr(transactions, "_back_off", lambda _: None)
    commit([put(grant())])
    assert len(calls) == 3
    assert exists("GRANT#1")
    calls.clear()
    with pytest.raises(Unavailable):
        commit([put(grant("GRANT#2"))], attempts=2)
    assert not exists("GRANT#2")
