"""What belongs to others does not exist, on every endpoint that takes an id, for users of the same and another tenant.

The endpoints come from the committed OpenAPI document. A new one that takes an id this file does not know, or a body
that it cannot fill, fails here until somebody says how to attack it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.people import User, film
from tests.support.routes import Route, routes
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.api import ApiError

PROTECTED = [route for route in routes() if not route.public]
NO_ID_OF_A_THING = {"device_id"}
BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "PATCH /v1/projects/{project_id}": lambda: {"revision": 1, "name": "Taken over"},
    "POST /v1/projects": lambda: {"name": "Mine"},
    "POST /v1/renders": dict,
    "POST /v1/renders/quote": dict,
}
"""A body with which the owner would succeed, by route; ids in it are filled in by the test."""


@dataclass(frozen=True)
class Victim:
    """Somebody with one of everything that has an id."""

    user: User
    ids: dict[str, str]

    def state(self) -> dict[str, Any]:
        """All that an attack could have changed."""
        api = self.user.api
        return {
            "me": {name: value for name, value in api.get("/v1/users/me").items() if name != "last_active_date"},
            "balance": api.get("/v1/users/me/balance"),
            "files": [file["id"] for file in api.get("/v1/files")["data"]],
            "project": api.get(f"/v1/projects/{self.ids['project_id']}"),
            "projects": api.get("/v1/projects")["meta"]["total"],
            "jobs": [(job["id"], job["status"]) for job in api.get("/v1/renders")["data"]],
            "sessions": [session["id"] for session in api.get("/v1/auth/sessions")["sessions"]],
        }


@pytest.fixture(scope="module")
def victim(make_user: Callable[..., User], two_photos: tuple[Path, Path]) -> Victim:
    user = make_user()
    (file_id,) = user.upload(two_photos[0])
    project = user.api.post("/v1/projects", {"name": "Private", "composition": film(0.5)})
    job = user.submit({"project_id": project["id"]})
    user.wait(job["id"])
    return Victim(
        user,
        {
            "file_id": file_id,
            "project_id": project["id"],
            "job_id": job["id"],
            "session_id": user.api.get("/v1/auth/sessions")["sessions"][0]["id"],
            # Templates are everybody's unless they are another tenant's own, which nobody can make yet.
            "template_id": str(uuid4()),
        },
    )


@pytest.fixture(scope="module", params=["same tenant", "other tenant"])
def stranger(request: pytest.FixtureRequest, make_user: Callable[..., User], other_tenant: str) -> User:
    return make_user() if request.param == "same tenant" else make_user(other_tenant)


def attacked(user: User, route: Route, ids: dict[str, str], body: dict[str, Any] | None) -> httpx.Response:
    headers = {"authorization": f"Bearer {user.api.token}", "idempotency-key": str(uuid4())}
    sent = {"json": body} if body is not None else {}
    return httpx.request(route.method, user.api.url + route.filled(ids), headers=headers, timeout=30, **sent)


@pytest.mark.parametrize("route", [route for route in PROTECTED if route.ids], ids=str)
def test_a_foreign_id_in_the_path_is_not_found(victim: Victim, stranger: User, route: Route) -> None:
    assert set(route.ids) <= set(victim.ids), f"make the victim own a {set(route.ids) - set(victim.ids)}"
    assert not route.takes_body or str(route) in BODIES, f"say in BODIES what {route} takes"
    body = BODIES[str(route)]() if route.takes_body else None
    before = victim.state()
    answer = attacked(stranger, route, victim.ids, body)
    assert answer.status_code == 404, answer.text
    nowhere = attacked(stranger, route, {name: str(uuid4()) for name in route.ids}, body)
    assert nowhere.status_code == 404
    one, other = answer.json()["error"], nowhere.json()["error"]
    assert (one["code"], one["message"]) == (other["code"], other["message"]), "a foreign id looks like one of nothing"
    assert victim.state() == before


@pytest.mark.parametrize("route", [route for route in PROTECTED if set(route.body_ids) - NO_ID_OF_A_THING], ids=str)
def test_a_foreign_id_in_the_body_is_not_found(victim: Victim, stranger: User, route: Route) -> None:
    assert str(route) in BODIES, f"say in BODIES what {route} takes"
    for name in set(route.body_ids) - NO_ID_OF_A_THING:
        assert name in victim.ids, f"make the victim own a {name}"
        answer = attacked(stranger, route, victim.ids, BODIES[str(route)]() | {name: victim.ids[name]})
        assert answer.status_code == 404, answer.text


def test_a_foreign_file_in_a_composition_is_missing(victim: Victim, stranger: User) -> None:
    composition = film(1)
    composition["scenes"][0]["layers"].append({"type": "image", "asset": victim.ids["file_id"]})
    with pytest.raises(ApiError) as refusal:
        stranger.submit({"composition": composition})
    assert refusal.value.status == 422
    assert any("/asset" in line for line in refusal.value.details)
    template = journey.template_by_code(stranger.api, "promo")
    project = journey.project(stranger.api, template["id"], "Theirs", {"photo_1": victim.ids["file_id"]})
    assert not stranger.api.post(f"/v1/projects/{project['id']}/validate")["valid"]
    with pytest.raises(ApiError) as refusal:
        stranger.submit({"project_id": project["id"]})
    assert refusal.value.status == 422


def test_lists_show_ones_own_only(stranger: User, victim: Victim) -> None:
    for path in ("/v1/files", "/v1/projects", "/v1/renders"):
        assert victim.state()
        mine = {one["id"] for one in stranger.api.get(path)["data"]}
        assert not mine & set(victim.ids.values())


def test_a_foreign_cursor_leads_nowhere(victim: Victim, stranger: User) -> None:
    """A cursor is opaque, not secret: one that points into another's items is refused or finds nothing of theirs."""
    for _ in range(2):
        victim.user.api.post("/v1/projects", {"name": "More", "composition": film(0.5)})
    page = victim.user.api.get("/v1/projects", page_size=1)
    cursor = page["meta"]["cursor"]
    assert cursor
    headers = {"authorization": f"Bearer {stranger.api.token}"}
    answer = httpx.get(f"{stranger.api.url}/v1/projects", params={"cursor": cursor}, headers=headers, timeout=30)
    assert answer.status_code in {200, 400}, answer.text
    found = answer.json().get("data", [])
    theirs = {one["id"] for one in victim.user.api.get("/v1/projects", page_size=100)["data"]}
    assert not {one["id"] for one in found} & theirs


def test_the_same_address_is_two_people_at_two_tenants(
    stack: Stack, make_user: Callable[..., User], other_tenant: str
) -> None:
    user = make_user()
    api = type(user.api)(stack.addresses.api)
    try:
        with pytest.raises(ApiError) as refusal:
            journey.login(api, other_tenant, user.account.email, user.account.password)
        assert refusal.value.status == 401
    finally:
        api.close()
