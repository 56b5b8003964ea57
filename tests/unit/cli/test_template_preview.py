"""`flatrender template preview` over real HTTP on this machine: what it shows, how it follows, whom it refuses."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.support import photos
from tests.support.video import inspect

from flatrender_cli import engine
from flatrender_cli.templates.server import MAX_BODY, PreviewServer
from flatrender_cli.templates.session import Session
from flatrender_cli.templates.starter import template

ROOT = Path(__file__).resolve().parents[3]


def document(colour: str = "#ff0000") -> dict[str, Any]:
    """The starter, small and short, on one plain colour."""
    made = template("sample", "16:9")
    made["duration"] = 1
    made["inputs"][4]["default"] = colour
    made["composition"]["canvas"].update({"width": 320, "height": 180, "fps": 12})
    scene = made["composition"]["scenes"][0]
    scene["duration"] = 1
    by_id = {layer.get("id"): layer for layer in scene["layers"]}
    photo = {name: value for name, value in by_id["photo"].items() if name not in {"enter", "radius", "shadow"}}
    scene["layers"] = [
        {**photo, "box": [0, 0, 320, 180]},
        {**by_id["title"], "box": [20, 60, 280, 60], "min_size": 6, "start": 0},
        {**by_id["subtitle"], "box": [20, 130, 280, 30], "min_size": 6, "start": 0},
        {"type": "solid", "color": "theme:accent", "box": [0, 90, 10, 10], "when": {"input": "pace", "is": "lively"}},
    ]
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "outside.jpg").write_bytes(photos.photo(tmp_path / "secret.jpg", photos.GREEN, 160, 80).read_bytes())
    photos.photo(folder / "mine.jpg", photos.MAGENTA, 320, 160)
    (folder / "sample.json").write_text(json.dumps(document()), encoding="utf-8")
    return folder


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PreviewServer]:
    monkeypatch.setenv("FONTS_DIR", str(ROOT / "layers/fonts"))
    engine.ready()
    session = Session(home / "sample.json", home)
    serving = PreviewServer(session)
    session.start()
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield serving
    session.stop()
    serving.shutdown()
    serving.server_close()
    thread.join(5)


def ask(
    server: PreviewServer, path: str, body: object = None, method: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer; `body` makes it a POST. Header names have _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent = {"Content-Type": "application/json", **sent}
    content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    connection.request(method or ("GET" if body is None else "POST"), path, content, sent)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def state(server: PreviewServer) -> dict[str, Any]:
    status, _, body = ask(server, "/state")
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def colour(server: PreviewServer, x: int = 5, y: int = 5) -> tuple[int, ...]:
    status, headers, body = ask(server, "/frame?at=0.1&width=320")
    assert (status, headers["content-type"]) == (200, "image/jpeg"), body
    image = skia.Image.MakeFromEncoded(body)
    assert (image.width(), image.height()) == (320, 180)
    pixels = image.toarray(colorType=skia.kRGBA_8888_ColorType)
    return tuple(int(value) for value in np.asarray(pixels)[y, x, :3])


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 25 for a, b in zip(one, other, strict=True))


class Stream:
    """The events of the page, read as a browser does."""

    def __init__(self, server: PreviewServer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
        self._connection.request("GET", "/events")
        self._answer = self._connection.getresponse()
        assert self._answer.getheader("Content-Type") == "text/event-stream"
        assert self._answer.readline() == b"retry: 1000\n"

    def until(self, event: str) -> Any:
        """The data of the next event of this name."""
        name = ""
        while line := self._answer.readline().decode():
            field, _, value = line.strip().partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name == event:
                return json.loads(value)
        pytest.fail(f"the stream ended before {event!r} came")

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


def test_the_page_is_whole_and_may_load_nothing_from_elsewhere(server: PreviewServer) -> None:
    status, headers, body = ask(server, "/")
    page = body.decode()
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert "default-src 'none'" in policy
    assert page.count(f'nonce="{nonce}"') == page.count("<script") + page.count("<style") == 2
    assert "http://www.w3.org/2000/svg" in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg"), "nothing else is linked"
    assert 'lang="en"' in page
    assert "access-control-allow-origin" not in headers
    assert ask(server, "/")[1]["content-security-policy"] != policy


def test_saving_the_file_changes_the_frame_and_tells_the_page(server: PreviewServer, home: Path) -> None:
    first = state(server)
    assert near(colour(server), (255, 0, 0))
    stream = Stream(server)
    (home / "sample.json").write_text(json.dumps(document("#0000ff")), encoding="utf-8")
    assert stream.until("changed")["version"] > first["version"]
    assert near(colour(server), (0, 0, 255))
    stream.close()


def test_a_changed_picture_changes_the_frame(server: PreviewServer, home: Path) -> None:
    status, _, _ = ask(server, "/inputs", {"photo": "mine.jpg"})
    assert status == 200
    assert near(colour(server, 160, 20), photos.MAGENTA)
    stream = Stream(server)
    photos.photo(home / "mine.jpg", photos.GREEN, 320, 160)
    stream.until("changed")
    assert near(colour(server, 160, 20), photos.GREEN)
    stream.close()


def test_a_broken_file_leaves_the_last_picture_and_lists_its_faults(server: PreviewServer, home: Path) -> None:
    assert near(colour(server), (255, 0, 0))
    stream = Stream(server)
    broken = document("#0000ff")
    broken["composition"]["scenes"][0]["layers"][1]["colour"] = "red"
    (home / "sample.json").write_text(json.dumps(broken), encoding="utf-8")
    stream.until("changed")
    told = state(server)
    assert told["stale"] is True
    assert [fault["pointer"] for fault in told["faults"]] == ["/composition/scenes/0/layers/1/colour"]
    assert near(colour(server), (255, 0, 0))
    (home / "sample.json").write_text("{", encoding="utf-8")
    stream.until("changed")
    assert "is not JSON" in state(server)["faults"][0]["message"]
    (home / "sample.json").write_text(json.dumps(document("#0000ff")), encoding="utf-8")
    stream.until("changed")
    assert (state(server)["stale"], state(server)["faults"]) == (False, [])
    assert near(colour(server), (0, 0, 255))
    stream.close()


def test_inputs_are_those_that_are_declared_and_fill_the_frame(server: PreviewServer) -> None:
    told = state(server)["template"]
    assert [spec["name"] for spec in told["inputs"]][:3] == ["title", "subtitle", "photo"]
    assert told["files"]["image"] == ["mine.jpg"]
    assert len(told["samples"]["long"]["title"]) == 60
    ask(server, "/inputs", {"ground": "#00ff00", "pace": "lively", "accent": "#0000ff"})
    assert near(colour(server), (0, 255, 0))
    assert near(colour(server, 4, 95), (0, 0, 255))
    status, _, body = ask(server, "/inputs", {"ground": "green"})
    assert status == 200
    assert [fault["pointer"] for fault in json.loads(body)["faults"]] == ["/inputs/ground"]


def test_the_check_comes_by_itself(server: PreviewServer, home: Path) -> None:
    stream = Stream(server)
    wrong = document()
    wrong["aspect"] = "1:1"
    (home / "sample.json").write_text(json.dumps(wrong), encoding="utf-8")
    stream.until("changed")
    stream.until("checked")
    assert ("error", "/aspect") in {(one["level"], one["pointer"]) for one in state(server)["findings"]}
    stream.close()


def test_a_clip_is_a_whole_film(server: PreviewServer, tmp_path: Path) -> None:
    stream = Stream(server)
    status, headers, body = ask(server, "/clip", b"null")
    assert (status, headers["content-type"]) == (200, "video/mp4"), body[:300]
    (tmp_path / "clip.mp4").write_bytes(body)
    assert inspect(tmp_path / "clip.mp4").frames == 12
    assert stream.until("progress")["total"] == 12
    assert ask(server, "/clip", b"null")[2] == body
    stream.close()


@pytest.mark.parametrize(
    "path",
    ["/../outside.jpg", "/sample.json", "/mine.jpg", "/%2e%2e/outside.jpg", "//etc/passwd", "/page.html", "/state/"],
)
def test_no_file_is_served(server: PreviewServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert (status, json.loads(body)) == (404, {"error": "There is nothing here."})


@pytest.mark.parametrize("name", ["../outside.jpg", "/etc/passwd", "work/../../outside.jpg", "link.jpg", "a\0b.jpg"])
def test_media_outside_of_the_folder_do_not_exist(server: PreviewServer, home: Path, name: str) -> None:
    (home / "link.jpg").symlink_to(home.parent / "outside.jpg")
    status, _, body = ask(server, "/inputs", {"photo": name})
    assert status == 200
    assert [fault["pointer"] for fault in json.loads(body)["faults"]] == ["/inputs/photo"]
    assert near(colour(server), (255, 0, 0)), "the picture of before"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Host": "evil.example"}),
        ("/state", {"Host": "evil.example:80"}),
        ("/frame", {"Host": "127.0.0.1:1"}),
        ("/events", {"Host": ""}),
        ("/state", {"Origin": "http://evil.example"}),
        ("/state", {"Origin": "null"}),
        ("/frame", {"Sec_Fetch_Site": "cross-site"}),
        ("/state", {"Sec_Fetch_Site": "same-site"}),
    ],
)
def test_other_hosts_and_other_sites_are_refused(server: PreviewServer, path: str, headers: dict[str, str]) -> None:
    status, answered, body = ask(server, path, **headers)
    assert status == 403
    assert set(json.loads(body)) == {"error"}
    assert "access-control-allow-origin" not in answered


def test_what_is_sent_must_be_small_json_of_plain_values(server: PreviewServer) -> None:
    assert ask(server, "/inputs", b"title=x", Content_Type="application/x-www-form-urlencoded")[0] == 415
    assert ask(server, "/inputs", b"{")[0] == 400
    assert ask(server, "/inputs", ["title"])[0] == 400
    assert ask(server, "/inputs", {"title": {"$input": "x"}})[0] == 400
    assert ask(server, "/inputs", b" " * (MAX_BODY + 1))[0] == 413
    assert ask(server, "/inputs", {"x": 1}, method="PUT")[0] == 501
    assert ask(server, "/frame?at=x")[0] == ask(server, "/frame?at=nan")[0] == ask(server, "/frame?at=-1")[0] == 400
    assert ask(server, "/frame?at=1e5&width=999999")[0] == 200


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_asked_to_stop(home: Path, asked: signal.Signals) -> None:
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": f"{ROOT / 'cli'}:{ROOT / 'layers/core/python'}",
        "FONTS_DIR": str(ROOT / "layers/fonts"),
    }
    # As a shell starts what is to run in the background.
    started = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-u", "-m", "flatrender_cli"]
    command = [*started, "template", "preview", str(home / "sample.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            assert running.stdout is not None
            port = int(running.stdout.readline().partition("127.0.0.1:")[2].partition("/")[0])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/state")
            assert json.loads(connection.getresponse().read())["file"] == "sample.json"
            connection.close()
            began = time.monotonic()
            running.send_signal(asked)
            rest, _ = running.communicate(timeout=20)
            assert (running.returncode, rest.strip()) == (0, "Stopped.")
            assert time.monotonic() - began < 10
        finally:
            running.kill()
