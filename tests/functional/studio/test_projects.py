"""/v1/projects: make, list, read, change and remove."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.dynamodb import record_calls

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import encode_cursor
from flatrender.studio import repository, service
from flatrender.studio.errors import ProjectChanged
from flatrender.studio.schemas import ProjectPatch

type Studio = Any
type Make = Callable[..., dict[str, Any]]

COMPOSITION: dict[str, Any] = {"canvas": {"width": 320, "height": 180}, "scenes": [{"duration": 1.5}]}


def pointers(answer: Any) -> list[str]:
    return [fault["pointer"] for fault in answer.error["details"]["faults"]]


def test_a_project_of_a_composition(studio: Studio) -> None:
    answer = studio("POST", body={"name": "  Mine ", "composition": COMPOSITION})
    assert answer.status == 201
    project = answer.json
    assert studio("GET", f"/{project['id']}").json == project
    assert (project["name"], project["revision"]) == ("Mine", 1)
    assert (project["composition"], project["inputs"], project["template_id"]) == (COMPOSITION, None, None)
    assert project["created_at"] == project["updated_at"]


def test_a_project_of_a_template_keeps_to_its_version(studio: Studio, make: Make, template: Callable[..., str]) -> None:
    template_id = template()
    project = make(template_id=template_id, inputs={"title": "Hi"})
    assert (project["template_id"], project["template_version"]) == (template_id, 1)
    assert (project["inputs"], project["composition"]) == ({"title": "Hi"}, None)
    template(duration=5.0)
    assert make(template_id=template_id)["template_version"] == 2
    assert studio("GET", f"/{project['id']}").json["template_version"] == 1


def test_a_draft_may_be_wrong(make: Make) -> None:
    assert make(composition={"canvas": "later"})["composition"] == {"canvas": "later"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"composition": {}}, ["/body/name"]),
        ({"name": "", "composition": {}}, ["/body/name"]),
        ({"name": "x" * 121, "composition": {}}, ["/body/name"]),
        ({"name": "A"}, ["/body"]),
        ({"name": "A", "composition": {}, "template_id": new_id()}, ["/body"]),
        ({"name": "A", "composition": {}, "inputs": {}}, ["/body"]),
        ({"name": "A", "composition": []}, ["/body/composition"]),
        ({"name": "A", "template_id": "promo"}, ["/body/template_id"]),
        ({"name": 7, "composition": 1, "colour": 2}, ["/body/name", "/body/composition", "/body/colour"]),
        ("{", ["/body"]),
        ("[]", ["/body"]),
    ],
)
def test_wrong_bodies_are_refused_with_every_fault(studio: Studio, body: Any, expected: list[str]) -> None:
    answer = studio("POST", body=body)
    assert answer.status == 400
    assert pointers(answer) == expected


def test_what_json_does_not_have_is_refused(studio: Studio) -> None:
    for body, code in [
        ('{"name": "A", "composition": {"x": NaN}}', "not_finite"),
        ('{"name": "A", "composition": {"x": "\\ud800"}}', "broken_text"),
        ('{"name": "A", "composition": {"x": ' + "[" * 100 + "]" * 100 + "}}", "too_deep"),
    ]:
        answer = studio("POST", body=body)
        assert (answer.status, answer.error["code"]) == (422, "project_unstorable")
        assert [fault["code"] for fault in answer.error["details"]["faults"]] == [code]
    assert studio("POST", body='{"name": "A", "composition": {"x": ' + "[" * 50_000 + "]" * 50_000 + "}}").status < 500


def test_a_project_too_large_to_store_is_refused(studio: Studio, make: Make) -> None:
    composition = {"notes": "x" * 299_900}
    project = make(composition=composition)
    assert studio("GET", f"/{project['id']}").json["composition"] == composition
    for answer in (
        studio("POST", body={"name": "A", "composition": {"notes": "x" * 300_000}}),
        studio("PATCH", f"/{project['id']}", body={"revision": 1, "composition": {"notes": "é" * 150_000}}),
    ):
        assert (answer.status, answer.error["code"]) == (413, "project_too_large")
        assert answer.error["details"]["limit"] == 300_000
    assert studio("POST", body='{"name": "' + "x" * 10_000_000 + '"}').status == 413


def test_only_templates_that_the_caller_may_use(studio: Studio, make: Make, template: Callable[..., str]) -> None:
    own = template(tenant_id=studio.caller.tenant_id, code="own-card")
    assert make(template_id=own)["template_version"] == 1
    for template_id in (new_id(), template(tenant_id=new_id())):
        answer = studio("POST", body={"name": "A", "template_id": template_id})
        assert (answer.status, answer.error["code"]) == (404, "template_not_found")


def test_inputs_are_merged(studio: Studio, make: Make, template: Callable[..., str]) -> None:
    project = make(template_id=template(), inputs={"title": "Hi", "color": "#fff"})
    answer = studio(
        "PATCH", f"/{project['id']}", body={"revision": 1, "name": "New", "inputs": {"title": None, "photo": "soon"}}
    )
    assert answer.status == 200
    changed = answer.json
    assert changed["inputs"] == {"color": "#fff", "photo": "soon"}
    assert (changed["name"], changed["revision"]) == ("New", 2)
    assert studio("GET", f"/{project['id']}").json == changed
    [card] = studio("GET").json["data"]
    assert (card["name"], card["revision"]) == ("New", 2)


def test_a_composition_is_replaced(studio: Studio, make: Make) -> None:
    project = make()
    answer = studio("PATCH", f"/{project['id']}", body={"revision": 1, "composition": COMPOSITION})
    assert answer.json["composition"] == COMPOSITION


def test_inputs_and_composition_do_not_mix(studio: Studio, make: Make, template: Callable[..., str]) -> None:
    for project, given in ((make(), "inputs"), (make(template_id=template()), "composition")):
        answer = studio("PATCH", f"/{project['id']}", body={"revision": 1, given: {}})
        assert (answer.status, answer.error["code"]) == (422, "project_source_mismatch")
        assert pointers(answer) == [f"/body/{given}"]


@pytest.mark.parametrize(
    "body", [{"name": "A"}, {"revision": 1}, {"revision": 0, "name": "A"}, {"revision": 1, "name": "A", "x": 1}]
)
def test_wrong_changes_are_refused(studio: Studio, make: Make, body: dict[str, Any]) -> None:
    project = make()
    assert studio("PATCH", f"/{project['id']}", body=body).status == 400
    assert studio("GET", f"/{project['id']}").json == project


def test_a_change_of_an_old_revision_is_refused(studio: Studio, make: Make) -> None:
    project = make()
    assert studio("PATCH", f"/{project['id']}", body={"revision": 1, "name": "B"}).status == 200
    for revision in (1, 3):
        answer = studio("PATCH", f"/{project['id']}", body={"revision": revision, "name": "C"})
        assert (answer.status, answer.error["code"]) == (409, "project_changed")
    assert answer.error["details"] == {"revision": 2}
    assert studio("GET", f"/{project['id']}").json["name"] == "B"


def test_of_changes_at_the_same_time_one_wins(studio: Studio, make: Make) -> None:
    project = make()

    def change(number: int) -> Any:
        try:
            return service.change(studio.caller, project["id"], ProjectPatch(revision=1, name=f"N{number}"))
        except ProjectChanged:
            return None

    with ThreadPoolExecutor(8) as pool:
        done = [changed for changed in pool.map(change, range(8)) if changed]
    assert [changed.revision for changed in done] == [2]
    assert studio("GET", f"/{project['id']}").json == done[0].model_dump()


def test_a_change_that_was_overtaken_while_it_was_made_is_refused(studio: Studio, make: Make) -> None:
    project, user = make(), (studio.caller.tenant_id, studio.caller.user_id)
    overtaken = repository.get(*user, project["id"])
    changed = studio("PATCH", f"/{project['id']}", body={"revision": 1, "name": "First"}).json
    overtaken.name, overtaken.revision = "Second", 2
    with pytest.raises(ProjectChanged):
        repository.save(*user, overtaken, 1)
    studio("DELETE", f"/{project['id']}")
    with pytest.raises(ProjectChanged):
        repository.save(*user, overtaken, changed["revision"])
    assert studio("GET").json["data"] == []


def test_a_removed_project_is_gone(studio: Studio, make: Make) -> None:
    kept, removed = make(name="Kept"), make(name="Removed")
    answer = studio("DELETE", f"/{removed['id']}")
    assert (answer.status, answer.body) == (204, "")
    page = studio("GET").json
    assert ([card["name"] for card in page["data"]], page["meta"]["total"]) == (["Kept"], 1)
    path = f"/{removed['id']}"
    for again in (
        studio("GET", path),
        studio("DELETE", path),
        studio("PATCH", path, body={"revision": 1, "name": "A"}),
        studio("POST", f"{path}/validate"),
    ):
        assert (again.status, again.error["code"]) == (404, "project_not_found")
    assert studio("GET", f"/{kept['id']}").status == 200


def test_another_s_project_is_not_there(studio: Studio, make: Make, caller: Callable[..., Caller]) -> None:
    project = make()
    colleague = caller(tenant_id=studio.caller.tenant_id)
    namesake = caller(user_id=studio.caller.user_id)
    path = f"/{project['id']}"
    for other in (caller(), colleague, namesake):
        assert studio("GET", by=other).json["data"] == []
        for answer in (
            studio("GET", path, by=other),
            studio("PATCH", path, by=other, body={"revision": 1, "name": "Stolen"}),
            studio("DELETE", path, by=other),
            studio("POST", f"{path}/validate", by=other),
        ):
            assert (answer.status, answer.error["code"]) == (404, "project_not_found")
    assert studio("GET", path).json == project


def test_lists_are_paged_newest_first(studio: Studio, make: Make) -> None:
    made = [make(name=f"P{number}")["id"] for number in range(5)]

    def page(**query: str) -> Any:
        return studio("GET", query={"page_size": "2"} | query).json

    pages = [page(page=str(number)) for number in (1, 2, 3)]
    listed = [card["id"] for found in pages for card in found["data"]]
    assert set(listed) == set(made)
    times = [card["created_at"] for found in pages for card in found["data"]]
    assert times == sorted(times, reverse=True)
    assert [found["meta"]["has_more"] for found in pages] == [True, True, False]
    assert {found["meta"]["total"] for found in pages} == {5}
    found, walked = pages[0], [card["id"] for card in pages[0]["data"]]
    while found["meta"]["cursor"]:
        found = page(cursor=found["meta"]["cursor"])
        walked += [card["id"] for card in found["data"]]
    assert walked == listed
    assert page(page="4")["data"] == []
    assert "composition" not in pages[0]["data"][0]


def test_a_list_is_one_call_at_any_depth(studio: Studio, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assert studio("GET").json == {
        "data": [],
        "meta": {"page": 1, "page_size": 20, "total": 0, "has_more": False, "cursor": None},
    }
    for _ in range(5):
        make()
    calls = record_calls(monkeypatch)
    first = studio("GET", query={"page_size": "2"}).json
    assert calls == ["Query"]
    calls.clear()
    second = studio("GET", query={"page_size": "2", "cursor": first["meta"]["cursor"]}).json
    assert calls == ["Query"]
    calls.clear()
    assert studio("GET", query={"page_size": "2", "page": "2"}).json["data"] == second["data"]
    assert calls == ["Query"]
    assert second["meta"]["total"] == 5


def test_a_cursor_does_not_lead_into_another_s_list(studio: Studio, make: Make, caller: Callable[..., Caller]) -> None:
    for _ in range(3):
        make()
    cursor = studio("GET", query={"page_size": "1"}).json["meta"]["cursor"]
    other = caller()
    theirs = make(by=other)
    answer = studio("GET", by=other, query={"cursor": cursor})
    assert {card["id"] for card in answer.json["data"]} <= {theirs["id"]}


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense!",
        "e30",
        "eyJhZnRlciI6MX0",
        "eyJhZnRlciI6IiJ9",
        "eyJhZnRlciI6IjIwMjYifQ",
        encode_cursor({"after": "", "total": 1}),
        encode_cursor({"after": "2" * 1100, "total": 1}),
        encode_cursor({"after": "2026", "total": True}),
    ],
)
def test_a_made_up_cursor_is_refused(studio: Studio, cursor: str) -> None:
    answer = studio("GET", query={"cursor": cursor})
    assert (answer.status, answer.error["code"]) == (400, "invalid_request")


def test_the_caller_must_be_allowed(studio: Studio, invoke: Callable[..., Any], caller: Callable[..., Caller]) -> None:
    reader = caller(scopes=frozenset({"projects:read"}))
    body = {"name": "A", "composition": {}}
    assert studio("POST", by=reader, body=body).status == 403
    assert studio("GET", by=reader).status == 200
    assert studio("GET", by=caller(email_verified=False)).error["code"] == "email_not_verified"
    assert invoke("studio/projects", "GET", "/v1/projects").status == 401
    assert studio("GET", "/not-an-id").status == 400


def test_a_user_may_have_only_so_many(studio: Studio, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MAX_PROJECTS", 3)
    kept = [make(composition=COMPOSITION) for _ in range(3)]
    refused = studio("POST", body={"name": "One more", "composition": COMPOSITION})
    assert refused.status == 429
    assert refused.error["code"] == "too_many_projects"
    assert refused.error["details"]["limit"] == 3
    assert studio("GET").json["meta"]["total"] == 3
    assert studio("DELETE", f"/{kept[0]['id']}").status == 204
    make(composition=COMPOSITION)
