"""Jobs and drafts as the API shows them."""

from typing import TYPE_CHECKING

from flatrender.composition.outputs import FORMATS
from flatrender.kernel.plans import Plan
from flatrender.platform import storage
from flatrender.render import watching
from flatrender.render.model import JobItem
from flatrender.render.schemas import (
    BackendChoice,
    Chunks,
    Quote,
    Render,
    RenderError,
    RenderOutput,
    RenderResult,
    Seconds,
    Sprite,
)
from flatrender.render.sizing import Choice, Size

if TYPE_CHECKING:
    from flatrender.composition.profiles import Profile


def quote(
    profile: "Profile", size: Size, backend: Choice, plan: Plan, available_seconds: int, *, watermark: bool
) -> Quote:
    return Quote(
        seconds_total=size.seconds,
        seconds_billable=size.billable_seconds,
        price_minor=size.billable_seconds * plan.second_price_minor,
        currency=plan.currency,
        chunks=Chunks(total=size.chunks_total, cached=size.chunks_cached),
        backend=BackendChoice(name=backend.name, reason=backend.reason),
        width=profile.width,
        height=profile.height,
        fps=profile.fps,
        duration_seconds=size.frames / profile.fps,
        watermark=watermark,
        available_seconds=available_seconds,
    )


def render(job: JobItem, *, links: bool = False) -> Render:
    """`links`: sign links to the results of a completed job."""
    return Render(
        id=job.job_id,
        status=job.status,
        stage=job.stage,
        project_id=job.project_id,
        output=RenderOutput(
            format=job.format,
            codec=job.codec if FORMATS[job.format].kind == "video" else None,
            transparent=bool(job.transparent),
            hls=bool(job.hls),
            resolution=job.resolution,
            quality=job.quality,
            width=int(job.width),
            height=int(job.height),
            fps=int(job.fps),
            duration_seconds=float(job.duration),
        ),
        backend=BackendChoice(name=job.backend, reason=job.backend_reason),
        chunks=Chunks(total=int(job.chunks_total), cached=int(job.chunks_cached)),
        seconds=Seconds(
            reserved=int(job.seconds_held), billed=None if job.seconds_billed is None else int(job.seconds_billed)
        ),
        price_minor=int(job.price_minor),
        currency=job.currency,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        playlist_path=watching.link(job, "main.m3u8") if links and job.hls and watching.watchable(job) else None,
        result=_result(job) if links and job.status == "completed" else None,
        error=RenderError(**job.error) if job.error else None,
    )


def _result(job: JobItem) -> RenderResult:
    prefix, form = storage.result_prefix(job.tenant_id, job.job_id), FORMATS[job.format]
    name = f"{job.job_id}.{form.suffix}"
    url = storage.link(prefix + form.file_name, filename=name)
    return RenderResult(
        url=url,
        file_name=name,
        content_type=form.content_type,
        video_url=url if form.kind == "video" else None,
        poster_url=storage.link(prefix + "poster.jpg") if job.result.get("poster", True) else None,
        sprite=_sprite(job, prefix),
        thumbnail_urls=[
            storage.link(f"{prefix}thumb-{number}.jpg") for number in range(1, int(job.result["thumbnails"]) + 1)
        ],
        size_bytes=int(job.result["size_bytes"]),
        manifest_url=storage.link(prefix + "manifest.json") if job.result.get("manifest") else None,
        expires_in=storage.LINK_SECONDS,
    )


def _sprite(job: JobItem, prefix: str) -> Sprite | None:
    sheet, index = job.result.get("sprite"), watching.link(job, "sprite.vtt")
    if not sheet or not index:
        return None
    return Sprite(
        url=storage.link(prefix + "sprite.jpg"),
        vtt_path=index,
        columns=int(sheet["columns"]),
        count=int(sheet["count"]),
        width=int(sheet["width"]),
        height=int(sheet["height"]),
        interval=float(sheet["interval"]),
    )
