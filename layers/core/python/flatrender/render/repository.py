"""Jobs and their work orders in the render table. Everything is found by tenant; another tenant's id finds nothing."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from pynamodb.exceptions import UpdateError

from flatrender.kernel.clock import epoch
from flatrender.kernel.paging import PageRequest, cursor_number, cursor_text, decode_cursor, encode_cursor
from flatrender.platform import queries, transactions, updates
from flatrender.platform.idempotency import Attempt, find, remember
from flatrender.platform.outbox import emit
from flatrender.platform.transactions import Operation
from flatrender.render import model
from flatrender.render.errors import RenderEnded, RenderNotFound, TooManyRenders
from flatrender.render.model import CounterItem, JobItem, OrderItem

if TYPE_CHECKING:
    from flatrender.render.order import WorkOrder

PART_BYTES: Final = 350 * 1024
"""DynamoDB holds 400 KiB in one item."""
WORK_KEPT_SECONDS: Final = 7 * 24 * 3600
"""After which time to live removes work orders and chunk items."""

EVENT_BACKENDS: Final = {"burst": "lambda", "batch": "batch"}
"""What the event catalogue calls the backends."""


def job(tenant_id: str, job_id: str) -> JobItem:
    """Raises RenderNotFound: there is none with this id in the tenant."""
    try:
        return JobItem.get(model.job_pk(tenant_id, job_id), model.JOB_KEY, consistent_read=True)
    except JobItem.DoesNotExist as error:
        raise RenderNotFound from error


def is_active(tenant_id: str, job_id: str) -> bool:
    """Whether the job still wants to be rendered; reads its status only."""
    return status(tenant_id, job_id) in model.ACTIVE


def status(tenant_id: str, job_id: str) -> str | None:
    """The job's status, read alone; None when there is no such job."""
    pk = model.job_pk(tenant_id, job_id)
    try:
        found = JobItem.get(pk, model.JOB_KEY, consistent_read=True, attributes_to_get=["status"])
    except JobItem.DoesNotExist:
        return None
    return str(found.status)


def note_watched(job: JobItem) -> bool:
    """That a player is given a playlist of a job under way; False when it has ended."""
    if job.watched:
        return True
    active = JobItem.status.is_in(*model.ACTIVE)
    return updates.apply(JobItem(job.pk, job.sk), [JobItem.watched.set(True)], active)


def settle_device(tenant_id: str, job_id: str, offered: str) -> str:
    """The class of devices that makes a job's chunks: what the first caller offered. Raises RenderNotFound."""
    pk = model.job_pk(tenant_id, job_id)
    try:
        JobItem(pk, model.JOB_KEY).update(
            [JobItem.device.set(offered)], condition=JobItem.pk.exists() & JobItem.device.does_not_exist()
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return str(job(tenant_id, job_id).device)
    return offered


def page_of_jobs(
    tenant_id: str, user_id: str, request: PageRequest, group: str | None
) -> tuple[list[JobItem], int, str | None]:
    """A user's jobs, newest first: the page, how many there are in all, and the cursor for what follows.

    One call without a filter. With `group` (active, completed, failed, cancelled) a second one reads the counters.
    """
    after, total = _after(request.cursor) if request.cursor else (None, 0)
    skipped = 0 if after else (request.page - 1) * request.page_size
    wanted = skipped + request.page_size + 1
    if group is None:
        partition, index = model.user_pk(tenant_id, user_id), "by_user"
    else:
        partition, index = model.status_pk(tenant_id, user_id, group), "by_status"
    condition = JobItem.user_sk < after if after else None
    jobs = []
    for raw in queries.newest(JobItem, partition, wanted + 1, index=index, after=condition):
        if raw["type"]["S"] == "counters":
            total = int(CounterItem.from_raw_data(raw).total)
        else:
            jobs.append(JobItem.from_raw_data(raw))
    if group and not after:
        total = _count(tenant_id, user_id, group)
    shown = jobs[skipped : skipped + request.page_size]
    more = len(jobs) > skipped + request.page_size
    return shown, total, encode_cursor({"at": shown[-1].user_sk, "total": total}) if more else None


def _after(cursor: str) -> tuple[str, int]:
    """The sort key to go on behind, and how many jobs there were on the first page. Raises InvalidRequest."""
    key = decode_cursor(cursor)
    return cursor_text(key.get("at")), cursor_number(key.get("total"))


def _count(tenant_id: str, user_id: str, group: str) -> int:
    try:
        counters = CounterItem.get(model.user_pk(tenant_id, user_id), "RENDERS")
    except CounterItem.DoesNotExist:
        return 0
    return int(getattr(counters, group))


def replay(attempt: Attempt) -> str | None:
    """The job that an earlier request with this key made. Raises IdempotencyKeyReused."""
    return find(model.IdempotencyItem, attempt)


def creation(job: JobItem, order: "WorkOrder", attempt: Attempt, parallel: int) -> list[Operation]:
    """What writes a new job: the job, its order, the idempotency record, and the user's counters.

    Refused with Conflict when the key was used meanwhile, TooManyRenders when `parallel` jobs are active already.
    """
    counters = CounterItem(model.user_pk(job.tenant_id, job.user_id), "RENDERS")
    count = transactions.upsert(
        counters,
        [
            CounterItem.type.set("counters"),
            CounterItem.user_pk.set(counters.pk),
            CounterItem.user_sk.set(model.LAST),
            CounterItem.active.add(1),
            CounterItem.total.add(1),
        ],
        CounterItem.active.does_not_exist() | (CounterItem.active < parallel),
        TooManyRenders(limit=parallel),
    )
    body = order.pack()
    pieces = [bytes(piece) for piece in batched(body, PART_BYTES, strict=False)]
    parts = [
        OrderItem(
            pk=model.order_pk(job.tenant_id, job.job_id),
            sk=f"PART#{number:04d}",
            type="order",
            parts=len(pieces),
            body=piece,
            expires_at=epoch() + WORK_KEPT_SECONDS,
        )
        for number, piece in enumerate(pieces)
    ]
    return [
        remember(model.IdempotencyItem, attempt, job.job_id),
        transactions.put(job, JobItem.pk.does_not_exist()),
        *(transactions.put(part) for part in parts),
        count,
    ]


def order(tenant_id: str, job_id: str) -> "WorkOrder":
    """Raises RenderNotFound: it was removed, since the job ended long ago."""
    from flatrender.render.order import WorkOrder

    parts = list(OrderItem.query(model.order_pk(tenant_id, job_id), consistent_read=True))
    if not parts or len(parts) != parts[0].parts:
        raise RenderNotFound
    return WorkOrder.unpack(b"".join(part.body for part in parts))


def start(job: JobItem, at: str) -> list[Operation]:
    """What moves a queued job to running. Refused with RenderEnded when it is not queued any more."""
    actions = [JobItem.status.set("running"), JobItem.stage.set("planning"), JobItem.started_at.set(at)]
    return [transactions.update(job, actions, JobItem.status == "queued", RenderEnded())]


def enter(tenant_id: str, job_id: str, stage: str, **values: Any) -> bool:
    """Move a running job to a stage and set further attributes; False when the job is not running any more."""
    item = JobItem(model.job_pk(tenant_id, job_id), model.JOB_KEY)
    actions = [JobItem.stage.set(stage), *(getattr(JobItem, name).set(value) for name, value in values.items())]
    try:
        item.update(actions, condition=JobItem.status == "running")
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def ending(job: JobItem, status: str, at: str, changes: Sequence[Any] = ()) -> list[Operation]:
    """What ends a job: its status, and the user's counters. Exactly one ending of a job is ever written.

    Refused with RenderEnded when another was first, or when one without a result is watched since `job` was read. A job
    completes only from running.
    """
    condition = JobItem.status.is_in(*(("running",) if status == "completed" else model.ACTIVE))
    if status != "completed" and not job.watched:
        condition &= JobItem.watched.does_not_exist()
    actions = [
        JobItem.status.set(status),
        JobItem.status_pk.set(model.status_pk(job.tenant_id, job.user_id, status)),
        JobItem.ended_at.set(at),
        *changes,
    ]
    counters = CounterItem(model.user_pk(job.tenant_id, job.user_id), "RENDERS")
    counts = [CounterItem.active.add(-1), getattr(CounterItem, status).add(1)]
    return [
        transactions.update(job, actions, condition, RenderEnded()),
        transactions.update(counters, counts),
    ]


def announce(job: JobItem, event: str, sequence: int, data: dict[str, Any]) -> Operation:
    """The operation that publishes `render.job.<event>.v1`."""
    return emit(
        model.OutboxItem,
        f"render.job.{event}.v1",
        tenant_id=job.tenant_id,
        aggregate_id=job.job_id,
        sequence=sequence,
        data=data,
    )
