"""A completed render's playlist goes when the first of its parts does; what is asked then is final, and says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.renders import composition, finish, pointer, render_chunks, submit
from tests.support.uploaded import tone

from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import epoch
from flatrender.render import chunk_repository, model, repository, service, watching
from flatrender.render.errors import PlaylistExpired
from flatrender.render.model import CacheItem, ChunkItem, JobItem
from flatrender.render.pipeline import plan
from flatrender.render.schemas import Render

HLS = {"hls": True}
PLAYLISTS: tuple[watching.Name, ...] = ("main.m3u8", "video.m3u8", "audio.m3u8")

pytestmark = pytest.mark.usefixtures("recorded")


@pytest.fixture
def completed(rich: Callable[..., Caller], tmp_path: Path) -> tuple[Caller, Render]:
    """A render of two scenes with sound."""
    caller = rich(seconds=20)
    job = submit(caller, {**composition(), "audio": [{"asset": tone(caller, tmp_path, 2.0)}]}, output=HLS)
    render_chunks(pointer(caller, job))
    assert finish(pointer(caller, job)) == {"outcome": "ok"}
    return caller, job


def stored(caller: Caller, job: Render) -> JobItem:
    return repository.job(caller.tenant_id, job.id)


def token(caller: Caller, job: Render) -> str:
    link = watching.link(stored(caller, job), "main.m3u8")
    assert link is not None
    return link.partition("token=")[2]


def record(caller: Caller, job: Render, index: int) -> CacheItem:
    _, chunks = chunk_repository.job_and_chunks(caller.tenant_id, job.id)
    key = next(chunk.key for chunk in chunks if chunk.index == index)
    return CacheItem.get(model.cache_pk(caller.tenant_id, key), "CHUNK")


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    now = epoch()
    monkeypatch.setattr(watching, "epoch", lambda: now + seconds)


def test_the_playlist_is_kept_for_as_long_as_the_chunk_items(
    completed: tuple[Caller, Render], monkeypatch: pytest.MonkeyPatch, invoke: Callable[..., Any]
) -> None:
    caller, job = completed
    later(monkeypatch, repository.WORK_KEPT_SECONDS - 600)
    assert service.get(caller, job.id).playlist_path is not None
    for name in PLAYLISTS:
        assert watching.document(job.id, name, token(caller, job)).body.startswith("#EXTM3U")

    later(monkeypatch, repository.WORK_KEPT_SECONDS)
    done = service.get(caller, job.id)
    assert done.playlist_path is None
    assert done.result is not None
    assert done.result.sprite is not None, "the sprite's index is no playlist, and stays"
    query = {"token": token(caller, job)}
    for name in PLAYLISTS:
        answer = invoke("render/watch", "GET", f"/v1/renders/{job.id}/watch/{name}", query=query)
        assert (answer.status, answer.error["code"]) == (404, "playlist_expired")
        assert "retry-after" not in {header.lower() for header in answer.headers}
        assert "result.url" in answer.error["message"]
    assert watching.document(job.id, "sprite.vtt", query["token"]).body.startswith("WEBVTT")


@pytest.mark.parametrize("part", [-1, 0, 1])
def test_a_part_from_the_cache_may_go_sooner(
    completed: tuple[Caller, Render], part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, first = completed
    found, day = record(caller, first, part), 24 * 3600
    found.update([CacheItem.usable_until.set(epoch() + day)])
    again = submit(caller, {**composition(), "audio": [{"asset": tone(caller, tmp_path, 2.0)}]}, output=HLS)
    assert plan.run(pointer(caller, again))["items"] == [], "all of it is in the cache"
    assert finish(pointer(caller, again)) == {"outcome": "ok"}
    later(monkeypatch, day - 60)
    assert service.get(caller, again.id).playlist_path is not None
    later(monkeypatch, day + 1)
    assert service.get(caller, again.id).playlist_path is None


def test_a_render_under_way_is_watched_whatever_the_time(
    rich: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich(seconds=20)
    job = submit(caller, output=HLS)
    assert plan.run(pointer(caller, job))["outcome"] == "ok"
    later(monkeypatch, 30 * 24 * 3600)
    assert service.get(caller, job.id).playlist_path is not None


@pytest.mark.parametrize("part", [-1, 0, 1])
def test_a_completed_render_of_which_a_part_is_gone_is_not_to_be_asked_again(
    completed: tuple[Caller, Render], part: int
) -> None:
    """Nor is the rest of it told as if it were all."""
    caller, job = completed
    chunk_repository.distrust(caller.tenant_id, [record(caller, job, part).key])
    for name in PLAYLISTS:
        with pytest.raises(PlaylistExpired) as gone:
            watching.document(job.id, name, token(caller, job))
        assert "retry_after_seconds" not in gone.value.details


def test_a_completed_render_without_chunk_items_is_not_to_be_asked_again(completed: tuple[Caller, Render]) -> None:
    caller, job = completed
    for item in ChunkItem.query(model.job_pk(caller.tenant_id, job.id), ChunkItem.sk.startswith("CHUNK#")):
        item.delete()
    with pytest.raises(PlaylistExpired):
        watching.document(job.id, "main.m3u8", token(caller, job))


def test_jobs_that_completed_before_the_end_was_noted_are_watched_for_a_week(
    completed: tuple[Caller, Render], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, job = completed
    stored(caller, job).update([JobItem.watchable_until.remove()])
    assert service.get(caller, job.id).playlist_path is not None
    later(monkeypatch, repository.WORK_KEPT_SECONDS)
    assert service.get(caller, job.id).playlist_path is None
