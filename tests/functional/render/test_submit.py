"""Quote, submit and list, over the functions' handlers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.dynamodb import one_call_at_a_time, record_calls
from tests.support.events import outbox_events
from tests.support.renders import Compute, at_once, composition, seconds, submit

from flatrender.files.model import FILE, FileItem
from flatrender.files.repository import file_pk, owner_of
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import encode_cursor
from flatrender.platform.settings import table_name
from flatrender.render import consumers, service, sizing
from flatrender.render.schemas import Render

type Invoke = Callable[..., Any]

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def post(invoke: Invoke) -> Invoke:
    def call(caller: Caller, body: Any, key: str | None = "") -> Any:
        headers = {} if key is None else {"Idempotency-Key": key or new_id()}
        return invoke("render/renders", "POST", "/v1/renders", body=body, caller=caller, headers=headers)

    return call


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The DynamoDB operations made."""
    return record_calls(monkeypatch)


def picture_of(owner: Caller) -> str:
    """The id of a ready picture of this user."""
    file_id, moment = new_id(), timestamp()
    FileItem(
        pk=file_pk(owner.tenant_id, file_id),
        sk=FILE,
        type="file",
        owner=owner_of(owner.tenant_id, owner.user_id),
        created=f"{moment}#{file_id}",
        file_id=file_id,
        tenant_id=owner.tenant_id,
        user_id=owner.user_id,
        created_at=moment,
        tier="free",
        filename="lake.jpg",
        kind="image",
        content_type="image/jpeg",
        size_bytes=1000,
        status="ready",
        sha256="0" * 64,
        width=64,
        height=48,
    ).save()
    return file_id


def test_a_quote_says_what_it_would_cost(rich: Callable[..., Caller], invoke: Invoke, recorded: Compute) -> None:
    caller = rich(seconds=7, tier="pro")

    answer = invoke("render/quotes", "POST", "/v1/renders/quote", body={"composition": composition()}, caller=caller)

    assert answer.status == 200, answer
    quote = answer.json
    assert (quote["seconds_total"], quote["seconds_billable"], quote["price_minor"]) == (2, 2, 12)
    assert quote["chunks"] == {"total": 2, "cached": 0}
    assert quote["backend"]["name"] == "burst"
    assert quote["available_seconds"] == 7
    assert seconds(caller) == (7, 0)


def test_a_short_render_is_cut_for_as_many_workers_as_there_are(
    rich: Callable[..., Caller], invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks(workers: int, **given: Any) -> int:
        monkeypatch.setenv("RENDER_CHUNK_SECONDS", "5")
        monkeypatch.setenv("RENDER_WORKERS", str(workers))
        sizing.sizing.cache_clear()
        body = {"composition": composition(seconds=5.0), **given}
        answer = invoke("render/quotes", "POST", "/v1/renders/quote", body=body, caller=rich(seconds=99, tier="pro"))
        return int(answer.json["chunks"]["total"])

    assert [chunks(workers) for workers in (2, 4, 8)] == [2, 4, 8]
    assert chunks(8, backend="batch") == 2, "there each chunk waits for a machine"


def test_large_outputs_are_quoted_on_batch(rich: Callable[..., Caller], invoke: Invoke) -> None:
    body = {"composition": composition(), "output": {"resolution": "2160p"}}
    answer = invoke("render/quotes", "POST", "/v1/renders/quote", body=body, caller=rich(tier="pro"))

    assert answer.json["backend"]["name"] == "batch"
    assert "GPU" in answer.json["backend"]["reason"]


def test_the_wanted_frame_rate_replaces_the_composition_s(rich: Callable[..., Caller], invoke: Invoke) -> None:
    body = {"composition": composition(), "output": {"fps": 24, "resolution": "360p"}}
    answer = invoke("render/quotes", "POST", "/v1/renders/quote", body=body, caller=rich())

    assert (answer.json["fps"], answer.json["height"]) == (24, 360)


def test_the_same_key_and_body_give_the_same_job(rich: Callable[..., Caller], post: Invoke, recorded: Compute) -> None:
    caller = rich(seconds=2)
    first = post(caller, {"composition": composition()}, "once")
    second = post(caller, {"composition": composition()}, "once")

    assert (first.status, second.status) == (202, 202)
    assert first.json["id"] == second.json["id"]
    assert recorded.started == [first.json["id"]]
    assert seconds(caller) == (0, 2)


def test_the_same_key_and_another_body_are_refused(rich: Callable[..., Caller], post: Invoke) -> None:
    caller = rich()
    post(caller, {"composition": composition()}, "once")

    answer = post(caller, {"composition": composition(color="#000000")}, "once")
    assert (answer.status, answer.error["code"]) == (422, "idempotency_key_reused")
    invalid = post(caller, {"composition": {"format": "?"}}, "once")
    assert (invalid.status, invalid.error["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_its_user(rich: Callable[..., Caller], post: Invoke) -> None:
    one = rich()
    other = rich(tenant_id=one.tenant_id)

    ids = {post(caller, {"composition": composition()}, "shared").json["id"] for caller in (one, other)}
    assert len(ids) == 2


def test_without_a_key_nothing_is_submitted(rich: Callable[..., Caller], post: Invoke, recorded: Compute) -> None:
    answer = post(rich(), {"composition": composition()}, None)
    assert (answer.status, recorded.started) == (400, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"composition": {}, "project_id": new_id()},
        {"composition": composition(), "outptu": {}},
        {"composition": composition(), "output": {"resolution": "5000p"}},
        {"composition": composition(), "output": {"fps": 500}},
        {"composition": "text"},
        "{not json",
    ],
)
def test_a_malformed_body_is_refused(body: Any, rich: Callable[..., Caller], post: Invoke) -> None:
    assert post(rich(), body).status == 400


def test_all_faults_are_told_at_once(rich: Callable[..., Caller], post: Invoke, recorded: Compute) -> None:
    caller = rich(tier="free")
    document = composition(seconds=40)
    document["scenes"][0]["layers"].append({"type": "image", "asset": new_id()})
    document["scenes"][1]["layers"].append(
        {"type": "text", "box": [0, 0, 10, 10], "runs": [{"text": "?", "font": "No"}]}
    )

    answer = post(caller, {"composition": document})

    assert (answer.status, answer.error["code"]) == (422, "invalid_render")
    pointers = {fault["pointer"] for fault in answer.error["details"]["faults"]}
    assert any(pointer.startswith("/body/composition/scenes/0/layers/1") for pointer in pointers), pointers
    assert any(pointer.startswith("/body/composition/scenes/1/layers/1") for pointer in pointers), pointers
    assert seconds(caller) == (100, 0)


@pytest.mark.parametrize("tenant", ["same", "other"])
@pytest.mark.parametrize("function", ["renders", "quotes"])
def test_a_file_of_somebody_else_is_missing(
    *, tenant: str, function: str, rich: Callable[..., Caller], invoke: Invoke, post: Invoke, recorded: Compute
) -> None:
    caller = rich()
    owner = rich(tenant_id=caller.tenant_id) if tenant == "same" else rich()
    file_id = picture_of(owner)

    def ask(by: Caller) -> Any:
        body = {"composition": composition()}
        body["composition"]["scenes"][0]["layers"].append({"type": "image", "asset": file_id})
        if function == "renders":
            return post(by, body)
        return invoke("render/quotes", "POST", "/v1/renders/quote", body=body, caller=by)

    answer = ask(caller)

    assert (answer.status, answer.error["code"]) == (422, "invalid_render")
    faults = [(fault["pointer"], fault["code"]) for fault in answer.error["details"]["faults"]]
    assert faults == [("/body/composition/scenes/0/layers/1/asset", "asset_missing")]
    assert (recorded.started, seconds(caller)) == ([], (100, 0))
    assert ask(owner).status in {200, 202}


def test_the_plan_s_limits_are_faults(rich: Callable[..., Caller], post: Invoke) -> None:
    body = {"composition": composition(seconds=40), "output": {"resolution": "1440p"}}
    answer = post(rich(tier="free"), body)

    assert {fault["code"] for fault in answer.error["details"]["faults"]} == {"plan_resolution", "plan_duration"}


def test_a_foreign_project_is_not_found(rich: Callable[..., Caller], post: Invoke) -> None:
    assert post(rich(), {"project_id": new_id()}).status == 404


def test_too_few_seconds_leave_no_trace(rich: Callable[..., Caller], post: Invoke, recorded: Compute) -> None:
    caller = rich(seconds=1)
    answer = post(caller, {"composition": composition()})

    assert (answer.status, answer.error["code"]) == (402, "insufficient_seconds")
    assert seconds(caller) == (1, 0)
    assert recorded.started == []
    assert outbox_events(table_name("render")) == []


def test_parallel_renders_are_limited_by_plan(rich: Callable[..., Caller], post: Invoke) -> None:
    caller = rich(tier="free")
    statuses = [post(caller, {"composition": composition(color=f"#11223{n}")}).status for n in range(3)]
    assert statuses == [202, 202, 429]


def test_two_at_once_with_seconds_for_one(rich: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    caller = rich(seconds=2)
    one_call_at_a_time(monkeypatch)

    answers = at_once([lambda: submit(caller)] * 2)

    assert sorted(type(answer).__name__ for answer in answers) == ["InsufficientSeconds", "Render"]
    assert seconds(caller) == (0, 2)


def test_the_same_request_twice_at_once_is_one_job(
    rich: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=10)
    one_call_at_a_time(monkeypatch)

    answers = at_once([lambda: submit(caller, key="k")] * 4)

    assert {type(answer) for answer in answers} == {Render}
    assert len({answer.id for answer in answers}) == 1
    assert seconds(caller) == (8, 2)


def test_a_submit_that_cannot_start_is_started_by_its_event(
    rich: Callable[..., Caller], post: Invoke, load: Callable[[str], Any], lambda_context: Any, recorded: Compute
) -> None:
    recorded.unreachable = True
    job_id = post(rich(), {"composition": composition()}).json["id"]
    assert recorded.started == []

    recorded.unreachable = False
    (event,) = outbox_events(table_name("render"))
    batch = {"Records": [{"messageId": "1", "body": json.dumps({"detail": event})}] * 2}
    assert load("render/start").handler(batch, lambda_context) == {"batchItemFailures": []}
    assert recorded.started == [job_id]


def test_a_render_that_cannot_be_started_at_all_is_failed_by_the_last_attempt(
    rich: Callable[..., Caller], load: Callable[[str], Any], lambda_context: Any, recorded: Compute
) -> None:
    recorded.unreachable = True
    caller = rich(seconds=10)
    job = submit(caller)
    (event,) = outbox_events(table_name("render"))

    def deliver(attempt: int) -> Any:
        attributes = {"ApproximateReceiveCount": str(attempt)}
        record = {"messageId": "1", "body": json.dumps({"detail": event}), "attributes": attributes}
        return load("render/start").handler({"Records": [record]}, lambda_context)["batchItemFailures"]

    assert deliver(consumers.START_ATTEMPTS - 1) == [{"itemIdentifier": "1"}]
    assert (service.get(caller, job.id).status, seconds(caller)) == ("queued", (8, 2))
    assert deliver(consumers.START_ATTEMPTS) == deliver(consumers.START_ATTEMPTS) == []
    ended = service.get(caller, job.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "render_not_started")
    assert seconds(caller) == (10, 0)


def test_the_last_attempt_is_the_queues_last() -> None:
    fragment = (ROOT / "infra/contexts/render_consumers.yaml").read_text()
    assert f"RenderStartDeadLetterQueue.Arn, maxReceiveCount: {consumers.START_ATTEMPTS} }}" in fragment


def test_round_trips(
    rich: Callable[..., Caller], post: Invoke, invoke: Invoke, calls: list[str], recorded: Compute
) -> None:
    caller = rich()
    calls.clear()
    job_id = post(caller, {"composition": composition()}).json["id"]
    assert len(calls) <= 4, calls
    calls.clear()
    invoke("render/renders", "GET", f"/v1/renders/{job_id}", caller=caller)
    assert calls == ["GetItem"]
    calls.clear()
    invoke("render/renders", "GET", "/v1/renders", caller=caller)
    assert calls == ["Query"]


def test_listing_is_newest_first_paged_and_filtered(
    rich: Callable[..., Caller], post: Invoke, invoke: Invoke, recorded: Compute
) -> None:
    caller = rich(tier="business")
    ids = [post(caller, {"composition": composition(color=f"#1122{n:02d}")}).json["id"] for n in range(5)]
    invoke("render/renders", "POST", f"/v1/renders/{ids[2]}/cancel", caller=caller)

    def page(**query: str) -> Any:
        answer = invoke("render/renders", "GET", "/v1/renders", caller=caller, query=query)
        assert answer.status == 200, answer
        return answer.json

    first = page(page_size="2")
    assert [item["id"] for item in first["data"]] == [ids[4], ids[3]]
    assert first["meta"]["total"] == 5
    second = page(page_size="2", cursor=first["meta"]["cursor"])
    assert [item["id"] for item in second["data"]] == [ids[2], ids[1]]
    last = page(page_size="2", cursor=second["meta"]["cursor"])
    assert ([item["id"] for item in last["data"]], last["meta"]["has_more"]) == ([ids[0]], False)
    assert [item["id"] for item in page(page_size="2", page="2")["data"]] == [ids[2], ids[1]]
    cancelled = page(status="cancelled")
    assert ([item["id"] for item in cancelled["data"]], cancelled["meta"]["total"]) == ([ids[2]], 1)
    assert page(status="active")["meta"]["total"] == 4
    assert page(status="completed") | {"meta": None} == {"data": [], "meta": None}
    stranger = invoke("render/renders", "GET", "/v1/renders", caller=rich())
    assert (stranger.json["data"], stranger.json["meta"]["total"]) == ([], 0)


@pytest.mark.parametrize("status", [None, "completed"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "e30",
        "eyJhdCI6MX0",
        encode_cursor({"at": "", "total": 1}),
        encode_cursor({"at": "2" * 1100, "total": 1}),
        encode_cursor({"at": "2026", "total": True}),
        encode_cursor({"at": "2026", "total": -1}),
        encode_cursor({"at": "2026", "total": 10**300}),
        encode_cursor({"at": "2026"}),
    ],
)
def test_a_made_up_cursor_is_refused(
    cursor: str, status: str | None, rich: Callable[..., Caller], invoke: Invoke
) -> None:
    query = {"cursor": cursor} | ({"status": status} if status else {})
    answer = invoke("render/renders", "GET", "/v1/renders", caller=rich(), query=query)
    assert (answer.status, answer.error["code"]) == (400, "invalid_request")


def test_others_jobs_are_not_found(
    rich: Callable[..., Caller], post: Invoke, invoke: Invoke, recorded: Compute
) -> None:
    owner = rich()
    job_id = post(owner, {"composition": composition()}).json["id"]
    for stranger in (rich(), rich(tenant_id=owner.tenant_id)):
        assert invoke("render/renders", "GET", f"/v1/renders/{job_id}", caller=stranger).status == 404
        assert invoke("render/renders", "POST", f"/v1/renders/{job_id}/cancel", caller=stranger).status == 404
