"""POST /v1/projects/{project_id}/preview: a still of any time point. Send `Accept: image/jpeg`."""

from typing import Annotated

from flatrender.kernel.ids import Id
from flatrender.studio import preview
from flatrender.studio.errors import PreviewOutOfRange, PreviewTooLarge, ProjectInvalid, ProjectNotFound
from flatrender.web.api import Query, api, entrypoint, errors
from flatrender.web.binary import Jpeg
from flatrender.web.caller import ProjectsRead

app = api("Previews")


@app.post(
    "/v1/projects/{project_id}/preview",
    response_class=Jpeg,
    responses=errors(ProjectNotFound, ProjectInvalid, PreviewOutOfRange, PreviewTooLarge),
)
def still(
    project_id: Id,
    caller: ProjectsRead,
    at: Annotated[float | None, Query(ge=0, le=3600, description="Seconds; the middle when not given.")] = None,
    width: Annotated[int, Query(ge=16, le=1920, description="Pixels; the height follows.")] = 960,
) -> Jpeg:
    """A JPEG of what the project shows at a time point. Send `Accept: image/jpeg`, or it arrives as base64."""
    return Jpeg(preview.still(caller, project_id, at, width))


handler = entrypoint(app)
