"""/v1/projects: make, list, read, change, remove and validate projects."""

from flatrender.content.errors import TemplateNotFound
from flatrender.kernel.ids import Id
from flatrender.kernel.paging import Page
from flatrender.studio import service
from flatrender.studio.errors import (
    ProjectChanged,
    ProjectNotFound,
    ProjectSourceMismatch,
    ProjectTooLarge,
    ProjectUnstorable,
    TooManyProjects,
)
from flatrender.studio.schemas import Project, ProjectCreate, ProjectPatch, ProjectSummary, Validation
from flatrender.web.api import api, entrypoint, errors
from flatrender.web.caller import ProjectsRead, ProjectsWrite
from flatrender.web.paging import Paging

app = api("Projects")


@app.post(
    "/v1/projects",
    status_code=201,
    responses=errors(TemplateNotFound, ProjectTooLarge, ProjectUnstorable, TooManyProjects),
)
def create(body: ProjectCreate, caller: ProjectsWrite) -> Project:
    return service.create(caller, body)


@app.get("/v1/projects")
def list_projects(paging: Paging, caller: ProjectsRead) -> Page[ProjectSummary]:
    return service.projects(caller, paging)


@app.get("/v1/projects/{project_id}", responses=errors(ProjectNotFound))
def get(project_id: Id, caller: ProjectsRead) -> Project:
    return service.get(caller, project_id)


@app.patch(
    "/v1/projects/{project_id}",
    responses=errors(ProjectNotFound, ProjectChanged, ProjectSourceMismatch, ProjectTooLarge, ProjectUnstorable),
)
def change(project_id: Id, body: ProjectPatch, caller: ProjectsWrite) -> Project:
    return service.change(caller, project_id, body)


@app.delete("/v1/projects/{project_id}", status_code=204, responses=errors(ProjectNotFound))
def remove(project_id: Id, caller: ProjectsWrite) -> None:
    service.remove(caller, project_id)


@app.post("/v1/projects/{project_id}/validate", responses=errors(ProjectNotFound))
def validate(project_id: Id, caller: ProjectsRead) -> Validation:
    return service.validate(caller, project_id)


handler = entrypoint(app)
