"""A still of a project at any time point. Needs the render layer; imported by the preview function alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flatrender.composition.timeline import sounds_shown
from flatrender.files import service as files
from flatrender.kernel.caller import Caller
from flatrender.kernel.faults import Fault
from flatrender.studio import asset_cache, service
from flatrender.studio.errors import PreviewOutOfRange, PreviewTooLarge


def still(caller: Caller, project_id: str, at: float | None, width: int) -> bytes:
    """A JPEG, `width` pixels wide, of what the project shows at `at` seconds (by default in the middle).

    Raises ProjectNotFound, ProjectInvalid with every fault, PreviewOutOfRange, PreviewTooLarge.
    """
    with ThreadPoolExecutor(1) as beside:
        # The first time, the engine takes a quarter of a second to load; it does so while we wait for others.
        engine = beside.submit(_engine)
        return _drawn(caller, project_id, at, width, engine.result)


def _drawn(
    caller: Caller, project_id: str, at: float | None, width: int, engine: Callable[[], Callable[..., bytes]]
) -> bytes:
    composition, assets = service.drawable(caller, project_id)
    moment = composition.duration / 2 if at is None else at
    last_frame = composition.duration - 1 / composition.canvas.fps
    if moment > composition.duration:
        message = f"The project lasts {composition.duration:g} seconds; 'at' must not be later."
        raise PreviewOutOfRange(faults=[Fault(pointer="/query/at", code="out_of_range", message=message)])
    shown = sounds_shown(composition)
    seen = {asset_id: info for asset_id, info in assets.items() if info.kind != "audio" or asset_id in shown}
    try:
        found = asset_cache.fetch((info.sha256, files.object_key(caller.tenant_id, info)) for info in seen.values())
    except OverflowError as error:
        raise PreviewTooLarge(limit=asset_cache.CACHE_BYTES) from error
    paths = {asset_id: found[info.sha256] for asset_id, info in seen.items()}
    return engine()(composition, paths, max(0.0, min(moment, last_frame)), width, "jpeg")


def _engine() -> Callable[..., bytes]:
    from flatrender.engine.still import render_still

    return render_still
