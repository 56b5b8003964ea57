"""Quote, submit, list, watch and cancel renders."""

import secrets
from typing import TYPE_CHECKING, Final

from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.errors import FlatRenderError
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import Page, PageMeta, PageRequest
from flatrender.ledger import service as ledger
from flatrender.platform import observe, transactions
from flatrender.platform.idempotency import Attempt, fingerprint
from flatrender.render import chunk_repository, closing, compute, model, presenter, repository
from flatrender.render.errors import RenderEnded, RenderNotFound
from flatrender.render.model import JobItem
from flatrender.render.pipeline.fail import clean_up, stop_batch_jobs
from flatrender.render.schemas import Quote, Render, RenderRequest, StatusFilter

if TYPE_CHECKING:
    from flatrender.render.drafts import Draft

SUBMIT: Final = "render.submit"


def quote(caller: Caller, request: RenderRequest) -> Quote:
    """What the render would cost now. Raises InvalidRender with every fault, and what `composition_of` raises."""
    from flatrender.render import drafts

    draft = drafts.draft(caller, request)
    available = ledger.balance(caller).available_seconds
    order = draft.order
    marked = order.watermark is not None
    return presenter.quote(order.profile, draft.size, draft.backend, draft.plan, available, watermark=marked)


def submit(caller: Caller, request: RenderRequest, key: str) -> Render:
    """Accept a render: the job, its reserved seconds and its event are one transaction; then it is started at once.

    The same key and body give the same job, whatever has changed since. Raises InvalidRender, IdempotencyKeyReused,
    TooManyRenders, and the ledger's PaymentRequired.
    """
    attempt = Attempt(caller.tenant_id, caller.user_id, SUBMIT, key, fingerprint(request))
    try:
        job = _create(caller, request, attempt)
    except FlatRenderError:
        # First as if the key were new, for it nearly always is; only what went wrong may turn out to be a repetition.
        earlier = repository.replay(attempt)
        if earlier is None:
            raise
        job = repository.job(caller.tenant_id, earlier)
    if job.status == "queued":
        _start(job)
    return presenter.render(job)


def get(caller: Caller, job_id: str) -> Render:
    """One render; completed ones with links to their results. Raises RenderNotFound."""
    return presenter.render(_own(caller, job_id), links=True)


def listing(caller: Caller, request: PageRequest, status: StatusFilter | None) -> Page[Render]:
    """The caller's renders, newest first."""
    jobs, total, cursor = repository.page_of_jobs(caller.tenant_id, caller.user_id, request, status)
    meta = PageMeta(
        page=request.page, page_size=request.page_size, total=total, has_more=cursor is not None, cursor=cursor
    )
    return Page(data=[presenter.render(job) for job in jobs], meta=meta)


def cancel(caller: Caller, job_id: str) -> Render:
    """End a render that is queued or running. Doing it again changes nothing.

    Its seconds are given back, all but those of what was watched while it rendered.

    Raises RenderNotFound; RenderEnded when it has completed or failed.
    """
    job = _own(caller, job_id)
    for _ in range(closing.ATTEMPTS):
        if job.status not in model.ACTIVE:
            break
        try:
            transactions.commit(_cancellation(caller, job))
        except RenderEnded:
            observe.logger().info("the render ended first, or is watched now", extra={"job_id": job_id})
        job = repository.job(caller.tenant_id, job_id)
    if job.status != "cancelled":
        raise RenderEnded(f"This render is {job.status} already.", status=job.status)
    # Also on repetition: the first call may have died before it came here.
    _halt(job)
    return presenter.render(job)


def _own(caller: Caller, job_id: str) -> JobItem:
    job = repository.job(caller.tenant_id, job_id)
    if job.user_id != caller.user_id:
        raise RenderNotFound
    return job


def _cancellation(caller: Caller, job: JobItem) -> list[transactions.Operation]:
    chunks = chunk_repository.job_and_chunks(job.tenant_id, job.job_id)[1] if job.watched else []
    due = closing.cost(job, chunks)
    data = {
        "job_id": job.job_id,
        "user_id": job.user_id,
        "project_id": job.project_id,
        "seconds_released": int(job.seconds_held) - due.seconds,
        "seconds_settled": due.seconds,
        "cancelled_by": caller.user_id,
    }
    return [
        *closing.operations(job, due, "cancelled", timestamp(), [JobItem.stage.set("cancelled")]),
        repository.announce(job, "cancelled", 3, data),
    ]


def _halt(job: JobItem) -> None:
    """Stop what works on a cancelled job, and remove what it left. Workers find out by themselves, too."""
    compute.stop(job.job_id)
    if job.backend == "batch" or job.chunks_shown:
        _, chunks = chunk_repository.job_and_chunks(job.tenant_id, job.job_id)
        closing.mark_paid(job, chunks)
        stop_batch_jobs(chunks, "The render was cancelled.")
    clean_up(job.tenant_id, job.job_id)


def _start(job: JobItem) -> None:
    """Start the pipeline now. Where that fails, the job's event starts it a little later."""
    try:
        compute.start(job.tenant_id, job.job_id)
    except Exception:  # noqa: BLE001 - whatever it was, the job is stored and its event is on the way
        observe.logger().exception("pipeline not started; its event will", extra={"job_id": job.job_id})


def _create(caller: Caller, request: RenderRequest, attempt: Attempt) -> JobItem:
    from flatrender.progress import service as progress
    from flatrender.render import drafts

    draft = drafts.draft(caller, request)
    job = _job(caller, request, draft)
    data = {
        "job_id": job.job_id,
        "user_id": job.user_id,
        "project_id": job.project_id,
        "seconds_reserved": draft.size.billable_seconds,
        "duration_seconds": float(job.duration),
        "width": job.width,
        "height": job.height,
        "chunks_total": draft.size.chunks_total,
        "backend": repository.EVENT_BACKENDS[draft.backend.name],
    }
    transactions.commit(
        [
            *repository.creation(job, draft.order, attempt, draft.plan.parallel_renders),
            *ledger.reserve(caller.tenant_id, caller.user_id, job.job_id, draft.size.billable_seconds),
            progress.opening(caller.tenant_id, caller.user_id, job.job_id, draft.size.chunks_total),
            repository.announce(job, "submitted", 1, data),
        ]
    )
    return job


def _job(caller: Caller, request: RenderRequest, draft: "Draft") -> JobItem:
    job_id, at = new_id(), timestamp()
    wanted = draft.order.profile
    return JobItem(
        pk=model.job_pk(caller.tenant_id, job_id),
        sk=model.JOB_KEY,
        type="job",
        user_pk=model.user_pk(caller.tenant_id, caller.user_id),
        user_sk=f"{at}#{job_id}",
        status_pk=model.status_pk(caller.tenant_id, caller.user_id, "active"),
        job_id=job_id,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        project_id=request.project_id,
        status="queued",
        stage="queued",
        created_at=at,
        format=draft.order.form,
        codec=wanted.codec,
        transparent=wanted.alpha,
        hls=wanted.streaming,
        watch_secret=secrets.token_hex(32),
        resolution=request.output.resolution,
        quality=request.output.quality,
        width=wanted.width,
        height=wanted.height,
        fps=wanted.fps,
        duration=draft.size.frames / wanted.fps,
        frames=draft.size.frames,
        backend=draft.backend.name,
        backend_reason=draft.backend.reason,
        chunks_total=draft.size.chunks_total,
        chunks_cached=draft.size.chunks_cached,
        seconds_held=draft.size.billable_seconds,
        price_minor=draft.size.billable_seconds * draft.plan.second_price_minor,
        currency=draft.plan.currency,
        second_price_minor=draft.plan.second_price_minor,
    )
