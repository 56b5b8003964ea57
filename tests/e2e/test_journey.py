"""From nothing to a video, on both backends, as a user does it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.support import photos, video
from tests.support.books import assert_balanced, assert_nothing_unnamed, spent
from tests.support.people import Run, User
from tests.support.stack import Stack

from flatrender_cli import journey
from flatrender_cli.demo import TEMPLATE, fill

FRAMES = 300


def assert_is_the_demo(path: Path) -> None:
    """10 s of 1080p30 H.264 with AAC that shows both photos, each in its time, and moves."""
    found = video.inspect(path)
    assert (found.codec, found.audio_codec) == ("h264", "aac")
    assert (found.width, found.height, found.fps) == (1920, 1080, Fraction(30))
    assert found.frames == FRAMES
    assert found.duration == pytest.approx(10, abs=0.001)
    assert found.audio_duration == pytest.approx(10, abs=0.05)
    shots = list(video.pictures(path, every=10))
    magenta = [video.share_of(shot, photos.MAGENTA) for shot in shots]
    green = [video.share_of(shot, photos.GREEN) for shot in shots]
    assert max(magenta) > 0.2
    assert max(green) > 0.2
    assert np.argmax(magenta) < np.argmax(green), "the photos come in the order in which they were given"
    moved = [np.abs(one.astype(int) - other.astype(int)).mean() for one, other in pairwise(shots)]
    assert sum(change > 0.3 for change in moved) > len(moved) * 0.6, moved


def assert_links_are_signed_and_short_lived(user: User, job: dict[str, Any]) -> None:
    result = job["result"]
    assert result["expires_in"] <= 3600
    for link in (result["video_url"], result["poster_url"], *result["thumbnail_urls"]):
        assert "X-Amz-Signature=" in link
        assert httpx.get(link).status_code == 200
        # Neither without the signature, nor with one that was made for something else.
        assert httpx.get(link.partition("?")[0]).status_code == 403
        assert httpx.get(link.replace("X-Amz-Expires=", "X-Amz-Expires=9")).status_code == 403
    listed = user.api.get("/v1/renders")["data"]
    assert [one["id"] for one in listed] == [job["id"]]


@pytest.fixture(scope="module")
def demo(two_photos: tuple[Path, Path], stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `flatrender demo --json` printed, run as a user would."""
    folder = tmp_path_factory.mktemp("demo")
    where = stack.addresses
    command = [sys.executable, "-m", "flatrender_cli", "demo", "--json", "--out", str(folder), "--backend", "burst"]
    command += ["--api", where.api, "--socket", where.socket, "--mailbox", where.mailbox or ""]
    command += [argument for photo in two_photos for argument in ("--photo", str(photo))]
    command += ["--title", "Magenta and green"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_demo_command_renders_on_burst(demo: dict[str, Any]) -> None:
    assert_is_the_demo(Path(demo["video"]))
    poster = video.picture(Path(demo["poster"]))
    assert poster.shape[1] >= 640
    assert poster.std() > 10, "the poster is not one flat colour"
    assert demo["first_message_seconds"] < 2


def test_curl_commands_of_the_demo_work_and_reuse_its_chunks(demo: dict[str, Any], tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", demo["script"]], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    quote = json.loads(next(line for line in done.stdout.splitlines() if "seconds_billable" in line))
    assert quote["chunks"]["cached"] == quote["chunks"]["total"] > 1
    assert quote["seconds_billable"] == quote["price_minor"] == 0
    assert_is_the_demo(tmp_path / "demo-curl.mp4")


@pytest.fixture(scope="module")
def on_batch(make_user: Callable[..., User], two_photos: tuple[Path, Path]) -> tuple[User, Run, dict[str, Any]]:
    user = make_user()
    template = journey.template_by_code(user.api, TEMPLATE)
    pictures = user.upload(*two_photos)
    project = journey.project(user.api, template["id"], "On Batch", fill(template, pictures, "On GPU machines"))
    request = {"project_id": project["id"], "output": {"resolution": "1080p"}, "backend": "batch"}
    quote = user.api.post("/v1/renders/quote", request)
    return user, user.render(request), quote


def test_batch_renders_the_same_template(
    on_batch: tuple[User, Run, dict[str, Any]], stack: Stack, tmp_path: Path
) -> None:
    user, run, quote = on_batch
    assert run.ended["status"] == "completed", run.ended
    assert run.ended["backend"]["name"] == "batch"
    assert_links_are_signed_and_short_lived(user, run.ended)
    path = tmp_path / "batch.mp4"
    user.api.download(run.ended["result"]["video_url"], path)
    assert_is_the_demo(path)
    assert run.ended["seconds"] == {"reserved": quote["seconds_billable"], "billed": quote["seconds_billable"]}
    assert spent(user) == quote["seconds_billable"] > 0
    assert_balanced(stack, user)
    assert_nothing_unnamed(stack)


def test_progress_of_a_whole_job(on_batch: tuple[User, Run, dict[str, Any]]) -> None:
    _, run, _ = on_batch
    messages = [told.message for told in run.told]
    progress = [message for message in messages if message["type"] == "progress"]
    assert run.told[0].at < run.responded + 0.5
    assert [message["type"] for message in messages[-1:]] == ["completed"]
    assert len(progress) == len(messages) - 1
    assert all(one["seq"] < other["seq"] for one, other in pairwise(messages))
    assert all(one["percent"] <= other["percent"] for one, other in pairwise(progress))
    order = ["queued", "planning", "rendering", "assembling", "verifying", "publishing"]
    stages = [order.index(message["stage"]) for message in progress]
    assert stages == sorted(stages)
    assert "rendering" in {message["stage"] for message in progress}
    drawing = [message for message in progress if message["stage"] == "rendering"]
    assert len(drawing) >= 5, "it is told how far the drawing is, not only that it goes on"
    assert any(message["fps"] and message["eta_seconds"] for message in drawing)
    assert drawing[-1]["chunks_total"] == run.ended["chunks"]["total"] >= drawing[-1]["chunks_done"]
    closing = messages[-1]["result"]
    assert (closing["width"], closing["height"], closing["duration_seconds"]) == (1920, 1080, 10)


def test_messages_come_at_most_four_times_a_second(on_batch: tuple[User, Run, dict[str, Any]]) -> None:
    """The sender keeps 250 ms between messages of one stage; on the way they may bunch up by a little."""
    _, run, _ = on_batch
    progress = [told for told in run.told if told.message["type"] == "progress"]
    for start in progress:
        same_stage = [
            told
            for told in progress
            if start.at <= told.at < start.at + 1 and told.message["stage"] == start.message["stage"]
        ]
        assert len(same_stage) <= 5, [(told.at, told.message["seq"]) for told in same_stage]
    span = progress[-1].at - progress[0].at
    changes = len({told.message["stage"] for told in progress})
    assert len(progress) <= span * 4 + changes + 1


def test_text_that_was_given_is_drawn(user: User, two_photos: tuple[Path, Path]) -> None:
    """Stills of one project before and after its text changes differ, in a part of the picture only."""
    template = journey.template_by_code(user.api, TEMPLATE)
    project = journey.project(user.api, template["id"], "Text", fill(template, user.upload(*two_photos), "Iiii"))
    name = next(declared["name"] for declared in template["inputs"] if declared["type"] == "text")
    url = f"{user.api.url}/v1/projects/{project['id']}"
    auth = {"authorization": f"Bearer {user.api.token}"}
    stills = []
    for revision, text in enumerate(("Iiii", "Iiii again", "Quite another headline"), 1):
        if revision > 1:
            changed = httpx.patch(url, json={"revision": revision - 1, "inputs": {name: text}}, headers=auth)
            assert changed.status_code == 200, changed.text
        started = time.perf_counter()
        shown = httpx.post(f"{url}/preview", params={"at": 2.0}, headers={**auth, "accept": "image/jpeg"}, timeout=30)
        assert shown.status_code == 200, shown.text
        assert shown.headers["content-type"] == "image/jpeg"
        stills.append(video.picture(shown.content).astype(int))
    assert time.perf_counter() - started < 2, "a still of a project that was looked at before takes under 2 s"
    for one, other in pairwise(stills):
        touched = (np.abs(one - other).max(axis=2) > 40).mean()
        assert 0.0005 < touched < 0.5
