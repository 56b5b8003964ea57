"""A render that is watched while it is made: what its playlists say, and that all of it plays without a gap."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import av
import numpy as np
import pytest
from tests.support.renders import Compute, composition, finish, pointer, render_chunks, submit, task
from tests.support.uploaded import tone

from flatrender.engine.outputs import sounds
from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.platform.settings import settings
from flatrender.render import service, watching, worker
from flatrender.render.errors import NothingToWatch, RenderEnded, RenderNotFound, WatchLinkInvalid
from flatrender.render.pipeline import plan
from flatrender.render.schemas import Render

HLS = {"hls": True}


def token_of(url: str | None) -> str:
    assert url is not None
    return parse_qs(urlsplit(url).query)["token"][0]


def read(caller: Caller, job: Render, name: watching.Name) -> str:
    token = token_of(service.get(caller, job.id).playlist_path)
    found = watching.document(job.id, name, token)
    assert found.content_type == ("text/vtt" if name == "sprite.vtt" else "application/vnd.apple.mpegurl")
    return found.body


def fetched(playlist: str) -> bytes:
    """What a player puts together: the header, then the pieces, each as its byte range says."""
    data = b""
    header = re.search(r'#EXT-X-MAP:URI="(.+?)",BYTERANGE="(\d+)@(\d+)"', playlist)
    assert header is not None
    spans = [(header[1], int(header[2]), int(header[3]))]
    spans += [
        (url, int(size), int(offset))
        for size, offset, url in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", playlist)
    ]
    for url, size, offset in spans:
        key = urlsplit(url).path.removeprefix(f"/{settings().media_bucket}").lstrip("/")
        data += storage.read(key)[offset : offset + size]
    return data


def lengths(playlist: str) -> list[float]:
    return [float(found) for found in re.findall(r"#EXTINF:([0-9.]+),", playlist)]


def test_the_playlist_grows_in_order_and_ends_when_the_render_is_published(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "SEGMENT_SECONDS", 1)
    caller = rich(seconds=20)
    document = {**composition(scenes=3), "audio": [{"asset": tone(caller, tmp_path, 3.0)}]}
    job = submit(caller, document, output=HLS)
    assert job.playlist_path is None, "links come with a single render only"
    step = pointer(caller, job)
    assert plan.run(step)["items"] == [-1, 0, 1, 2], "who watches wants to hear, too"
    with pytest.raises(NothingToWatch) as early:
        read(caller, job, "main.m3u8")
    assert early.value.details["retry_after_seconds"] == 2

    worker.run(task(step, -1))
    with pytest.raises(NothingToWatch):
        read(caller, job, "main.m3u8")
    worker.run(task(step, 1))
    with pytest.raises(NothingToWatch):
        read(caller, job, "video.m3u8")
    worker.run(task(step, 0))
    assert lengths(read(caller, job, "video.m3u8")) == [1.0, 1.0], "the second was waiting for the first"
    main = read(caller, job, "main.m3u8")
    assert re.search(r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=160x90,FRAME-RATE=12\.000', main)
    assert 'URI="audio.m3u8?token=' in main

    worker.run(task(step, 2))
    growing = read(caller, job, "video.m3u8")
    assert lengths(growing) == [1.0, 1.0, 1.0]
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in growing
    assert "#EXT-X-ENDLIST" not in growing
    assert finish(step) == {"outcome": "ok"}
    done = read(caller, job, "video.m3u8")
    assert done.endswith("#EXT-X-ENDLIST\n")
    audio = read(caller, job, "audio.m3u8")
    assert len(lengths(audio)) == 3
    assert sum(lengths(audio)) == pytest.approx(3.0, abs=0.03)

    (tmp_path / "video.mp4").write_bytes(fetched(done))
    (tmp_path / "audio.mp4").write_bytes(fetched(audio))
    storage.download(storage.result_prefix(caller.tenant_id, job.id) + "video.mp4", tmp_path / "whole.mp4")
    with av.open(str(tmp_path / "video.mp4")) as streamed, av.open(str(tmp_path / "whole.mp4")) as whole:
        frames = list(streamed.decode(video=0))
        assert [round(float(frame.time or 0) * 12, 3) for frame in frames] == list(range(36))
        for one, other in zip(frames, whole.decode(video=0), strict=True):
            assert np.array_equal(one.to_ndarray(), other.to_ndarray())
    with av.open(str(tmp_path / "audio.mp4")) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
        assert heard == pytest.approx(3 * 48_000, abs=1024)
    for playlist in (done, audio):
        addresses = [line for line in playlist.split("\n") if line.startswith("http")]
        assert len(set(addresses)) == len(addresses), "FFmpeg stops after the first of several pieces at one address"


def test_a_silent_video_needs_no_sound(rich: Callable[..., Caller]) -> None:
    caller = rich(seconds=20)
    job = submit(caller, output={**HLS, "codec": "hevc"})
    render_chunks(pointer(caller, job))
    main = read(caller, job, "main.m3u8")
    assert "AUDIO" not in main
    assert 'CODECS="hvc1.' in main
    with pytest.raises(RenderNotFound, match="no sound"):
        read(caller, job, "audio.m3u8")


def test_the_sound_of_four_seconds_plays_to_its_end(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path
) -> None:
    """The encoder's last packet begins after them."""
    caller = rich(seconds=20)
    document = {**composition(scenes=1, seconds=4.0), "audio": [{"asset": tone(caller, tmp_path, 4.0)}]}
    job = submit(caller, document, output=HLS)
    render_chunks(pointer(caller, job))
    audio = read(caller, job, "audio.m3u8")
    assert lengths(audio) == [4.0]
    assert "-" not in "".join(re.findall("#EXTINF:(.+)", audio))
    (tmp_path / "audio.mp4").write_bytes(fetched(audio))
    with av.open(str(tmp_path / "audio.mp4")) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard == pytest.approx(4 * 48_000, abs=1024)
    bandwidth = re.search("BANDWIDTH=([0-9]+)", read(caller, job, "main.m3u8"))
    assert bandwidth is not None
    assert 0 < int(bandwidth[1]) < 1_000_000


def test_chunks_of_unequal_lengths_play_without_a_gap(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path
) -> None:
    caller = rich()
    document = composition(scenes=2)
    document["scenes"][0]["duration"], document["scenes"][1]["duration"] = 1.25, 0.75
    job = submit(caller, document, output=HLS)
    render_chunks(pointer(caller, job))

    playlist = read(caller, job, "video.m3u8")
    assert lengths(playlist) == [1.25, 0.75], "a chunk begins with the second scene"
    assert "#EXT-X-TARGETDURATION:2\n" in playlist
    (tmp_path / "video.mp4").write_bytes(fetched(playlist))
    with av.open(str(tmp_path / "video.mp4")) as streamed:
        times = [round(float(frame.time or 0) * 12, 3) for frame in streamed.decode(video=0)]
    assert times == list(range(24))


def test_chunks_from_the_cache_are_watched_at_once(rich: Callable[..., Caller]) -> None:
    caller = rich(seconds=20)
    step = pointer(caller, submit(caller, output=HLS))
    render_chunks(step)
    assert finish(step) == {"outcome": "ok"}
    again = submit(caller, output=HLS)
    assert plan.run(pointer(caller, again))["items"] == []
    assert lengths(read(caller, again, "video.m3u8")) == [1.0, 1.0]


def test_a_link_is_for_one_render_and_not_for_ever(
    rich: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, stranger = rich(seconds=20), rich(seconds=20)
    jobs = [submit(caller, output=HLS), submit(caller, output=HLS), submit(stranger, output=HLS)]
    for job, owner in zip(jobs, (caller, caller, stranger), strict=True):
        render_chunks(pointer(owner, job))
    token = token_of(service.get(caller, jobs[0].id).playlist_path)
    assert watching.document(jobs[0].id, "video.m3u8", token).body
    bad = [token[:-1] + ("0" if token[-1] != "0" else "1"), "", "x" * 64, token.replace(".", ".9", 1)]
    for wrong in bad:
        with pytest.raises(WatchLinkInvalid):
            watching.document(jobs[0].id, "video.m3u8", wrong)
    with pytest.raises(WatchLinkInvalid):
        watching.document(jobs[1].id, "video.m3u8", token)
    with pytest.raises(RenderNotFound):
        watching.document(jobs[2].id, "video.m3u8", token)
    now = watching.epoch()
    monkeypatch.setattr(watching, "epoch", lambda: now + watching.LINK_SECONDS + 1)
    with pytest.raises(WatchLinkInvalid):
        watching.document(jobs[0].id, "video.m3u8", token)


def test_a_render_that_ended_otherwise_is_not_watched(rich: Callable[..., Caller]) -> None:
    caller = rich(seconds=20)
    job = submit(caller, output=HLS)
    render_chunks(pointer(caller, job))
    token = token_of(service.get(caller, job.id).playlist_path)
    service.cancel(caller, job.id)
    assert service.get(caller, job.id).playlist_path is None
    with pytest.raises(RenderEnded):
        watching.document(job.id, "video.m3u8", token)


def test_the_index_of_the_sprite_points_into_it(
    rich: Callable[..., Caller], invoke: Callable[..., Any], tmp_path: Path
) -> None:
    caller = rich(seconds=20)
    job = submit(caller)
    render_chunks(pointer(caller, job))
    finish(pointer(caller, job))
    done = service.get(caller, job.id)
    assert done.playlist_path is None
    assert done.result is not None
    assert done.result.sprite is not None
    sprite = done.result.sprite
    assert (sprite.columns, sprite.count, sprite.width, sprite.height, sprite.interval) == (2, 2, 160, 90, 1.0)
    token = token_of(sprite.vtt_path)
    index = watching.document(job.id, "sprite.vtt", token).body
    cues = re.findall(r"(\S+) --> (\S+)\n(\S+)#xywh=(\S+)", index)
    assert [(start, end, place) for start, end, _, place in cues] == [
        ("00:00:00.000", "00:00:01.000", "0,0,160,90"),
        ("00:00:01.000", "00:00:02.000", "160,0,160,90"),
    ]
    assert "sprite.jpg" in cues[0][2]
    with pytest.raises(RenderNotFound):
        watching.document(job.id, "main.m3u8", token)


def test_the_endpoint_needs_no_token_of_ours_and_answers_text(
    rich: Callable[..., Caller], invoke: Callable[..., Any]
) -> None:
    caller = rich(seconds=20)
    job = submit(caller, output=HLS)
    render_chunks(pointer(caller, job))
    token = token_of(service.get(caller, job.id).playlist_path)
    path = f"/v1/renders/{job.id}/watch/main.m3u8"
    answer = invoke("render/watch", "GET", path, query={"token": token})
    assert answer.status == 200, answer.body
    assert not answer.is_base64
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.body.startswith("#EXTM3U\n")
    assert invoke("render/watch", "GET", path, query={"token": "wrong"}).status == 403
    assert invoke("render/watch", "GET", path.replace("main", "other"), query={"token": token}).status == 400
