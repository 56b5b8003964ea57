"""What is sent wrong is refused with its reason, on every endpoint that takes a body."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.books import assert_balanced, entries
from tests.support.people import User, film
from tests.support.routes import Route, routes
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.api import ApiError

TAKING_A_BODY = [route for route in routes() if route.takes_body]
TEN_MEGABYTES = b'{"x": "' + b"a" * 10_000_000 + b'"}'


@pytest.fixture(scope="module")
def someone(make_user: Callable[..., User]) -> User:
    return make_user()


def sent(user: User, route: Route, body: bytes) -> httpx.Response:
    """The answer to a body as it is, sent with a good token and to ids that exist nowhere."""
    path = route.filled({name: str(uuid4()) for name in route.ids})
    headers = {"content-type": "application/json", "idempotency-key": str(uuid4())}
    if not route.public:
        headers["authorization"] = f"Bearer {user.api.token}"
    return httpx.request(route.method, user.api.url + path, content=body, headers=headers, timeout=30)


def error(answer: httpx.Response) -> dict[str, Any]:
    """The inside of the envelope, which every refusal has."""
    found: dict[str, Any] = answer.json()["error"]
    assert set(found) == {"code", "message", "details", "trace_id"}
    assert found["message"].endswith((".", "!", "?")), found["message"]
    return found


@pytest.mark.parametrize("route", TAKING_A_BODY, ids=str)
def test_what_is_not_json_is_told_where_it_breaks(someone: User, route: Route) -> None:
    for body in (b"{", b'{"a": }', b"\xff\xfe"):
        answer = sent(someone, route, body)
        assert answer.status_code == 400, (body, answer.text)
        assert error(answer)["code"] == "invalid_request"


@pytest.mark.parametrize("route", TAKING_A_BODY, ids=str)
def test_unknown_fields_are_refused_by_name(someone: User, route: Route) -> None:
    answer = sent(someone, route, b'{"surprise": 1}')
    assert answer.status_code == 400, answer.text
    faults = error(answer)["details"]["faults"]
    assert ("/body/surprise", "extra_forbidden") in {(fault["pointer"], fault["code"]) for fault in faults}


@pytest.mark.parametrize("route", TAKING_A_BODY, ids=str)
@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1"])
def test_what_is_no_object_is_refused(someone: User, route: Route, body: bytes) -> None:
    answer = sent(someone, route, body)
    assert answer.status_code == 400, answer.text
    assert error(answer)["code"] == "invalid_request"


@pytest.mark.parametrize("route", TAKING_A_BODY, ids=str)
def test_every_field_of_a_wrong_type_is_named(someone: User, route: Route) -> None:
    for name in route.body_fields:
        wrong = f'{{"{name}": [[{{"deep": 1e999}}]]}}'.replace("1e999", "1").encode()
        answer = sent(someone, route, wrong)
        assert answer.status_code == 400, (name, answer.text)
        pointers = [fault["pointer"] for fault in error(answer)["details"]["faults"]]
        assert any(pointer.startswith(f"/body/{name}") for pointer in pointers), (name, pointers)


@pytest.mark.parametrize("route", TAKING_A_BODY, ids=str)
def test_ten_megabytes_are_too_much(someone: User, route: Route) -> None:
    answer = sent(someone, route, TEN_MEGABYTES)
    assert answer.status_code == 413, answer.text[:300]


@pytest.mark.parametrize("route", [route for route in routes() if route.ids and not route.public], ids=str)
@pytest.mark.parametrize("wrong", ["1", "not-a-uuid", "%00", "..%2F..%2Fetc"])
def test_an_id_that_is_none_is_refused(someone: User, route: Route, wrong: str) -> None:
    path = route.filled(dict.fromkeys(route.ids, wrong))
    headers = {"authorization": f"Bearer {someone.api.token}", "idempotency-key": str(uuid4())}
    body = {"json": {}} if route.takes_body else {}
    answer = httpx.request(route.method, someone.api.url + path, headers=headers, timeout=30, **body)
    assert answer.status_code in {400, 404}, answer.text


def test_an_address_that_is_none_is_not_found(someone: User) -> None:
    answer = httpx.get(f"{someone.api.url}/v1/nothing", headers={"authorization": f"Bearer {someone.api.token}"})
    assert answer.status_code in {403, 404}, "API Gateway itself answers 403 on AWS"


def test_a_missing_asset_is_pointed_at_wherever_it_is_named(user: User) -> None:
    composition = film(1)
    composition["scenes"][0]["layers"].append({"type": "image", "asset": str(uuid4())})
    for path, key in (("/v1/renders/quote", None), ("/v1/renders", str(uuid4()))):
        with pytest.raises(ApiError) as refusal:
            user.api.post(path, {"composition": composition}, key=key)
        assert refusal.value.status == 422
        assert "/scenes/0/layers/1/asset" in refusal.value.details[0]
    template = journey.template_by_code(user.api, "promo")
    project = journey.project(user.api, template["id"], "No photo", {"photo_1": str(uuid4())})
    found = user.api.post(f"/v1/projects/{project['id']}/validate")
    assert not found["valid"]
    assert any("photo_1" in fault["pointer"] for fault in found["faults"]), found["faults"]
    assert not entries(user) or all(entry["kind"] == "grant" for entry in entries(user))


def test_all_faults_of_a_composition_come_at_once(user: User) -> None:
    composition = film(1)
    composition["canvas"]["width"] = 1921
    composition["scenes"][0]["layers"][0]["colour"] = "red"
    composition["scenes"][0]["layers"].append({"type": "image", "asset": str(uuid4())})
    composition["audio"] = [{"asset": "nonsense"}]
    with pytest.raises(ApiError) as refusal:
        user.submit({"composition": composition})
    pointers = {line.partition(": ")[0].removeprefix("/body/composition") for line in refusal.value.details}
    assert {"/canvas", "/scenes/0/layers/0/colour", "/scenes/0/layers/1/asset", "/audio/0/asset"} <= pointers


def test_an_idempotency_key_stands_for_one_request(stack: Stack, user: User) -> None:
    request, key = {"composition": film(0.5)}, str(uuid4())
    with ThreadPoolExecutor(6) as pool:
        jobs = list(pool.map(lambda _: httpx_submit(user, request, key), range(6)))
    made = {job.json()["id"] for job in jobs if job.status_code == 202}
    assert len(made) == 1, [(job.status_code, job.text[:200]) for job in jobs]
    assert user.submit(request, key)["id"] in made
    with pytest.raises(ApiError) as refusal:
        user.submit({"composition": film(0.5)}, key)
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")
    user.wait(made.pop())
    assert [entry["kind"] for entry in entries(user)].count("hold") == 1
    assert_balanced(stack, user)


def httpx_submit(user: User, request: dict[str, Any], key: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {user.api.token}", "idempotency-key": key}
    return httpx.post(f"{user.api.url}/v1/renders", json=request, headers=headers, timeout=30)


def test_a_submit_without_a_key_is_refused(user: User) -> None:
    headers = {"authorization": f"Bearer {user.api.token}"}
    answer = httpx.post(f"{user.api.url}/v1/renders", json={"composition": film(0.5)}, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert "/header/Idempotency-Key" in str(error(answer)["details"])


def test_parallel_submits_never_spend_more_than_there_is(stack: Stack, user: User) -> None:
    """120 seconds, five jobs of 50 at once: two fit, and a third does not, whichever comes first."""
    with ThreadPoolExecutor(5) as pool:
        requests = [{"composition": film(50, width=64, height=36, fps=12)} for _ in range(5)]
        answers = list(pool.map(lambda request: httpx_submit(user, request, str(uuid4())), requests))
    accepted = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    refused = [answer.status_code for answer in answers if answer.status_code != 202]
    assert 1 <= len(accepted) <= 2
    assert set(refused) <= {402, 409, 429, 503}, [answer.text for answer in answers]
    balance = user.api.get("/v1/users/me/balance")
    assert balance["available_seconds"] >= 120 - 50 * len(accepted)
    for job_id in accepted:
        user.api.post(f"/v1/renders/{job_id}/cancel")
    assert_balanced(stack, user)
