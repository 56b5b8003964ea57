"""Progress of jobs to sockets: order, ownership, ends, and connections that went away."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from types import ModuleType
from typing import Any

import pytest
from tests.support.dynamodb import one_call_at_a_time

from flatrender.kernel.errors import Unavailable
from flatrender.kernel.ids import new_id
from flatrender.platform import transactions
from flatrender.progress import push, repository, service
from flatrender.progress.errors import Undeliverable
from flatrender.progress.schemas import Outcome, Update

TENANT, USER = new_id(), new_id()


class Sockets:
    """What API Gateway's callback endpoint would do: deliver, or say that a connection is gone."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.refused: set[str] = set()
        self.ended: list[str] = []
        self.before_post: Callable[[str, dict[str, Any]], None] = lambda connection, message: None

    def post(self, connection_id: str, message: dict[str, Any]) -> bool:
        self.before_post(connection_id, message)
        if connection_id in self.broken:
            raise Unavailable
        if connection_id in self.refused:
            raise Undeliverable
        if connection_id in self.gone:
            return False
        self.sent.setdefault(connection_id, []).append(json.loads(json.dumps(message)))
        return True

    def of(self, connection_id: str, kind: str | None = None) -> list[dict[str, Any]]:
        return [message for message in self.sent.get(connection_id, []) if kind in {None, message["type"]}]

    def sequences(self, connection_id: str) -> list[int]:
        return [message["seq"] for message in self.of(connection_id) if "seq" in message]


@pytest.fixture
def sockets(aws: None, monkeypatch: pytest.MonkeyPatch) -> Sockets:
    found = Sockets()
    monkeypatch.setattr(push, "post", found.post)
    monkeypatch.setattr(push, "end", found.ended.append)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Moves the publisher's clock on by so many milliseconds."""
    now = [1_700_000_000_000]

    def tick(milliseconds: int) -> None:
        now[0] += milliseconds

    monkeypatch.setattr(repository, "_now_ms", lambda: now[0])
    return tick


class Client:
    """A client of the socket, as API Gateway passes on what it does."""

    def __init__(
        self, handler: Any, user_id: str = USER, tenant_id: str = TENANT, scopes: str = "renders:read"
    ) -> None:
        self.id = new_id()[:16]
        self.handler = handler
        self.authorizer = {"tenant_id": tenant_id, "user_id": user_id, "scopes": scopes}

    def _event(self, kind: str, **given: Any) -> Any:
        context = {"eventType": kind, "connectionId": self.id, "authorizer": self.authorizer}
        return self.handler({"requestContext": context, **given}, None)

    def connect(self, headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Any:
        return self._event("CONNECT", headers=headers or {}, queryStringParameters=query)

    def say(self, message: Any) -> None:
        body = message if isinstance(message, str) else json.dumps(message)
        assert self._event("MESSAGE", body=body) == {"statusCode": 200}

    def subscribe(self, job_id: str, **more: Any) -> None:
        self.say({"action": "subscribe", "job_id": job_id, **more})

    def disconnect(self) -> None:
        self._event("DISCONNECT")


@pytest.fixture
def client(sockets: Sockets, load: Callable[[str], ModuleType]) -> Callable[..., Client]:
    def make(**given: Any) -> Client:
        found = Client(load("progress/sockets").handler, **given)
        found.connect()
        return found

    return make


@pytest.fixture
def job(aws: None) -> Callable[..., str]:
    def make(user_id: str = USER, tenant_id: str = TENANT) -> str:
        job_id = new_id()
        transactions.commit([service.opening(tenant_id, user_id, job_id, 4)])
        return job_id

    return make


def _rendering(percent: float, **more: Any) -> Update:
    return Update(stage="rendering", percent=percent, **more)


def test_a_new_subscriber_hears_the_current_state_at_once(job: Any, client: Any, sockets: Sockets) -> None:
    job_id, socket = job(), client()
    socket.subscribe(job_id)
    assert sockets.of(socket.id) == [
        {
            "type": "progress",
            "seq": 1,
            "job_id": job_id,
            "stage": "queued",
            "percent": 0,
            "eta_seconds": None,
            "fps": None,
            "chunks_done": 0,
            "chunks_total": 4,
        },
        {"type": "subscribed", "job_id": job_id},
    ]


def test_every_watcher_hears_every_message(job: Any, client: Any, sockets: Sockets, clock: Any) -> None:
    job_id, one, two, other = job(), client(), client(), client()
    one.subscribe(job_id)
    two.subscribe(job_id)
    other.subscribe(job())
    clock(300)
    assert service.publish(
        TENANT, job_id, _rendering(12.34, eta_seconds=8.06, fps=61.23, chunks_done=1, chunks_total=4)
    )
    for socket in (one, two):
        newest = sockets.of(socket.id)[-1]
        assert newest["seq"] == 2
        assert (newest["percent"], newest["eta_seconds"], newest["fps"]) == (12.3, 8.1, 61.2)
    assert sockets.sequences(other.id) == [1]


def test_percent_and_stage_never_fall(job: Any, client: Any, sockets: Sockets, clock: Any) -> None:
    job_id, socket = job(), client()
    socket.subscribe(job_id)
    clock(300)
    assert service.publish(TENANT, job_id, _rendering(50))
    clock(300)
    assert not service.publish(TENANT, job_id, _rendering(40))
    assert not service.publish(TENANT, job_id, Update(stage="planning", percent=60))
    assert [message["percent"] for message in sockets.of(socket.id, "progress")] == [0, 50]


def test_four_messages_a_second_at_most_but_a_new_stage_at_once(
    job: Any, clock: Any, client: Any, sockets: Sockets
) -> None:
    job_id, socket = job(), client()
    socket.subscribe(job_id)
    for step in range(100):
        clock(20)
        service.publish(TENANT, job_id, _rendering(step / 2))
    assert 7 <= len(sockets.of(socket.id, "progress")) <= 9
    clock(1)
    assert service.publish(TENANT, job_id, Update(stage="assembling", percent=90))


@pytest.mark.parametrize(
    ("outcome", "closing"),
    [
        (Outcome(status="completed", result={"duration_seconds": 10}), {"result": {"duration_seconds": 10}}),
        (Outcome(status="failed", error={"code": "x", "message": "y"}), {"error": {"code": "x", "message": "y"}}),
        (Outcome(status="cancelled"), {}),
    ],
)
def test_a_job_closes_once_and_stays_closed(
    outcome: Outcome, closing: dict[str, Any], job: Any, client: Any, sockets: Sockets
) -> None:
    job_id, socket = job(), client()
    socket.subscribe(job_id)
    assert service.close(TENANT, job_id, outcome)
    assert not service.close(TENANT, job_id, Outcome(status="failed", error={"code": "late", "message": "late"}))
    assert not service.publish(TENANT, job_id, Update(stage="publishing", percent=100))
    ends = [message for message in sockets.of(socket.id) if message["type"] in {"completed", "failed", "cancelled"}]
    assert ends == [{"type": outcome.status, "seq": 2, "job_id": job_id, **closing}]
    assert repository.subscribers(TENANT, job_id) == []


def test_who_subscribes_after_the_end_hears_how_it_ended_once(job: Any, client: Any, sockets: Sockets) -> None:
    job_id, socket = job(), client()
    service.close(TENANT, job_id, Outcome(status="completed", result={"size_bytes": 7}))
    closing = {"type": "completed", "seq": 2, "job_id": job_id, "result": {"size_bytes": 7}}
    subscribed = {"type": "subscribed", "job_id": job_id}
    socket.subscribe(job_id, last_seq=1)
    assert sockets.of(socket.id) == [closing, subscribed]
    socket.subscribe(job_id, last_seq=2)
    assert sockets.of(socket.id) == [closing, subscribed, subscribed]
    assert not repository.connection(TENANT, socket.id).jobs


def test_a_reconnect_with_last_seq_hears_only_what_is_newer(
    job: Any, client: Any, sockets: Sockets, clock: Any
) -> None:
    job_id, old, new = job(), client(), client()
    old.subscribe(job_id)
    old.disconnect()
    new.subscribe(job_id, last_seq=1)
    assert sockets.sequences(new.id) == []
    clock(300)
    service.publish(TENANT, job_id, _rendering(10))
    assert sockets.sequences(new.id) == [2]
    assert sockets.sequences(old.id) == [1]
    third = client()
    third.subscribe(job_id, last_seq=1)
    assert sockets.sequences(third.id) == [2]


@pytest.mark.parametrize("whose", ["another user's", "another tenant's", "nobody's"])
def test_a_job_of_others_is_not_found(whose: str, job: Any, client: Any, sockets: Sockets) -> None:
    job_id = {
        "another user's": lambda: job(user_id=new_id()),
        "another tenant's": lambda: job(tenant_id=new_id()),
        "nobody's": new_id,
    }[whose]()
    socket = client()
    socket.subscribe(job_id)
    [answer] = sockets.of(socket.id)
    assert (answer["type"], answer["code"], answer["job_id"]) == ("error", "not_found", job_id)
    assert repository.subscribers(TENANT, job_id) == []


def test_a_connection_that_is_gone_is_forgotten(job: Any, client: Any, sockets: Sockets, clock: Any) -> None:
    first, second, gone, alive = job(), job(), client(), client()
    gone.subscribe(first)
    gone.subscribe(second)
    alive.subscribe(first)
    sockets.gone.add(gone.id)
    clock(300)
    assert service.publish(TENANT, first, _rendering(10))
    assert repository.subscribers(TENANT, first) == [alive.id]
    assert repository.subscribers(TENANT, second) == []
    assert sockets.sequences(alive.id) == [1, 2]


def test_disconnecting_leaves_nothing_behind(job: Any, client: Any) -> None:
    jobs = [job() for _ in range(3)]
    socket = client()
    for job_id in jobs:
        socket.subscribe(job_id)
    socket.disconnect()
    socket.disconnect()
    assert [repository.subscribers(TENANT, job_id) for job_id in jobs] == [[], [], []]


def test_one_socket_may_watch_twenty_jobs(job: Any, client: Any, sockets: Sockets) -> None:
    socket = client()
    jobs = [job() for _ in range(repository.MAX_JOBS)]
    for job_id in jobs:
        socket.subscribe(job_id)
    one_more = job()
    socket.subscribe(one_more)
    assert sockets.of(socket.id)[-1]["code"] == "too_many_jobs"
    socket.say({"action": "unsubscribe", "job_id": jobs[0]})
    assert sockets.of(socket.id)[-1] == {"type": "unsubscribed", "job_id": jobs[0]}
    socket.subscribe(one_more)
    assert sockets.of(socket.id)[-1] == {"type": "subscribed", "job_id": one_more}


def test_a_job_has_only_so_many_watchers(
    job: Any, client: Any, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MAX_WATCHERS", 2)
    job_id, watchers, late = job(), [client(), client()], client()
    for watcher in watchers:
        watcher.subscribe(job_id)
    late.subscribe(job_id)
    assert sockets.of(late.id)[-1]["code"] == "too_many_watchers"
    watchers[0].subscribe(job_id)
    assert sockets.of(watchers[0].id)[-1]["type"] == "subscribed", "who watches already may say so again"
    watchers[1].disconnect()
    late.subscribe(job_id)
    assert sockets.of(late.id)[-1]["type"] == "subscribed"


def test_a_job_that_moves_while_somebody_subscribes_is_caught_up_with(
    job: Any, client: Any, sockets: Sockets, clock: Any
) -> None:
    job_id, socket = job(), client()
    moves = iter([10, 20, 30])

    def move(connection_id: str, message: dict[str, Any]) -> None:
        percent = next(moves, None)
        if percent is not None:
            clock(300)
            service.publish(TENANT, job_id, _rendering(percent))

    sockets.before_post = move
    socket.subscribe(job_id)
    sockets.before_post = lambda connection, message: None
    clock(300)
    service.publish(TENANT, job_id, _rendering(40))
    assert sockets.sequences(socket.id) == [1, 2, 3, 4, 5]


def test_no_lower_number_after_a_higher_one_while_many_subscribe(
    job: Any, client: Any, sockets: Sockets, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_call_at_a_time(monkeypatch)
    job_id, clients = job(), [client() for _ in range(6)]

    def publish() -> None:
        for step in range(25):
            sleep(0.02)
            clock(300)
            service.publish(TENANT, job_id, _rendering(step))

    with ThreadPoolExecutor(7) as pool:
        writing = pool.submit(publish)
        for _ in pool.map(lambda socket: socket.subscribe(job_id), clients):
            pass
        writing.result()
    service.close(TENANT, job_id, Outcome(status="cancelled"))
    for socket in clients:
        seen = sockets.sequences(socket.id)
        assert seen == sorted(set(seen)), seen
        assert sockets.of(socket.id)[-1]["type"] == "cancelled"
        assert not sockets.of(socket.id, "error")


def test_a_progress_message_that_cannot_be_posted_is_let_go(
    job: Any, client: Any, sockets: Sockets, clock: Any
) -> None:
    job_id, broken, fine = job(), client(), client()
    broken.subscribe(job_id)
    fine.subscribe(job_id)
    sockets.broken.add(broken.id)
    clock(300)
    assert service.publish(TENANT, job_id, _rendering(10))
    assert sockets.sequences(fine.id) == [1, 2]
    assert set(repository.subscribers(TENANT, job_id)) == {broken.id, fine.id}


def test_a_closing_message_that_cannot_be_posted_is_told_again(job: Any, client: Any, sockets: Sockets) -> None:
    job_id, broken, fine = job(), client(), client()
    broken.subscribe(job_id)
    fine.subscribe(job_id)
    sockets.broken.add(broken.id)
    with pytest.raises(Unavailable):
        service.close(TENANT, job_id, Outcome(status="cancelled"))
    sockets.broken.clear()
    assert not service.close(TENANT, job_id, Outcome(status="cancelled"))
    assert [message["seq"] for message in sockets.of(broken.id, "cancelled")] == [2]
    assert [message["seq"] for message in sockets.of(fine.id, "cancelled")] == [2]


def test_a_closing_message_that_is_refused_for_good_holds_up_nobody(job: Any, client: Any, sockets: Sockets) -> None:
    job_id, refused, fine = job(), client(), client()
    refused.subscribe(job_id)
    fine.subscribe(job_id)
    sockets.refused.add(refused.id)
    assert service.close(TENANT, job_id, Outcome(status="cancelled"))
    assert [message["seq"] for message in sockets.of(fine.id, "cancelled")] == [2]


def test_unknown_jobs_have_no_progress(aws: None) -> None:
    assert not service.publish(TENANT, new_id(), _rendering(1))
    assert not service.close(TENANT, new_id(), Outcome(status="cancelled"))
