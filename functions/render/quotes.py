"""/v1/renders/quote: what a render would cost."""

from flatrender.render import service
from flatrender.render.errors import InvalidRender
from flatrender.render.schemas import Quote, RenderRequest
from flatrender.web.api import api, entrypoint, errors
from flatrender.web.caller import RendersRead

app = api("Render quotes")


@app.post("/v1/renders/quote", responses=errors(InvalidRender))
def quote(body: RenderRequest, caller: RendersRead) -> Quote:
    return service.quote(caller, body)


handler = entrypoint(app)
