"""GET /v1/users/me/balance and /v1/users/me/ledger."""

from collections.abc import Callable
from typing import Any

import pytest

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import encode_cursor
from flatrender.ledger import service
from flatrender.platform import transactions

Invoke = Callable[..., Any]
MakeCaller = Callable[..., Caller]


@pytest.fixture
def history(aws: None, caller: MakeCaller) -> Caller:
    """120 granted; 10 held and released; 20 held, 15 spent; 30 held: six entries, 75 available, 30 held."""
    who = caller()
    tenant, user = who.tenant_id, who.user_id
    assert service.credit(tenant, user, 120, "free plan", "free")
    jobs = [new_id(), new_id(), new_id()]
    transactions.commit(service.reserve(tenant, user, jobs[0], 10))
    transactions.commit(service.release(tenant, user, jobs[0]))
    transactions.commit(service.reserve(tenant, user, jobs[1], 20))
    transactions.commit(service.settle(tenant, user, jobs[1], 15))
    transactions.commit(service.reserve(tenant, user, jobs[2], 30))
    return who


def test_balance_has_the_contracts_shape(invoke: Invoke, history: Caller) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/balance", caller=history)
    assert answer.status == 200
    assert answer.json == {
        "balance_minor": 0,
        "affiliate_balance_minor": 0,
        "currency": "USD",
        "parallel_rendering_ceiling": 2,
        "available_seconds": 75,
        "held_seconds": 30,
    }


def test_who_has_no_account_has_zero(invoke: Invoke, caller: MakeCaller) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/balance", caller=caller(tier="pro"))
    assert (answer.json["available_seconds"], answer.json["held_seconds"]) == (0, 0)
    assert answer.json["parallel_rendering_ceiling"] == 6


def test_nobody_reads_a_balance_without_a_token(invoke: Invoke) -> None:
    for path in ("/v1/users/me/balance", "/v1/users/me/ledger"):
        answer = invoke("ledger/balance", "GET", path)
        assert answer.status == 401
        assert answer.error["code"] == "unauthenticated"


def test_a_token_without_the_scope_is_refused(invoke: Invoke, caller: MakeCaller) -> None:
    narrow = caller(scopes=frozenset({"files:read"}))
    answer = invoke("ledger/balance", "GET", "/v1/users/me/balance", caller=narrow)
    assert answer.status == 403
    assert answer.error["code"] == "scope_missing"


def test_another_tenants_user_of_the_same_id_sees_nothing(invoke: Invoke, history: Caller, caller: MakeCaller) -> None:
    stranger = caller(user_id=history.user_id)
    answer = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=stranger)
    assert answer.json["data"] == []
    assert answer.json["meta"] == {"page": 1, "page_size": 20, "total": 0, "has_more": False, "cursor": None}


def test_the_history_runs_backwards_with_what_was_there(invoke: Invoke, history: Caller) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history)
    entries = answer.json["data"]
    assert [(entry["kind"], entry["available_after"], entry["held_after"]) for entry in entries] == [
        ("hold", 75, 30),
        ("settle", 105, 0),
        ("hold", 100, 20),
        ("release", 120, 0),
        ("hold", 110, 10),
        ("grant", 120, 0),
    ]
    assert [entry["available_change"] for entry in entries] == [-30, 5, -20, 10, -10, 120]
    assert entries[-1]["reason"] == "free plan"
    assert entries[-1]["job_id"] is None
    assert entries[0]["job_id"]
    assert answer.json["meta"] == {"page": 1, "page_size": 20, "total": 6, "has_more": False, "cursor": None}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_pages_by_cursor_and_by_number_are_the_whole_history(invoke: Invoke, history: Caller, size: int) -> None:
    whole = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history).json["data"]
    by_cursor: list[Any] = []
    by_number: list[Any] = []
    cursor, page = None, 0
    while cursor or not page:
        page += 1
        query = {"page_size": str(size)} | ({"cursor": cursor} if cursor else {})
        found = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history, query=query).json
        numbered = invoke(
            "ledger/balance",
            "GET",
            "/v1/users/me/ledger",
            caller=history,
            query={"page_size": str(size), "page": str(page)},
        ).json
        assert found["meta"]["page"] == page
        assert found["meta"]["total"] == 6
        assert found["meta"]["has_more"] == (found["meta"]["cursor"] is not None)
        assert numbered["data"] == found["data"]
        by_cursor += found["data"]
        by_number += numbered["data"]
        cursor = found["meta"]["cursor"]
    assert by_cursor == whole
    assert by_number == whole


def test_a_page_after_the_last_is_empty(invoke: Invoke, history: Caller) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history, query={"page": "9"})
    assert answer.json["data"] == []
    assert answer.json["meta"]["has_more"] is False


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "!!!",
        encode_cursor({"sk": "SUMMARY"}),
        encode_cursor({"page": 1, "total": 1, "available": 1, "held": 1, "sk": "HOLD#1"}),
        encode_cursor({"page": 1, "total": 1, "available": "x", "held": 1, "sk": "ENTRY#1"}),
        encode_cursor({"page": 1, "total": 1, "available": 1, "held": 1, "sk": "ENTRY#1", "more": 1}),
        encode_cursor({"page": 1, "total": 1, "available": 1, "held": 1, "sk": "ENTRY#" + "1" * 1100}),
        encode_cursor({"page": 1, "total": True, "available": 1, "held": 1, "sk": "ENTRY#1"}),
        encode_cursor({"page": 1, "total": 1, "available": 10**300, "held": 1, "sk": "ENTRY#1"}),
    ],
)
def test_a_made_up_cursor_is_refused(invoke: Invoke, history: Caller, cursor: str) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history, query={"cursor": cursor})
    assert answer.status == 400
    assert answer.error["code"] == "invalid_request"


@pytest.mark.parametrize("query", [{"page": "0"}, {"page_size": "101"}, {"page_size": "x"}])
def test_a_page_that_cannot_be_is_refused(invoke: Invoke, history: Caller, query: dict[str, str]) -> None:
    answer = invoke("ledger/balance", "GET", "/v1/users/me/ledger", caller=history, query=query)
    assert answer.status == 400
    assert answer.error["details"]["faults"][0]["pointer"].startswith("/query/page")
