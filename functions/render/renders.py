"""/v1/renders: submit, list, watch and cancel renders."""

from flatrender.kernel.errors import PaymentRequired
from flatrender.kernel.ids import Id
from flatrender.kernel.paging import Page
from flatrender.platform.idempotency import IdempotencyKeyReused
from flatrender.render import service
from flatrender.render.errors import InvalidRender, RenderEnded, RenderNotFound, TooManyRenders
from flatrender.render.schemas import Render, RenderRequest, StatusFilter
from flatrender.web.api import IdempotencyKey, api, entrypoint, errors
from flatrender.web.caller import RendersCancel, RendersRead, RendersWrite
from flatrender.web.paging import Paging

app = api("Renders")


@app.post(
    "/v1/renders",
    status_code=202,
    responses=errors(InvalidRender, IdempotencyKeyReused, PaymentRequired, TooManyRenders),
)
def submit(body: RenderRequest, caller: RendersWrite, key: IdempotencyKey) -> Render:
    return service.submit(caller, body, key)


@app.get("/v1/renders")
def listing(caller: RendersRead, paging: Paging, status: StatusFilter | None = None) -> Page[Render]:
    return service.listing(caller, paging, status)


@app.get("/v1/renders/{job_id}", responses=errors(RenderNotFound))
def get(job_id: Id, caller: RendersRead) -> Render:
    return service.get(caller, job_id)


@app.post("/v1/renders/{job_id}/cancel", responses=errors(RenderNotFound, RenderEnded))
def cancel(job_id: Id, caller: RendersCancel) -> Render:
    return service.cancel(caller, job_id)


handler = entrypoint(app)
