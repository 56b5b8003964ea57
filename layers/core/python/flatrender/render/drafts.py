"""From a request to a checked, sized work order. Loads the composition format, so only quote and submit come here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flatrender.composition import cuts, fonts
from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import ChunkSpec
from flatrender.composition.limits import MAX_AUDIO_TRACKS, MAX_LAYERS
from flatrender.composition.outputs import FORMATS, STREAMED, Format, frame_at, limits
from flatrender.composition.profiles import Profile, Quality, profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import asset_ids, validate
from flatrender.files import service as files
from flatrender.kernel.caller import Caller
from flatrender.kernel.faults import Fault
from flatrender.kernel.plans import Plan, plan_of
from flatrender.render import chunk_repository, room
from flatrender.render.errors import InvalidRender
from flatrender.render.order import Asset, TemplateSource, WorkOrder
from flatrender.render.schemas import Output, RenderRequest
from flatrender.render.sizing import Choice, Size, Sizing, choose, size, sizing
from flatrender.studio import service as studio
from flatrender.studio import watermarks

PROJECT: Final = "/project"
COMPOSITION: Final = "/body/composition"
"""Where faults of the document point to."""
MAX_FILES: Final = MAX_LAYERS + MAX_AUDIO_TRACKS
"""No valid composition names more."""
_FILE_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Draft:
    """A request that can be rendered: its order, how large it is, where it would run."""

    order: WorkOrder
    size: Size
    backend: Choice
    plan: Plan


def draft(caller: Caller, request: RenderRequest) -> Draft:
    """Check everything that can be wrong, then size the render. Raises InvalidRender."""
    plan = plan_of(caller.tier)
    root = PROJECT if request.project_id else COMPOSITION
    document, assets, composition, faults, template = _source(caller, request, root)
    wanted = None
    if composition is not None:
        output = request.output
        form = FORMATS[output.format]
        faults += _choices(output, form)
        wanted = profile(
            composition,
            output.resolution,
            output.quality,
            output=output.format,
            codec=output.codec if output.codec in form.codecs else None,
            streaming=output.hls,
            ground=output.background,
        )
        faults += _limits(composition, wanted, plan, root, form, output.quality)
    if faults or composition is None or wanted is None:
        raise InvalidRender(faults=faults)
    facts = sizing()
    frames = 1 if form.kind == "still" else wanted.frame_count(composition.duration)
    mark = None if form.kind == "audio" else watermarks.of(caller, composition.canvas)
    if mark:
        assets = {**assets, **mark.assets}

    def order_for(backend: Choice) -> WorkOrder:
        on_device = backend.name == "batch" and form.kind != "audio"
        return WorkOrder(
            document=document,
            profile=wanted.model_copy(update={"device": facts.batch_device}) if on_device else wanted,
            assets={
                asset_id: Asset(info=info, object_key=files.object_key(caller.tenant_id, info))
                for asset_id, info in assets.items()
            },
            chunk_seconds=cuts.fitted(
                facts.chunk_seconds, wanted, composition.duration, facts.workers if backend.name == "burst" else None
            ),
            form=form.name,
            only=frame_at(output.at, composition.duration, wanted.fps) if form.kind == "still" else None,
            template=TemplateSource(id=template[0], version=template[1]) if template else None,
            watermark=mark.layer if mark else None,
        )

    order, chunks, backend = _placed(order_for, choose(request.backend, frames, wanted, facts), facts, root)
    paid = chunk_repository.usable(caller.tenant_id, [chunk.key for chunk in chunks])
    unpaid = [key for key, by_somebody in paid.items() if not by_somebody]
    return Draft(order, size(chunks, paid, order.profile, unpaid=unpaid), backend, plan)


def _placed(
    order_for: Callable[[Choice], WorkOrder], chosen: Choice, facts: Sizing, root: str
) -> tuple[WorkOrder, list[ChunkSpec], Choice]:
    """The order, its chunks, and a backend whose workers have the room for its files. Raises InvalidRender."""
    others = [room.moved(facts)] if chosen.name == "burst" and facts.batch_available else []
    for backend in (chosen, *others):
        order, available = order_for(backend), room.of_workers(backend.name, facts)
        chunks = order.chunks()
        if not chunks:
            message = f"Nothing is heard in this composition: there is no {order.form} to make."
            raise InvalidRender(faults=[Fault(pointer="/body/output/format", code="nothing_heard", message=message)])
        need = room.needed(order, chunks, available)
        if need.size_bytes <= available:
            return order, chunks, backend
    raise InvalidRender(faults=[room.too_large(order, need, available, root)])


def _source(
    caller: Caller, request: RenderRequest, root: str
) -> tuple[dict[str, Any], Mapping[str, AssetInfo], Composition | None, list[Fault], tuple[str, int] | None]:
    """The document to render with its assets, checked; faults point into the request. And its template's version."""
    template = None
    if request.project_id is not None:
        document, assets, template = studio.source_of(caller, request.project_id)
    else:
        document = dict(request.composition or {})
        assets = files.assets(caller.tenant_id, _file_ids(document), user_id=caller.user_id)
    if request.output.fps and isinstance(document.get("canvas"), dict):
        document = {**document, "canvas": {**document["canvas"], "fps": request.output.fps}}
    composition, faults = validate(document, assets, fonts.shipped())
    faults = [fault.model_copy(update={"pointer": root + fault.pointer}) for fault in faults]
    return document, assets, composition, faults, template


def _file_ids(document: dict[str, Any]) -> list[str]:
    """The files that a document names: what is no id names none, and no valid document names more than MAX_FILES."""
    return sorted(name for name in asset_ids(document) if _FILE_ID.fullmatch(name))[:MAX_FILES]


def _choices(output: Output, form: Format) -> list[Fault]:
    """Options that do not go together."""
    faults = []

    def refuse(field: str, message: str) -> None:
        faults.append(Fault(pointer=f"/body/output/{field}", code="format_option", message=message))

    if output.codec and output.codec not in form.codecs:
        there = f"there are {', '.join(form.codecs)}" if form.codecs[1:] else "there is no choice"
        refuse("codec", f"{form.name} cannot hold {output.codec}; {there}.")
    elif output.hls and (form.name != "mp4" or (output.codec or form.codecs[0]) not in STREAMED):
        refuse("hls", "Only an mp4 of h264 or hevc can be watched while it renders.")
    if output.at is not None and form.kind != "still":
        refuse("at", "Only a png or jpeg is of one moment; leave out 'at'.")
    return faults


def _limits(  # noqa: PLR0917 - one call, above
    composition: Composition, wanted: Profile, plan: Plan, root: str, form: Format, quality: Quality
) -> list[Fault]:
    faults = []
    if form.kind != "still":
        frames = wanted.frame_count(composition.duration)
        facts = {"width": wanted.width, "height": wanted.height, "fps": wanted.fps, "frames": frames}
        faults += limits(form, **facts, root="/body/output") or room.result(form, wanted, quality, frames)
    height = min(wanted.width, wanted.height)
    if form.kind != "audio" and height > plan.max_height:
        message = (
            f"Your plan '{plan.name}' renders up to {plan.max_height}p; this is {height}p. Choose a lower resolution."
        )
        faults.append(Fault(pointer="/body/output/resolution", code="plan_resolution", message=message))
    if composition.duration > plan.max_render_seconds:
        message = (
            f"Your plan '{plan.name}' renders up to {plan.max_render_seconds:g} seconds; "
            f"this lasts {composition.duration:g}. Make it shorter."
        )
        faults.append(Fault(pointer=root, code="plan_duration", message=message))
    return faults
