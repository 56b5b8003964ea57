"""An endpoint's app: the error envelope, the caller, paging, limits. Through the handler, as API Gateway calls it."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import Query

from flatrender.kernel.errors import Conflict, TooManyRequests, Unavailable
from flatrender.kernel.schemas import Request
from flatrender.web.api import MAX_BODY_BYTES, IdempotencyKey, api, entrypoint, errors
from flatrender.web.caching import cached, uncached
from flatrender.web.caller import FilesWrite, ProfileRead, SignedIn
from flatrender.web.client import FromClient
from flatrender.web.paging import Paging


class Thing(Request):
    name: Annotated[str, Query(min_length=2)]
    size: int = 1


app = api("Things")


@app.post("/v1/things", status_code=201)
def make(body: Thing) -> dict[str, Any]:
    return body.model_dump()


@app.get("/v1/things/whoami")
def whoami(caller: SignedIn) -> str:
    return caller.user_id


@app.get("/v1/things/profile")
def profile(caller: ProfileRead) -> str:
    return caller.tier


@app.post("/v1/things/files")
def files(caller: FilesWrite) -> str:
    return caller.tier


@app.get("/v1/things")
def pages(paging: Paging) -> dict[str, Any]:
    return paging.model_dump()


@app.put("/v1/things")
def put(key: IdempotencyKey) -> str:
    return key


@app.get("/v1/things/client", dependencies=[uncached()])
def client(client: FromClient) -> dict[str, Any]:
    return client.model_dump()


@app.get("/v1/things/fails/{how}", dependencies=[cached(60)])
def fails(how: str) -> str:
    raised: dict[str, Exception] = {
        "conflict": Conflict(colour="red"),
        "throttled": TooManyRequests(retry_after_seconds=7),
        "down": Unavailable(),
        "bug": ZeroDivisionError("a secret detail"),
    }
    if how in raised:
        raise raised[how]
    return how


handler = entrypoint(app)
CALLER = {
    "user_id": "u",
    "tenant_id": "t",
    "session_id": "s",
    "scopes": "profile:read files:write",
    "tier": "free",
    "email_verified": "true",
}
Call = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def call() -> Call:
    def send(
        method: str, path: str, body: Any = None, caller: dict[str, str] | None = None, **given: Any
    ) -> tuple[int, Any, dict[str, str]]:
        query = given.get("query")
        headers = {"Content-Type": "application/json", "User-Agent": "pytest"} | given.get("headers", {})
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "requestContext": {"identity": {"sourceIp": "192.0.2.7"}, **({"authorizer": caller} if caller else {})},
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = handler(event, SimpleNamespace(aws_request_id="r-1"))
        sent = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        sent |= {name.lower(): values[-1] for name, values in answer.get("multiValueHeaders", {}).items()}
        return answer["statusCode"], json.loads(answer["body"]), sent

    return send


def test_a_good_request_is_answered(call: Call) -> None:
    assert call("POST", "/v1/things", {"name": "  lamp "})[:2] == (201, {"name": "lamp", "size": 1})


def test_every_fault_is_in_one_answer(call: Call) -> None:
    status, answer, _ = call("POST", "/v1/things", {"name": "x", "size": "big", "colour": "red"})
    assert status == 400
    assert set(answer["error"]) == {"code", "message", "details", "trace_id"}
    assert answer["error"]["trace_id"] == "r-1"
    found = {(fault["pointer"], fault["code"]) for fault in answer["error"]["details"]["faults"]}
    assert found == {
        ("/body/name", "string_too_short"),
        ("/body/size", "int_parsing"),
        ("/body/colour", "extra_forbidden"),
    }


@pytest.mark.parametrize("body", ["{", "", "nope", '{"name": "lamp"'])
def test_what_is_not_json_is_a_400(call: Call, body: str) -> None:
    status, answer, _ = call("POST", "/v1/things", body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")


def test_a_body_that_is_too_large_is_not_parsed(call: Call) -> None:
    status, answer, _ = call("POST", "/v1/things", "x" * (MAX_BODY_BYTES * 4 // 3 + 1))
    assert (status, answer["error"]["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("conflict", 409, "conflict"), ("throttled", 429, "too_many_requests"), ("down", 503, "unavailable")],
)
def test_known_errors_say_what_they_are(call: Call, how: str, status: int, code: str) -> None:
    found, answer, headers = call("GET", f"/v1/things/fails/{how}")
    assert (found, answer["error"]["code"]) == (status, code)
    assert headers.get("retry-after") == ("7" if how == "throttled" else None)
    assert "cache-control" not in headers, "an error is not to be kept as long as an answer"


def test_a_bug_tells_nothing_of_itself(call: Call) -> None:
    status, answer, _ = call("GET", "/v1/things/fails/bug")
    assert (status, answer["error"]["code"]) == (500, "internal_error")
    assert "secret" not in json.dumps(answer)


def test_an_unknown_address_is_a_404_and_a_wrong_method_a_405(call: Call) -> None:
    status, answer, _ = call("GET", "/v1/nothing")
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert call("DELETE", "/v1/things")[0] == 405


def test_answers_say_how_long_they_keep(call: Call) -> None:
    assert call("GET", "/v1/things/fails/not")[2]["cache-control"] == "public, max-age=60"
    assert call("GET", "/v1/things/client")[2]["cache-control"] == "no-store"


def test_the_client_is_who_api_gateway_saw(call: Call) -> None:
    answer = call("GET", "/v1/things/client", headers={"X-Forwarded-For": "203.0.113.9"})[1]
    assert answer == {"ip_address": "192.0.2.7", "user_agent": "pytest"}


def test_no_caller_is_a_401(call: Call) -> None:
    for caller in (None, {"user_id": "u"}):
        status, answer, _ = call("GET", "/v1/things/whoami", caller=caller)
        assert (status, answer["error"]["code"]) == (401, "unauthenticated")
    assert call("GET", "/v1/things/whoami", caller=CALLER)[1] == "u"


def test_a_missing_scope_is_a_403(call: Call) -> None:
    status, answer, _ = call("GET", "/v1/things/profile", caller=CALLER | {"scopes": "files:write"})
    assert (status, answer["error"]["code"]) == (403, "scope_missing")
    assert answer["error"]["details"] == {"scope": "profile:read"}


def test_an_unverified_address_reads_its_profile_and_nothing_else(call: Call) -> None:
    unverified = CALLER | {"email_verified": "false"}
    assert call("GET", "/v1/things/profile", caller=unverified)[0] == 200
    status, answer, _ = call("POST", "/v1/things/files", caller=unverified)
    assert (status, answer["error"]["code"]) == (403, "email_not_verified")
    assert call("POST", "/v1/things/files", caller=CALLER)[0] == 200


def test_pages_have_defaults_and_limits(call: Call) -> None:
    assert call("GET", "/v1/things")[1] == {"page": 1, "page_size": 20, "cursor": None}
    assert call("GET", "/v1/things", query={"page": "2", "page_size": "5"})[1]["page"] == 2
    for query in ({"page": "0"}, {"page": "101"}, {"page_size": "0"}, {"page_size": "101"}, {"cursor": "x" * 2049}):
        assert call("GET", "/v1/things", query=query)[0] == 400


@pytest.mark.parametrize(("key", "status"), [("abc", 200), ("x" * 128, 200), ("x" * 129, 400), ("a b", 400), ("", 400)])
def test_an_idempotency_key_is_printable_and_short(call: Call, key: str, status: int) -> None:
    assert call("PUT", "/v1/things", headers={"Idempotency-Key": key})[0] == status


def test_errors_of_one_status_are_described_together() -> None:
    described = errors(Conflict, TooManyRequests, Unavailable)
    assert described[409]["description"] == "`conflict`"
    assert set(described) == {409, 429, 503}
