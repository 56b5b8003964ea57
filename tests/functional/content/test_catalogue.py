"""GET /v1/templates and /v1/categories."""

from collections.abc import Callable
from typing import Any

import pytest

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import encode_cursor

type Invoke = Callable[..., Any]
type Publish = Callable[..., Any]
type MakeCaller = Callable[..., Caller]


def codes(answer: Any) -> list[str]:
    assert answer.status == 200, answer
    return [template["code"] for template in answer.json["data"]]


@pytest.fixture
def find(invoke: Invoke, caller: MakeCaller) -> Callable[..., list[str]]:
    """`find(q="…", caller=…) -> codes`, sorted, so that a test may ask for what was published in one millisecond."""
    anyone = caller()

    def search(*, by: Caller | None = None, **query: str) -> list[str]:
        return sorted(codes(invoke("content/templates", "GET", "/v1/templates", caller=by or anyone, query=query)))

    return search


def test_the_system_s_templates_are_everybody_s_and_a_tenant_s_own_are_its_own(
    publish: Publish, find: Callable[..., list[str]], caller: MakeCaller
) -> None:
    mine, other = caller(), caller()
    publish("built-in")
    publish("own", tenant_id=mine.tenant_id)
    assert find(by=mine) == ["built-in", "own"]
    assert find(by=other) == ["built-in"]
    assert find(by=other, q="own") == []


def test_a_list_item_says_what_a_card_shows(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    preview, clip = new_id(), new_id()
    published = publish(
        "built-in", preview_file_id=preview, preview_clip_file_id=clip, name={"en": "Built in", "fa": "آماده"}
    )
    answer = invoke("content/templates", "GET", "/v1/templates", caller=caller())
    [item] = answer.json["data"]
    for field, file_id in (("preview_url", preview), ("preview_clip_url", clip)):
        link = item.pop(field)
        assert f"/files/00000000-0000-4000-8000-000000000001/{file_id}?" in link
        assert "X-Amz-Signature=" in link
    assert item.pop("published_at").endswith("Z")
    assert item == {
        "id": published.template_id,
        "version": 1,
        "code": "built-in",
        "name": {"en": "Built in", "fa": "آماده"},
        "description": {"en": "For tests."},
        "category": "promo",
        "tags": ["photo"],
        "aspect": "16:9",
        "duration": 2.0,
        "inputs_count": 1,
    }


def test_a_template_without_previews_says_so(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    publish("plain")
    [item] = invoke("content/templates", "GET", "/v1/templates", caller=caller()).json["data"]
    assert (item["preview_url"], item["preview_clip_url"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"category": "greeting"}, ["nowruz"]),
        ({"tag": "Photo"}, ["shop", "story"]),
        ({"tag": "family-photo"}, ["nowruz"]),
        ({"tag": "pho"}, []),
        ({"aspect": "9:16"}, ["story"]),
        ({"tag": "photo", "aspect": "16:9"}, ["shop"]),
        ({"q": "SHÓP"}, ["shop"]),
        ({"q": "sh prom"}, ["shop"]),
        ({"q": "sh greeting"}, []),
        ({"q": "نوروزي"}, ["nowruz"]),
        ({"q": "تبريك"}, ["nowruz"]),
        ({"q": "windows", "category": "promo"}, ["shop"]),
        ({"q": "?!"}, []),
        ({"q": "  "}, ["nowruz", "shop", "story"]),
        ({"category": "nothing"}, []),
    ],
)
def test_filters_and_search(
    publish: Publish, find: Callable[..., list[str]], query: dict[str, str], expected: list[str]
) -> None:
    publish("shop", name={"en": "Shop opening"}, description={"en": "Show your shop windows."})
    publish("story", aspect="9:16", category="social")
    publish("nowruz", name={"fa": "تبریک نوروزی"}, category="greeting", tags=["Family photo"])
    assert find(**query) == expected


def test_pages_and_cursors_walk_the_same_list(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    mine = caller()
    for number in range(5):
        publish(f"t{number}", tenant_id=mine.tenant_id)
        publish(f"s{number}")

    def page(**query: str) -> Any:
        return invoke("content/templates", "GET", "/v1/templates", caller=mine, query={"page_size": "4"} | query)

    pages = [page(page=str(number)) for number in (1, 2, 3)]
    assert [answer.json["meta"]["has_more"] for answer in pages] == [True, True, False]
    assert {answer.json["meta"]["total"] for answer in pages} == {10}
    listed = [code for answer in pages for code in codes(answer)]
    assert len(set(listed)) == 10
    walked, answer = codes(pages[0]), pages[0]
    while answer.json["meta"]["cursor"]:
        answer = page(cursor=answer.json["meta"]["cursor"])
        walked += codes(answer)
    assert walked == listed
    assert codes(page(page="9")) == []


@pytest.mark.parametrize(
    "cursor", ["nonsense!", "e30", "eyJhZnRlciI6MX0", encode_cursor({"after": ["", ""]}), encode_cursor({"after": [1]})]
)
def test_a_made_up_cursor_is_refused(invoke: Invoke, caller: MakeCaller, cursor: str) -> None:
    answer = invoke("content/templates", "GET", "/v1/templates", caller=caller(), query={"cursor": cursor})
    assert (answer.status, answer.error["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", [{"page": "0"}, {"page_size": "1000"}, {"aspect": "wide"}, {"q": "x" * 201}])
def test_wrong_parameters_are_named(invoke: Invoke, caller: MakeCaller, query: dict[str, str]) -> None:
    answer = invoke("content/templates", "GET", "/v1/templates", caller=caller(), query=query)
    [name] = query
    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.error["details"]["faults"]] == [f"/query/{name}"]


def test_categories_count_what_the_caller_sees(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    mine = caller()
    publish("t-a")
    publish("t-b", category="greeting")
    publish("t-c", tenant_id=mine.tenant_id)
    publish("t-d", tenant_id=new_id(), category="secret")
    answer = invoke("content/templates", "GET", "/v1/categories", caller=mine)
    assert answer.json == {"data": [{"code": "greeting", "templates": 1}, {"code": "promo", "templates": 2}]}


def test_a_template_says_what_can_be_filled_in(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    shop = publish("shop")
    answer = invoke("content/templates", "GET", f"/v1/templates/{shop.template_id}", caller=caller())
    assert answer.status == 200
    [field] = answer.json["inputs"]
    assert (field["name"], field["type"], field["default"], field["max_length"]) == ("title", "text", "Hello", 40)
    assert (field["label"], field["required"], field["direction"]) == ({"en": "Title"}, False, "auto")


def test_another_tenant_s_template_is_not_there(publish: Publish, invoke: Invoke, caller: MakeCaller) -> None:
    theirs = publish("theirs", tenant_id=new_id())
    for template_id in (theirs.template_id, new_id()):
        answer = invoke("content/templates", "GET", f"/v1/templates/{template_id}", caller=caller())
        assert (answer.status, answer.error["code"]) == (404, "template_not_found")


def test_the_caller_must_be_allowed(invoke: Invoke, caller: MakeCaller) -> None:
    for path in ("/v1/templates", "/v1/categories", f"/v1/templates/{new_id()}"):
        assert invoke("content/templates", "GET", path).status == 401
        assert invoke("content/templates", "GET", path, caller=caller(scopes=frozenset())).status == 403
