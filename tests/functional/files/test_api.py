"""/v1/files: asking to upload, reading, listing, deleting; and who may not."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.functional.files.conftest import Bucket, picture
from tests.support.dynamodb import one_call_at_a_time, record_calls

from flatrender.files import repository, service
from flatrender.files.schemas import TYPES, UploadRequest
from flatrender.kernel.errors import FlatRenderError
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import decode_cursor, encode_cursor
from flatrender.kernel.plans import FREE, PLANS
from flatrender.platform import storage


def _policy(fields: dict[str, str]) -> list[Any]:
    conditions: list[Any] = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    return conditions


def test_the_form_takes_this_file_and_no_other(ask: Any, caller: Any) -> None:
    who = caller()
    answer = ask(who, size=4711)
    upload, file = answer.json["upload"], answer.json["file"]
    key = storage.upload_key(who.tenant_id, file["id"])
    assert answer.status == 201
    assert upload["fields"]["key"] == key
    assert upload["fields"]["Content-Type"] == "image/jpeg"
    policy = _policy(upload["fields"])
    assert ["content-length-range", 1, 4711] in policy
    assert {"key": key} in policy
    assert {"Content-Type": "image/jpeg"} in policy
    assert file["status"] == "pending"
    assert file["expires_at"] > file["created_at"]
    assert file["url"] is None


@pytest.mark.parametrize(
    ("given", "stored"), [("audio/x-wav", "audio/wav"), ("Image/JPG", "image/jpeg"), ("video/mp4; x=y", "video/mp4")]
)
def test_other_names_of_a_type_are_understood(given: str, stored: str, ask: Any, caller: Any) -> None:
    assert ask(caller(), content_type=given).json["file"]["content_type"] == stored


@pytest.mark.parametrize("content_type", ["image/tiff", "text/html", "application/octet-stream", "image/../png"])
def test_types_that_cannot_be_used_are_refused(content_type: str, ask: Any, caller: Any) -> None:
    answer = ask(caller(), content_type=content_type)
    assert (answer.status, answer.error["code"]) == (422, "unsupported_type")
    assert answer.error["details"]["faults"][0]["pointer"] == "/body/content_type"
    assert all(known in answer.error["message"] for known in TYPES)


@pytest.mark.parametrize("tier", list(PLANS))
def test_size_is_limited_by_the_plan(tier: str, ask: Any, caller: Any) -> None:
    limit = PLANS[tier].max_upload_bytes
    assert ask(caller(tier=tier), size=limit).status == 201
    answer = ask(caller(tier=tier), size=limit + 1)
    assert (answer.status, answer.error["code"]) == (413, "file_too_large")
    assert answer.error["details"]["max_bytes"] == limit


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": "image/png", "size_bytes": 1},
        {"filename": "a.png", "content_type": "image/png", "size_bytes": 0},
        {"filename": "a.png", "content_type": "image/png", "size_bytes": "12"},
        {"filename": "a.png", "content_type": "image/png", "size_bytes": 1.5},
        {"filename": "", "content_type": "image/png", "size_bytes": 1},
        {"filename": "../a.png", "content_type": "image/png", "size_bytes": 1},
        {"filename": "a\r\nX: y.png", "content_type": "image/png", "size_bytes": 1},
        {"filename": "a.png", "content_type": "image/png", "size_bytes": 1, "tenant_id": new_id()},
        {"filename": "x" * 256, "content_type": "image/png", "size_bytes": 1},
        "not json",
        [],
    ],
)
def test_malformed_requests(body: Any, invoke: Any, caller: Any) -> None:
    answer = invoke("files/files", "POST", "/v1/files", body=body, caller=caller())
    assert answer.status == 400
    assert answer.error["details"]["faults"]


def test_the_quota_holds_reserved_and_used_bytes(ask: Any, caller: Any) -> None:
    who = caller()
    for _ in range(FREE.storage_bytes // FREE.max_upload_bytes):
        assert ask(who, size=FREE.max_upload_bytes).status == 201
    answer = ask(who, size=FREE.max_upload_bytes)
    assert (answer.status, answer.error["code"]) == (402, "storage_full")
    assert answer.error["details"]["quota_bytes"] == FREE.storage_bytes
    assert ask(caller(tenant_id=who.tenant_id), size=FREE.max_upload_bytes).status == 201


def test_concurrent_uploads_cannot_exceed_the_quota(aws: None, caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one_call_at_a_time(monkeypatch)
    who = caller()
    room = 5
    monkeypatch.setitem(PLANS, "free", FREE.model_copy(update={"storage_bytes": room * 1000 + 500}))

    def try_one(_: int) -> bool:
        try:
            service.create(who, UploadRequest(filename="a.jpg", content_type="image/jpeg", size_bytes=1000))
        except FlatRenderError as error:
            assert error.code == "storage_full"  # noqa: PT017 - anything else fails the test
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        succeeded = sum(pool.map(try_one, range(12)))
    assert succeeded == room
    assert repository.usage(who.tenant_id, who.user_id).reserved_bytes == room * 1000


def test_uploads_that_never_arrive_give_their_space_back(
    ask: Any, caller: Any, read: Any, invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    monkeypatch.setitem(PLANS, "free", FREE.model_copy(update={"storage_bytes": 1500}))
    file_id = ask(who, size=1000).json["file"]["id"]
    assert ask(who, size=1000).status == 402
    later = repository.epoch() + service.PENDING_SECONDS + 1
    for module in ("repository", "service", "usage"):
        monkeypatch.setattr(f"flatrender.files.{module}.epoch", lambda: later)
    assert read(who, file_id).status == 404
    assert invoke("files/files", "GET", "/v1/files", caller=who).json["data"] == []
    assert ask(who, size=1000).status == 201


def test_only_so_many_uploads_may_be_under_way(ask: Any, caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    who = caller()
    monkeypatch.setattr("flatrender.files.usage.MAX_RESERVATIONS", 3)
    assert all(ask(who, size=1).status == 201 for _ in range(3))
    assert ask(who, size=1).error["code"] == "too_many_uploads"


def test_a_ready_file_can_be_read(upload: Any, read: Any, caller: Any) -> None:
    who = caller()
    file = read(who, upload(who, filename="دریاچه.jpg")).json
    assert (file["status"], file["width"], file["height"], file["kind"]) == ("ready", 320, 200, "image")
    assert file["expires_at"] is None
    assert storage.file_key(who.tenant_id, file["id"]) in file["url"]
    assert "filename%2A%3DUTF-8%27%27%25D8%25AF" in file["download_url"]


@pytest.mark.parametrize("whose", ["same tenant", "other tenant"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_files_of_others_are_not_found(
    *, whose: str, method: str, upload: Any, invoke: Any, caller: Any, stranger: Any, read: Any
) -> None:
    owner = caller()
    file_id = upload(owner)
    answer = invoke("files/files", method, f"/v1/files/{file_id}", caller=stranger(owner, whose))
    assert (answer.status, answer.error["code"]) == (404, "file_not_found")
    assert read(owner, file_id).status == 200


@pytest.mark.parametrize("file_id", ["1", "x" * 36, "00000000-0000-1000-8000-000000000000"])
def test_ids_that_are_none(file_id: str, invoke: Any, caller: Any) -> None:
    assert invoke("files/files", "GET", f"/v1/files/{file_id}", caller=caller()).status == 400


@pytest.mark.parametrize(
    ("given", "code"), [({"email_verified": False}, "email_not_verified"), ({"scopes": frozenset()}, "scope_missing")]
)
def test_who_may_not_upload(given: dict[str, Any], code: str, ask: Any, caller: Any) -> None:
    answer = ask(caller(**given))
    assert (answer.status, answer.error["code"]) == (403, code)


def test_lists_are_paged_newest_first(ask: Any, caller: Any, invoke: Any) -> None:
    who = caller()
    ids = [ask(who, size=1).json["file"]["id"] for _ in range(5)]
    ask(caller(tenant_id=who.tenant_id))

    def page(**query: str) -> Any:
        return invoke("files/files", "GET", "/v1/files", caller=who, query=query).json

    first = page(page="1", page_size="2")
    second = page(page="2", page_size="2")
    by_cursor = page(cursor=first["meta"]["cursor"], page_size="2")
    last = page(page="3", page_size="2")
    listed = [file["id"] for part in (first, second, last) for file in part["data"]]
    assert sorted(listed) == sorted(ids)
    assert [file["created_at"] for part in (first, second, last) for file in part["data"]] == sorted(
        (file["created_at"] for part in (first, second, last) for file in part["data"]), reverse=True
    )
    assert by_cursor["data"] == second["data"]
    assert first["meta"] | {"cursor": None} == {"page": 1, "page_size": 2, "total": 5, "has_more": True, "cursor": None}
    assert (last["meta"]["has_more"], last["meta"]["cursor"]) == (False, None)


def test_lists_can_be_of_one_kind(ask: Any, caller: Any, invoke: Any) -> None:
    who = caller()
    for content_type in ("image/png", "audio/mpeg", "image/jpeg", "video/mp4", "image/gif"):
        ask(who, content_type=content_type)
    answer = invoke("files/files", "GET", "/v1/files", caller=who, query={"kind": "image", "page_size": "2"}).json
    rest = invoke(
        "files/files", "GET", "/v1/files", caller=who, query={"kind": "image", "cursor": answer["meta"]["cursor"]}
    ).json
    assert [file["content_type"] for file in answer["data"] + rest["data"]] == ["image/gif", "image/jpeg", "image/png"]
    assert answer["meta"]["total"] == 3
    assert invoke("files/files", "GET", "/v1/files", caller=who, query={"kind": "text"}).status == 400


def _totals(invoke: Any, who: Any) -> dict[str, int]:
    """What the lists say, of all and of each kind; each in one call and in agreement with what they show."""
    found = {}
    for kind in (None, "image", "video", "audio"):
        answer = invoke("files/files", "GET", "/v1/files", caller=who, query={"kind": kind} if kind else {}).json
        found[kind or "all"] = answer["meta"]["total"]
        assert answer["meta"]["total"] == len(answer["data"])
    return found


def test_totals_follow_every_change(
    *, ask: Any, upload: Any, caller: Any, invoke: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    ready, pending = upload(who), ask(who, content_type="audio/mpeg").json["file"]["id"]
    rejected = upload(who, b"no picture at all", content_type="image/png")
    assert read(who, rejected).json["status"] == "rejected"
    ask(who, content_type="video/mp4")
    assert _totals(invoke, who) == {"all": 4, "image": 2, "video": 1, "audio": 1}
    for file_id, left in ((rejected, 3), (pending, 2), (ready, 1)):
        assert invoke("files/files", "DELETE", f"/v1/files/{file_id}", caller=who).status == 204
        assert invoke("files/files", "DELETE", f"/v1/files/{file_id}", caller=who).status == 404
        assert _totals(invoke, who)["all"] == left
    later = repository.epoch() + service.PENDING_SECONDS + 1
    for module in ("repository", "service", "usage"):
        monkeypatch.setattr(f"flatrender.files.{module}.epoch", lambda: later)
    assert _totals(invoke, who) == {"all": 0, "image": 0, "video": 0, "audio": 0}


def test_a_list_is_one_call(ask: Any, caller: Any, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    who = caller()
    for _ in range(3):
        ask(who)
    calls = record_calls(monkeypatch)
    query = {"page_size": "2"}
    cursor = invoke("files/files", "GET", "/v1/files", caller=who, query=query).json["meta"]["cursor"]
    for more in ({"cursor": cursor}, {"page": "2"}, {"kind": "image"}):
        invoke("files/files", "GET", "/v1/files", caller=who, query=query | more)
    assert calls == ["Query"] * 4


def test_the_plan_bounds_how_many_files_there_are(
    *, ask: Any, upload: Any, caller: Any, invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    monkeypatch.setitem(PLANS, "free", FREE.model_copy(update={"max_files": 2}))
    ready = upload(who)
    assert ask(who).status == 201
    answer = ask(who)
    assert (answer.status, answer.error["code"], answer.error["details"]) == (402, "storage_full", {"max_files": 2})
    assert "up to 2 files" in answer.error["message"]
    invoke("files/files", "DELETE", f"/v1/files/{ready}", caller=who)
    assert ask(who).status == 201


def test_rejected_uploads_are_bounded(
    *, ask: Any, upload: Any, caller: Any, invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    monkeypatch.setattr("flatrender.files.usage.MAX_PASSING", 1)
    rejected = upload(who, b"no picture at all")
    assert ask(who).error["code"] == "too_many_uploads"
    invoke("files/files", "DELETE", f"/v1/files/{rejected}", caller=who)
    assert ask(who).status == 201


@pytest.mark.parametrize("cursor", ["", "x", "e30", base64.urlsafe_b64encode(b'{"owner":"TENANT#1"}').decode()])
def test_made_up_cursors_are_refused(cursor: str, caller: Any, invoke: Any) -> None:
    answer = invoke("files/files", "GET", "/v1/files", caller=caller(), query={"cursor": cursor or "%%"})
    assert answer.status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"created": ""},
        {"created": "2" * 1100},
        {"pk": ""},
        {"sk": 1},
        {"total": True},
        {"total": -1},
        {"owner": None},
        {"more": 1},
    ],
)
def test_a_cursor_that_was_changed_is_refused(change: dict[str, Any], ask: Any, caller: Any, invoke: Any) -> None:
    who = caller()
    for _ in range(2):
        ask(who)
    query = {"page_size": "1"}
    given = decode_cursor(invoke("files/files", "GET", "/v1/files", caller=who, query=query).json["meta"]["cursor"])
    for key, status in ((given, 200), (given | change, 400)):
        cursor = encode_cursor(key)
        assert invoke("files/files", "GET", "/v1/files", caller=who, query={"cursor": cursor}).status == status


def test_a_cursor_of_somebody_else_is_refused(ask: Any, caller: Any, invoke: Any) -> None:
    who = caller()
    for _ in range(2):
        ask(who)
    query = {"page_size": "1"}
    cursor = invoke("files/files", "GET", "/v1/files", caller=who, query=query).json["meta"]["cursor"]
    answer = invoke("files/files", "GET", "/v1/files", caller=caller(), query={"cursor": cursor})
    assert answer.status == 400


def test_deleting_removes_bytes_record_and_usage(
    *, upload: Any, read: Any, invoke: Any, caller: Any, bucket: Bucket, told: Callable[[], list[dict[str, Any]]]
) -> None:
    who = caller()
    file_id = upload(who)
    assert repository.usage(who.tenant_id, who.user_id).used_bytes == len(picture())
    answer = invoke("files/files", "DELETE", f"/v1/files/{file_id}", caller=who)
    assert (answer.status, answer.body) == (204, "")
    assert bucket.keys() == set()
    assert read(who, file_id).status == 404
    assert repository.usage(who.tenant_id, who.user_id).used_bytes == 0
    assert [(event["type"], event["sequence"]) for event in told()] == [("file.ready.v1", 1), ("file.deleted.v1", 2)]
    assert invoke("files/files", "DELETE", f"/v1/files/{file_id}", caller=who).status == 404


def test_deleting_a_pending_file_frees_its_reservation(ask: Any, invoke: Any, caller: Any) -> None:
    who = caller()
    file_id = ask(who, size=1000).json["file"]["id"]
    assert invoke("files/files", "DELETE", f"/v1/files/{file_id}", caller=who).status == 204
    assert repository.usage(who.tenant_id, who.user_id).reserved_bytes == 0
