"""Formats other than the usual one, and a video that is watched while it renders, as players and users meet them."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import httpx
import numpy as np
import pytest
from av.codec.context import CodecContext
from tests.support import people, video, workers
from tests.support.books import assert_balanced, spent
from tests.support.people import User
from tests.support.stack import Stack
from tests.support.workers import Worker
from tests.unit.engine import media

FPS, WIDE, TALL = 24, 320, 180
BAR = 32
"""Pixels: in frame n the bar begins at 4 n, so that a frame says which one it is."""


def counting(scenes: int, seconds: float, background: str | None = None) -> dict[str, Any]:
    """A white bar that moves 4 pixels a frame, once across in each scene.

    Its ground is new every time, so that nothing of it is in a cache.
    """
    fresh = f"#{uuid4().int % 0x60:02x}{uuid4().int % 0x60:02x}{uuid4().int % 0x60:02x}"
    return {
        "format": "flatrender.composition/1",
        "canvas": {"width": WIDE, "height": TALL, "fps": FPS, "background": background or fresh},
        "scenes": [
            {
                "duration": seconds,
                "layers": [
                    {
                        "type": "shape",
                        "box": [0, 60, BAR, 60],
                        "geometry": {"type": "rectangle"},
                        "fill": "#ffffff",
                        "transform": {
                            "x": {
                                "keyframes": [
                                    {"time": 0, "value": 0, "easing": "linear"},
                                    {"time": seconds, "value": 4 * FPS * seconds},
                                ]
                            }
                        },
                    }
                ],
            }
            for _ in range(scenes)
        ],
    }


def bar(picture: np.ndarray) -> int:
    """Where the bar begins."""
    return int(np.flatnonzero(picture[90, :, 0] > 140)[0])


def rendered(user: User, document: dict[str, Any], folder: Path, **output: Any) -> tuple[dict[str, Any], Path]:
    job = user.submit({"composition": document, "output": output})
    done = user.wait(job["id"])
    assert done["status"] == "completed", done
    path = folder / f"{job['id']}.{done['result']['file_name'].rsplit('.', 1)[1]}"
    user.api.download(done["result"]["url"], path)
    return done, path


def test_hevc(user: User, tmp_path: Path) -> None:
    job, path = rendered(user, counting(2, 1.0), tmp_path, codec="hevc")
    found = video.inspect(path)
    assert (found.codec, found.frames, found.fps) == ("hevc", 48, FPS)
    sprite = job["result"]["sprite"]
    index = httpx.get(user.api.url + sprite["vtt_path"])
    assert index.headers["content-type"].startswith("text/vtt")
    sheet = httpx.get(index.text.split("\n")[3].partition("#")[0])
    assert video.picture(sheet.content).shape == (sprite["height"], 2 * sprite["width"], 3)


def test_webm_with_alpha(user: User, tmp_path: Path) -> None:
    job, path = rendered(user, counting(1, 1.0, "#00000000"), tmp_path, format="webm")
    assert job["output"]["transparent"]
    decoder = CodecContext.create("libvpx-vp9", "r")
    with av.open(str(path)) as container:
        frames = [frame for packet in container.demux(video=0) for frame in decoder.decode(packet)]
    assert len(frames) == FPS
    for number, frame in enumerate(frames):
        pixels = frame.reformat(format="rgba").to_ndarray()
        shown = np.flatnonzero(pixels[90, :, 3] > 128)
        assert (abs(int(shown[0]) - 4 * number) <= 2, abs(len(shown) - BAR) <= 2) == (True, True)


def test_gif(user: User, tmp_path: Path) -> None:
    job, path = rendered(user, counting(1, 1.0), tmp_path, format="gif")
    assert job["result"]["video_url"] is None
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [bar(frame) // 4 for frame in frames] == list(range(FPS))


def slow(film: dict[str, Any], scenes: int) -> None:
    """Makes the last scenes of a film take seconds to draw: many blurred lines lie under the bar, too dark to count."""
    heavy = people.film(2.5, width=WIDE, height=TALL, weight=40)["scenes"][0]["layers"]
    for layer in heavy:
        layer["style"]["fill"] = "#203040"
    for scene in film["scenes"][-scenes:]:
        scene["layers"] = [*heavy, *scene["layers"]]


@pytest.fixture
def held() -> Iterator[list[Worker]]:
    """Workers that stand still; afterwards they go on."""
    found: list[Worker] = []
    yield found
    for worker in found:
        worker.send(signal.SIGCONT)


def test_a_video_is_watched_while_it_renders(stack: Stack, user: User, tmp_path: Path, held: list[Worker]) -> None:
    scenes = 10
    (song,) = user.upload(media.tone(tmp_path / "tone.wav", 25.0))
    film = {**counting(scenes, 2.5), "audio": [{"asset": song}]}
    slow(film, 3)
    job = user.submit({"composition": film, "output": {"hls": True}, "backend": "burst"})
    url = user.api.url + user.api.get(f"/v1/renders/{job['id']}")["playlist_path"]
    lengths, seen, heard, began = [], [], [], time.monotonic()
    failure: list[BaseException] = []
    shown = threading.Event()

    def watch() -> None:
        try:
            # From the beginning: the wheel's FFmpeg would begin near the end of what still grows.
            with av.open(url, options={"live_start_index": "0"}) as player:
                for frame in player.decode(video=0, audio=0):
                    if not isinstance(frame, av.VideoFrame):
                        heard.append(frame.samples)
                        continue
                    number = round(float(frame.time or 0) * FPS)
                    seen.append((number, bar(frame.to_ndarray(format="rgb24"))))
                    shown.set()
        except BaseException as error:  # noqa: BLE001 - shown by the test, which waits for this thread
            failure.append(error)

    while httpx.get(url).status_code == 404:
        assert time.monotonic() < began + 120
        time.sleep(0.05)
    # Nothing more is drawn until a frame is on the screen: no matter who is faster, the render has not ended before.
    held.extend(workers.drawing(stack, "burst")())
    for worker in held:
        worker.send(signal.SIGSTOP)
    player = threading.Thread(target=watch)
    player.start()
    playlist = url.replace("main.m3u8", "video.m3u8")
    assert shown.wait(60), failure
    assert "#EXT-X-ENDLIST" not in httpx.get(playlist).text, "the first frame was shown before the render was published"
    for worker in held:
        worker.send(signal.SIGCONT)
    while "#EXT-X-ENDLIST" not in (text := httpx.get(playlist).text):
        lengths.append(text.count("#EXTINF"))
        assert time.monotonic() < began + 240
        time.sleep(0.3)
    player.join(60)
    assert not player.is_alive()
    assert failure == []
    assert lengths == sorted(lengths), "a playlist never shrinks"
    total = round(scenes * 2.5 * FPS)
    assert [number for number, _ in seen] == list(range(total)), "no frame is missing where segments meet"
    apart = [abs(at - 4 * (number % 60)) for number, at in seen]
    assert max(apart) <= 3
    assert sum(heard) / 48_000 == pytest.approx(25, abs=0.05)
    assert user.wait(job["id"])["status"] == "completed"


def test_who_cancels_has_paid_for_what_was_watched(stack: Stack, user: User) -> None:
    film = counting(4, 2.5)
    slow(film, 2)
    job = user.submit({"composition": film, "output": {"hls": True}, "backend": "burst"})
    url = user.api.url + user.api.get(f"/v1/renders/{job['id']}")["playlist_path"]
    while (answer := httpx.get(url.replace("main.m3u8", "video.m3u8"))).status_code == 404:
        time.sleep(0.05)
    assert "#EXTINF" in answer.text

    ended = user.api.post(f"/v1/renders/{job['id']}/cancel")

    assert ended["status"] == "cancelled"
    assert 0 < ended["seconds"]["billed"] < ended["seconds"]["reserved"]
    assert spent(user) == ended["seconds"]["billed"]
    assert_balanced(stack, user)
    assert httpx.get(url).status_code == 409


@pytest.mark.parametrize("name", ["main.m3u8", "video.m3u8"])
def test_nobody_watches_without_the_link(user: User, name: str) -> None:
    job = user.submit({"composition": counting(1, 1.0), "output": {"hls": True}})
    assert user.wait(job["id"])["status"] == "completed"
    link = user.api.url + user.api.get(f"/v1/renders/{job['id']}")["playlist_path"].replace("main.m3u8", name)
    assert httpx.get(link).status_code == 200
    assert httpx.get(link.partition("?")[0]).status_code == 400
    assert httpx.get(link[:-2] + "zz").status_code == 403
