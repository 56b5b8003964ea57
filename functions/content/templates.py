"""/v1/templates and /v1/categories: what videos can be made from."""

from typing import Annotated

from flatrender.content import service
from flatrender.content.errors import TemplateNotFound
from flatrender.content.schemas import Categories, TemplateDetail, TemplateFilter, TemplateSummary
from flatrender.kernel.ids import Id
from flatrender.kernel.paging import Page
from flatrender.web.api import Query, api, entrypoint, errors
from flatrender.web.caller import TemplatesRead
from flatrender.web.paging import Paging

app = api("Templates")


@app.get("/v1/templates")
def list_templates(
    wanted: Annotated[TemplateFilter, Query()], paging: Paging, caller: TemplatesRead
) -> Page[TemplateSummary]:
    return service.templates(caller, wanted, paging)


@app.get("/v1/templates/{template_id}", responses=errors(TemplateNotFound))
def get_template(template_id: Id, caller: TemplatesRead) -> TemplateDetail:
    return service.detail(caller, template_id)


@app.get("/v1/categories")
def list_categories(caller: TemplatesRead) -> Categories:
    return service.categories(caller)


handler = entrypoint(app)
