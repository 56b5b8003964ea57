"""What becomes of uploads: accepted, rejected, delivered twice, replaced, deleted meanwhile."""

import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.files.conftest import Bucket, picture

from flatrender.files import intake, repository, service
from flatrender.files.errors import UploadInProgress
from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.kernel.plans import FREE, PLANS
from flatrender.platform import storage


@pytest.fixture
def pending(ask: Any, bucket: Bucket) -> Any:
    """Asks and uploads, but nothing is examined yet; returns the file's id and the upload's key."""

    def make(who: Any, body: bytes, size: int | None = None, **given: Any) -> tuple[str, str]:
        file_id = ask(who, size=size or len(body), **given).json["file"]["id"]
        key = storage.upload_key(who.tenant_id, file_id)
        bucket.put(key, body)
        return file_id, key

    return make


def test_a_good_upload_becomes_a_file(
    *, pending: Any, probe: Any, read: Any, caller: Any, bucket: Bucket, told: Any
) -> None:
    who, content = caller(), picture()
    file_id, key = pending(who, content, size=len(content) + 500)
    assert probe(key) == []
    kept = storage.file_key(who.tenant_id, file_id)
    assert bucket.keys() == {kept}
    assert bucket.get(kept) == content
    assert bucket.type_of(kept) == "image/jpeg"
    assert read(who, file_id).json["size_bytes"] == len(content)
    usage = repository.usage(who.tenant_id, who.user_id)
    assert (usage.used_bytes, usage.reservations) == (len(content), {})
    [event] = told()
    assert event["data"]["width"] == 320
    assert (event["type"], event["aggregate_id"], event["data"]["user_id"]) == ("file.ready.v1", file_id, who.user_id)


def test_media_that_is_not_what_it_claims_is_rejected_with_the_reason(
    *, pending: Any, probe: Any, read: Any, caller: Any, bucket: Bucket, told: Any
) -> None:
    who = caller()
    cases = {
        "truncated": (picture()[:-400], "image/jpeg"),
        "type_mismatch": (picture(), "image/png"),
        "unknown_type": (b"#!/bin/sh\necho hello\n" * 20, "image/jpeg"),
        "polyglot": (picture() + b"PK\x03\x04" + os.urandom(200), "image/jpeg"),
    }
    made = {code: pending(who, body, content_type=kind) for code, (body, kind) in cases.items()}
    assert probe(*(key for _, key in made.values())) == []
    assert bucket.keys() == set()
    assert repository.usage(who.tenant_id, who.user_id).reserved_bytes == 0
    for code, (file_id, _) in made.items():
        file = read(who, file_id).json
        assert (file["status"], file["rejection"]["code"]) == ("rejected", code)
        assert len(file["rejection"]["message"]) > 20
        assert file["url"] is None
    assert {event["data"]["reason"]["code"] for event in told()} == set(cases)


def test_more_bytes_than_announced_are_rejected_unread(
    *, pending: Any, probe: Any, read: Any, caller: Any, bucket: Bucket
) -> None:
    who = caller()
    file_id, key = pending(who, picture(), size=100)
    assert probe(key) == []
    assert read(who, file_id).json["rejection"]["code"] == "too_large"
    assert bucket.keys() == set()


def test_a_double_delivery_changes_nothing(pending: Any, probe: Any, caller: Any, bucket: Bucket, told: Any) -> None:
    who, content = caller(), picture()
    file_id, key = pending(who, content)
    assert probe(key, key) == []
    assert probe(key) == []
    assert bucket.keys() == {storage.file_key(who.tenant_id, file_id)}
    assert [event["type"] for event in told()] == ["file.ready.v1"]
    assert repository.usage(who.tenant_id, who.user_id).used_bytes == len(content)


@pytest.mark.parametrize("first", ["ready", "rejected"])
def test_a_second_upload_with_the_same_form_changes_nothing(
    *, first: str, pending: Any, probe: Any, read: Any, caller: Any, bucket: Bucket
) -> None:
    who = caller()
    file_id, key = pending(who, picture() if first == "ready" else b"nothing like a picture", size=10**6)
    probe(key)
    before = (read(who, file_id).json["status"], {name: bucket.get(name) for name in sorted(bucket.keys())})
    bucket.put(key, picture(seed=2))
    assert probe(key) == []
    assert (read(who, file_id).json["status"], {name: bucket.get(name) for name in sorted(bucket.keys())}) == before
    assert before[0] == first


@pytest.fixture
def replaced(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`replaced(key, a, b)`: the upload is overwritten with these, each while the one before it is examined."""

    def arrange(key: str, *bodies: bytes) -> None:
        fetch, copy, left = storage.fetch, storage.copy, list(bodies)

        def copy_if_match(source: str, *given: Any, etag: str) -> None:
            """moto copies whatever is there."""
            if (storage.head(source) or {}).get("ETag") != etag:
                raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 412}}, "CopyObject")  # type: ignore[typeddict-item]
            copy(source, *given, etag=etag)

        def fetch_then_replace(*given: Any) -> Any:
            found = fetch(*given)
            if left:
                bucket.put(key, left.pop(0))
            return found

        monkeypatch.setattr(storage, "copy", copy_if_match)
        monkeypatch.setattr(storage, "fetch", fetch_then_replace)

    return arrange


def test_what_is_kept_is_what_was_examined(
    *, pending: Any, probe: Any, caller: Any, bucket: Bucket, read: Any, replaced: Any
) -> None:
    """A browser that repeats its upload while the first is examined does not wait for the queue."""
    who, last = caller(), picture(seed=3)
    file_id, key = pending(who, picture(), size=10**6)
    replaced(key, picture(seed=2), last)
    assert probe(key) == []
    assert read(who, file_id).json["status"] == "ready"
    assert bucket.get(storage.file_key(who.tenant_id, file_id)) == last


def test_an_upload_that_is_replaced_all_the_time_is_left_to_the_next_invocation(
    *, pending: Any, probe: Any, caller: Any, read: Any, replaced: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "AGAIN_SECONDS", -1)
    who = caller()
    file_id, key = pending(who, picture(), size=10**6)
    replaced(key, picture(seed=2))
    assert probe(key) == [key]
    assert read(who, file_id).json["status"] == "pending"
    assert probe(key) == []
    assert read(who, file_id).json["status"] == "ready"


def test_a_claim_whose_answer_was_lost_does_not_meet_itself(pending: Any, caller: Any) -> None:
    who = caller()
    file_id, _ = pending(who, picture())
    item = repository.get(who.tenant_id, file_id)
    assert item is not None
    repository.claim(item, "mine")
    repository.claim(item, "mine")
    with pytest.raises(UploadInProgress):
        repository.claim(item, "another's")


def test_only_one_invocation_examines_an_upload(
    pending: Any, probe: Any, caller: Any, monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    who = caller()
    _, key = pending(who, picture())
    fetch, second = storage.fetch, []

    def fetch_and_deliver_again(*given: Any) -> Any:
        monkeypatch.setattr(storage, "fetch", fetch)
        second.extend(probe(key))
        return fetch(*given)

    monkeypatch.setattr(storage, "fetch", fetch_and_deliver_again)
    assert probe(key) == []
    assert second == [key]
    assert probe(key) == []
    assert len(told()) == 1


def test_a_claim_of_an_invocation_that_died_lapses(
    pending: Any, probe: Any, caller: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    file_id, key = pending(who, picture())
    item = repository.get(who.tenant_id, file_id)
    assert item is not None
    repository.claim(item, "dead")
    assert probe(key) == [key]
    later = repository.epoch() + repository.CLAIM_SECONDS + 1
    monkeypatch.setattr(repository, "epoch", lambda: later)
    assert probe(key) == []
    assert read(who, file_id).json["status"] == "ready"


def test_a_failure_of_ours_is_tried_again_at_once(
    pending: Any, probe: Any, caller: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller()
    (bad, bad_key), (good, good_key) = pending(who, picture()), pending(who, picture(seed=2))
    copy = storage.copy

    def broken(source: str, *given: Any, **named: Any) -> None:
        if source == bad_key:
            raise ClientError(
                {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "CopyObject"
            )
        copy(source, *given, **named)

    monkeypatch.setattr(storage, "copy", broken)
    assert probe(bad_key, good_key) == [bad_key]
    assert read(who, good).json["status"] == "ready"
    monkeypatch.setattr(storage, "copy", copy)
    assert probe(bad_key) == []
    assert read(who, bad).json["status"] == "ready"


def test_deleting_while_it_is_examined_leaves_nothing(
    *, pending: Any, probe: Any, caller: Any, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    who = caller()
    file_id, key = pending(who, picture())
    copy = storage.copy

    def copy_then_delete(*given: Any, **named: Any) -> None:
        copy(*given, **named)
        service.delete(who, file_id)
        copy_back = picture()
        bucket.put(storage.file_key(who.tenant_id, file_id), copy_back)

    monkeypatch.setattr(storage, "copy", copy_then_delete)
    assert probe(key) == []
    assert bucket.keys() == set()
    assert [event["type"] for event in told()] == ["file.deleted.v1"]
    usage = repository.usage(who.tenant_id, who.user_id)
    assert (usage.used_bytes, usage.reservations) == (0, {})


def test_an_upload_that_nobody_asked_for_is_removed(probe: Any, caller: Any, bucket: Bucket, told: Any) -> None:
    key = storage.upload_key(new_id(), new_id())
    bucket.put(key, picture())
    assert probe(key, "uploads/oddly/deep/key", "files/x/y") == []
    assert bucket.keys() == set()
    assert told() == []


def test_an_event_whose_object_is_gone_is_no_failure(pending: Any, probe: Any, caller: Any, read: Any) -> None:
    who = caller()
    file_id, key = pending(who, picture())
    storage.remove(key)
    assert probe(key) == []
    assert read(who, file_id).json["status"] == "pending"


def test_a_lapsed_reservation_does_not_push_over_the_quota(
    *, pending: Any, probe: Any, ask: Any, caller: Any, read: Any, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, content = caller(), picture()
    monkeypatch.setitem(PLANS, "free", FREE.model_copy(update={"storage_bytes": len(content) + 10}))
    file_id, key = pending(who, content)
    now = repository.epoch()
    monkeypatch.setattr("flatrender.files.usage.epoch", lambda: now + service.PENDING_SECONDS + 1)
    monkeypatch.setattr("flatrender.files.service.epoch", lambda: now + service.PENDING_SECONDS + 1)
    assert ask(who, size=len(content)).status == 201
    assert probe(key) == []
    file = read(who, file_id).json
    assert (file["status"], file["rejection"]["code"]) == ("rejected", "storage_full")
    assert bucket.keys() == set()


def test_malformed_messages_fail_alone(load: Any, aws: None) -> None:
    answer = load("files/probe").handler({"Records": [{"messageId": "1", "body": "{"}]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


class TestAssets:
    def test_own_and_system_files_in_one_read(
        self, upload: Any, caller: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Any
    ) -> None:
        who, other = caller(), caller()
        path = tmp_path / "sky.jpg"
        path.write_bytes(picture(seed=7))
        system = service.register_system_file("sky", path, "image/jpeg")
        mine, theirs = upload(who), upload(other)
        waiting = ask(who).json["file"]["id"]
        calls: list[Any] = []
        batch = repository.batch
        monkeypatch.setattr(repository, "batch", lambda keys: calls.append(1) or batch(keys))
        found = service.assets(who.tenant_id, [mine, theirs, system, waiting, mine, new_id()])
        assert len(calls) == 1
        assert set(found) == {mine, system, waiting}
        assert (found[mine].width, found[mine].ready, len(found[mine].sha256)) == (320, True, 64)
        assert not found[waiting].ready
        assert service.object_key(who.tenant_id, found[mine]) == storage.file_key(who.tenant_id, mine)
        assert service.object_key(who.tenant_id, found[system]) == storage.file_key(SYSTEM_TENANT_ID, system)

    def test_another_users_files_are_left_out_when_asked_for_one_user(self, upload: Any, caller: Any) -> None:
        who = caller()
        file_id = upload(who)
        assert service.assets(who.tenant_id, [file_id], user_id=new_id()) == {}
        assert set(service.assets(who.tenant_id, [file_id], user_id=who.user_id)) == {file_id}

    def test_what_people_of_the_system_tenant_upload_is_not_everybodys(self, upload: Any, caller: Any) -> None:
        insider, colleague, who = (
            caller(tenant_id=tenant) for tenant in (SYSTEM_TENANT_ID, SYSTEM_TENANT_ID, new_id())
        )
        file_id = upload(insider)
        for other in (who, colleague):
            assert service.assets(other.tenant_id, [file_id], user_id=other.user_id) == {}
        assert service.assets(who.tenant_id, [file_id]) == {}
        assert set(service.assets(SYSTEM_TENANT_ID, [file_id], user_id=insider.user_id)) == {file_id}

    def test_an_asset_of_another_tenant_has_no_key(self, upload: Any, caller: Any) -> None:
        who = caller()
        [info] = service.assets(who.tenant_id, [upload(who)]).values()
        with pytest.raises(service.FileNotFound):
            service.object_key(new_id(), info)

    def test_nothing_asked_nothing_read(self) -> None:
        assert service.assets(new_id(), []) == {}

    def test_many_ids_are_read_in_batches(self, caller: Any, upload: Any) -> None:
        who = caller()
        mine = upload(who)
        assert set(service.assets(who.tenant_id, [*(new_id() for _ in range(120)), mine])) == {mine}

    def test_registering_a_system_file_again_is_harmless(self, bucket: Bucket, tmp_path: Path) -> None:
        path = tmp_path / "sky.jpg"
        path.write_bytes(picture())
        first = service.register_system_file("sky", path, "image/jpeg")
        assert service.register_system_file("sky", path, "image/jpeg") == first
        path.write_bytes(picture(seed=2))
        assert service.register_system_file("sky", path, "image/jpeg") == first
        assert bucket.get(storage.file_key(SYSTEM_TENANT_ID, first)) == picture(seed=2)

    def test_intake_is_not_for_system_files(self, probe: Any, bucket: Bucket, tmp_path: Path) -> None:
        path = tmp_path / "sky.jpg"
        path.write_bytes(picture())
        file_id = service.register_system_file("sky", path, "image/jpeg")
        key = storage.upload_key(SYSTEM_TENANT_ID, file_id)
        bucket.put(key, b"something else")
        assert probe(key) == []
        assert bucket.keys() == {storage.file_key(SYSTEM_TENANT_ID, file_id)}
