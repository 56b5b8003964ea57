"""Every format through the pipeline, with the real engine; and what cannot be had in one is refused at submit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from tests.support.events import assert_valid_event, outbox_events
from tests.support.renders import Compute, composition, finish, objects, pointer, render_chunks, seconds, submit
from tests.support.uploaded import tone

from flatrender.kernel.caller import Caller
from flatrender.platform import storage
from flatrender.platform.settings import table_name
from flatrender.render import service
from flatrender.render.errors import InvalidRender
from flatrender.render.schemas import Render, RenderRequest

VIDEO = {"poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg", "sprite.jpg"}
PICTURES = VIDEO - {"sprite.jpg"}
CLEAR = "#00000000"


def rendered(caller: Caller, document: dict[str, Any] | None = None, **output: Any) -> tuple[Render, set[str]]:
    """A completed render, and the names of its results."""
    job = submit(caller, document, output=output)
    step = pointer(caller, job)
    render_chunks(step)
    assert finish(step) == {"outcome": "ok"}
    prefix = storage.result_prefix(caller.tenant_id, job.id)
    names = {key.removeprefix(prefix) for key in objects() if key.startswith(prefix)}
    return service.get(caller, job.id), names


def opened(caller: Caller, job: Render, name: str, folder: Path) -> Path:
    path = folder / name
    storage.download(storage.result_prefix(caller.tenant_id, job.id) + name, path)
    return path


@pytest.mark.parametrize(
    ("output", "name", "content_type", "besides", "codec"),
    [
        ({}, "video.mp4", "video/mp4", VIDEO, "h264"),
        ({"codec": "hevc"}, "video.mp4", "video/mp4", VIDEO, "hevc"),
        ({"codec": "av1"}, "video.mp4", "video/mp4", VIDEO, "av1"),
        ({"format": "webm"}, "video.webm", "video/webm", VIDEO, "vp9"),
        ({"format": "mov"}, "video.mov", "video/quicktime", VIDEO, "prores"),
        ({"format": "gif"}, "animation.gif", "image/gif", PICTURES, "gif"),
        ({"format": "apng"}, "animation.png", "image/apng", PICTURES, "apng"),
        ({"format": "webp"}, "animation.webp", "image/webp", PICTURES, "webp_anim"),
        ({"format": "png-sequence"}, "frames.zip", "application/zip", PICTURES, None),
        ({"format": "png"}, "still.png", "image/png", set(), "png"),
        ({"format": "jpeg", "at": 0.5}, "still.jpg", "image/jpeg", set(), "mjpeg"),
    ],
)
def test_each_format_is_published(  # noqa: PLR0917 - what is held against each format
    rich: Callable[..., Caller],
    tmp_path: Path,
    output: dict[str, Any],
    name: str,
    content_type: str,
    besides: set[str],
    codec: str | None,
) -> None:
    caller = rich(seconds=10)
    job, names = rendered(caller, **output)
    assert names == {name, "manifest.json", *besides}
    assert job.result is not None
    assert (job.result.content_type, name in job.result.url) == (content_type, True)
    assert job.result.file_name == f"{job.id}.{name.rsplit('.', 1)[1]}"
    assert (job.result.video_url == job.result.url) is ("sprite.jpg" in besides)
    assert (job.result.poster_url is not None, len(job.result.thumbnail_urls)) == (bool(besides), 3 if besides else 0)
    assert (job.result.sprite is not None) is ("sprite.jpg" in besides)
    still = not besides
    assert seconds(caller) == (9 if still else 8, 0)
    assert job.output.duration_seconds == pytest.approx(1 / 12 if still else 2.0)
    completed = [e for e in outbox_events(table_name("render")) if e["type"] == "render.job.completed.v1"]
    assert completed[-1]["data"]["format"] == output.get("format", "mp4")
    assert_valid_event(completed[-1])
    if codec:
        with av.open(str(opened(caller, job, name, tmp_path))) as container:
            found = container.streams.video[0].codec_context
            assert found.codec.canonical_name == codec
            assert (found.width, found.height) == (160, 90)


def test_transparency_is_kept_where_the_format_can(rich: Callable[..., Caller], tmp_path: Path) -> None:
    caller = rich(seconds=20)
    document = composition(color=CLEAR)
    job, _ = rendered(caller, document, format="png", at=0.0)
    assert job.output.transparent
    with av.open(str(opened(caller, job, "still.png", tmp_path))) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgba")
    assert pixels[5, 5].tolist() == [0, 0, 0, 0]
    assert pixels[30, 20].tolist() == [255, 255, 255, 255]
    job, _ = rendered(caller, document, format="jpeg", at=0.0, background="#ff0000", quality="high")
    assert not job.output.transparent
    with av.open(str(opened(caller, job, "still.jpg", tmp_path))) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert pixels[80, 150, 0] > 240
    assert pixels[80, 150, 1:].max() < 12


def test_formats_of_the_same_pictures_share_their_chunks(rich: Callable[..., Caller]) -> None:
    caller = rich(seconds=20)
    rendered(caller, format="gif")

    def billable(**output: Any) -> int:
        asked = RenderRequest.model_validate({"composition": composition(), "output": output})
        return service.quote(caller, asked).seconds_billable

    assert billable(format="apng", quality="high") == 0
    assert billable(format="mp4") == 2
    assert billable(format="gif", fps=24) == 2


@pytest.mark.parametrize(("form", "codec"), [("m4a", "aac"), ("mp3", "mp3")])
def test_sound_alone(rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, form: str, codec: str) -> None:
    caller = rich(seconds=10)
    document = {**composition(), "audio": [{"asset": tone(caller, tmp_path, 2.0)}]}
    job, names = rendered(caller, document, format=form)
    assert names == {f"audio.{form}", "manifest.json"}
    assert (job.chunks.total, job.seconds.billed) == (1, 2)
    assert job.result is not None
    assert (job.result.video_url, job.result.poster_url, job.result.sprite) == (None, None, None)
    with av.open(str(opened(caller, job, f"audio.{form}", tmp_path))) as container:
        assert not container.streams.video
        assert container.streams.audio[0].codec_context.codec.canonical_name == codec
    again = submit(caller, document, output={"format": form})
    assert (again.seconds.reserved, again.chunks.cached) == (0, 1)


@pytest.mark.parametrize(("form", "codec"), [("webm", "opus"), ("mov", "pcm_s24le"), ("mp4", "aac")])
def test_a_video_has_the_sound_of_its_format(
    rich: Callable[..., Caller], tmp_path: Path, form: str, codec: str
) -> None:
    caller = rich(seconds=10)
    document = {**composition(), "audio": [{"asset": tone(caller, tmp_path, 2.0)}]}
    job, _ = rendered(caller, document, format=form)
    with av.open(str(opened(caller, job, f"video.{form}", tmp_path))) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == codec


@pytest.mark.parametrize(
    ("output", "pointer_", "says"),
    [
        ({"format": "gif", "codec": "h264"}, "/body/output/codec", "gif cannot hold h264; there is no choice."),
        ({"codec": "vp9"}, "/body/output/codec", "mp4 cannot hold vp9; there are h264, hevc, av1."),
        ({"format": "webm", "hls": True}, "/body/output/hls", "Only an mp4"),
        ({"codec": "av1", "hls": True}, "/body/output/hls", "Only an mp4"),
        ({"at": 1.0}, "/body/output/at", "Only a png or jpeg"),
        ({"format": "gif", "fps": 60}, "/body/output/fps", "gif shows at most 50 frames per second; this has 60."),
        ({"format": "gif", "resolution": "1080p"}, "/body/output/resolution", "at most 1080 pixels"),
        ({"format": "mp3"}, "/body/output/format", "Nothing is heard"),
        ({"resolution": "2160p"}, "/body/output/resolution", "Your plan 'Free' renders up to 1080p; this is 2160p."),
    ],
)
def test_what_a_format_cannot_hold_is_one_clear_fault(
    rich: Callable[..., Caller], output: dict[str, Any], pointer_: str, says: str
) -> None:
    caller = rich(tier="free")
    with pytest.raises(InvalidRender) as refused:
        submit(caller, output=output)
    faults = refused.value.details["faults"]
    assert [(fault["pointer"], says in fault["message"]) for fault in faults] == [(pointer_, True)], faults
    with pytest.raises(InvalidRender):
        service.quote(caller, RenderRequest.model_validate({"composition": composition(), "output": output}))


def test_an_animation_that_is_too_long_is_refused(rich: Callable[..., Caller]) -> None:
    caller = rich(seconds=200, tier="pro")
    with pytest.raises(InvalidRender) as refused:
        submit(caller, composition(seconds=31.0), output={"format": "gif"})
    assert [fault["code"] for fault in refused.value.details["faults"]] == ["format_duration"]
    with pytest.raises(InvalidRender) as refused:
        submit(caller, composition(seconds=29.0), output={"format": "gif", "fps": 50, "resolution": "480p"})
    assert [fault["code"] for fault in refused.value.details["faults"]] == ["format_pixels"]
