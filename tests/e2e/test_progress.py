"""The socket: how soon, how often, in which order, and what happens when it breaks."""

import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from tests.support.people import User, film
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from flatrender_cli.watch import Watcher


def opened(user: User, token: str | None = None, query: str = "v=1") -> ClientConnection:
    shown = user.account.access_token if token is None else token
    return connect(f"{user.endpoints.socket}?{query}&token={shown}", open_timeout=10, legacy=True)


def said(connection: ClientConnection, message: object) -> dict[str, Any]:
    """What comes back for a message that is no job's progress."""
    connection.send(message if isinstance(message, str) else json.dumps(message))
    while True:
        answer: dict[str, Any] = json.loads(connection.recv(timeout=10))
        if answer["type"] not in {"progress", "completed", "failed", "cancelled"}:
            return answer


def test_first_message_comes_within_half_a_second_of_submit(user: User) -> None:
    user.render({"composition": film(0.5)})
    warm = user.render({"composition": film(0.5)})
    # Who subscribes a moment later is told of that moment: on a busy machine planning may have begun.
    first = warm.told[0].message
    assert (first["type"], first["stage"], first["seq"]) in {("progress", "queued", 1), ("progress", "planning", 2)}
    assert warm.told[0].at < 0.5, [(told.at, told.message["type"]) for told in warm.told[:3]]
    assert warm.told[-1].message["type"] == "completed"


def test_a_broken_connection_resumes_where_it_broke(user: User) -> None:
    """Dropped three times, the watcher still sees each number once and in order, to the closing message."""
    seen: list[dict[str, Any]] = []
    with Watcher(user.endpoints.socket, user.account.access_token) as watcher:
        job = user.submit({"composition": film(4, width=1280, height=720, weight=3)})
        drops = 0
        for message in watcher.messages(job["id"]):
            seen.append(message)
            if drops < 3 and message["type"] == "progress":
                watcher.drop()
                drops += 1
    assert drops == 3
    assert all(one["seq"] < other["seq"] for one, other in pairwise(seen))
    percents = [message["percent"] for message in seen if message["type"] == "progress"]
    assert percents == sorted(percents)
    assert seen[-1]["type"] == "completed"


def test_who_comes_late_is_told_how_it_ended_and_who_knows_is_not_told_again(user: User) -> None:
    run = user.render({"composition": film(0.5)})
    closing = run.told[-1].message
    with opened(user) as late:
        late.send(json.dumps({"action": "subscribe", "job_id": run.id, "last_seq": closing["seq"] - 1}))
        assert json.loads(late.recv(timeout=10)) == closing
    with opened(user) as knowing:
        assert said(knowing, {"action": "subscribe", "job_id": run.id, "last_seq": closing["seq"]}) == {
            "type": "subscribed",
            "job_id": run.id,
        }
        with pytest.raises(TimeoutError):
            knowing.recv(timeout=0.5)


def test_several_watchers_see_the_same(user: User) -> None:
    job = user.submit({"composition": film(2)})
    with (
        Watcher(user.endpoints.socket, user.account.access_token) as one,
        Watcher(user.endpoints.socket, user.account.access_token) as other,
    ):
        histories = [{message["seq"]: message for message in watcher.messages(job["id"])} for watcher in (one, other)]
    common = histories[0].keys() & histories[1].keys()
    assert common
    assert all(histories[0][seq] == histories[1][seq] for seq in common)


def test_another_users_job_cannot_be_watched(user: User, make_user: Callable[..., User]) -> None:
    job = user.submit({"composition": film(0.5)})
    with opened(make_user()) as stranger:
        refused = said(stranger, {"action": "subscribe", "job_id": job["id"]})
        assert (refused["type"], refused["code"]) == ("error", "not_found")
        with pytest.raises(TimeoutError):
            stranger.recv(timeout=1.5)
    user.wait(job["id"])


@pytest.mark.parametrize("message", ["{", "[]", '{"action": "dance"}', '{"action": "subscribe"}'])
def test_nonsense_is_answered_and_the_connection_lives(user: User, message: str) -> None:
    with opened(user) as connection:
        assert said(connection, message)["code"] == "bad_message"
        assert said(connection, {"action": "ping"}) == {"type": "pong"}


def test_an_unknown_protocol_version_is_told_so_and_closed(user: User) -> None:
    with opened(user, query="v=99") as connection:
        refused = said(connection, {"action": "subscribe", "job_id": str(uuid4())})
        assert refused["code"] == "unsupported_version"
        assert refused["supported"] == [1]
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=5)


@pytest.mark.parametrize("token", ["", "abc", "a.b.c"])
def test_the_handshake_is_refused_without_a_good_token(user: User, token: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidStatus) as refusal:
        opened(user, token=token)
    assert refusal.value.response.status_code == 401
    assert time.monotonic() - started < 10
