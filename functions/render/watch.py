"""/v1/renders/{job_id}/watch/{name}: what players load; the link itself says who may."""

from typing import Annotated

from flatrender.kernel.ids import Id
from flatrender.render import watching
from flatrender.render.errors import NothingToWatch, PlaylistExpired, RenderEnded, RenderNotFound, WatchLinkInvalid
from flatrender.web.api import PUBLIC, Query, api, entrypoint, errors
from flatrender.web.text import Text

app = api("Watching")


@app.get(
    "/v1/renders/{job_id}/watch/{name}",
    response_class=Text,
    responses=errors(WatchLinkInvalid, RenderNotFound, NothingToWatch, PlaylistExpired, RenderEnded),
    openapi_extra=PUBLIC,
)
def watch(job_id: Id, name: watching.Name, token: Annotated[str, Query(max_length=200)]) -> Text:
    """HLS playlists that grow while a video renders (`main.m3u8`), and the index of its hover sprite (`sprite.vtt`)."""
    found = watching.document(job_id, name, token)
    return Text(found.body, media_type=found.content_type)


handler = entrypoint(app)
