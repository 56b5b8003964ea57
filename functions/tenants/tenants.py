"""/v1/tenants: which tenant a slug stands for."""

from flatrender.tenants import service
from flatrender.tenants.errors import TenantNotFound
from flatrender.tenants.schemas import PublicTenant, Slug
from flatrender.web.api import PUBLIC, api, entrypoint, errors
from flatrender.web.caching import cached

app = api("Tenants")


@app.get(
    "/v1/tenants/by-slug/{slug}", openapi_extra=PUBLIC, responses=errors(TenantNotFound), dependencies=[cached(60)]
)
def by_slug(slug: Slug) -> PublicTenant:
    return service.public(slug)


handler = entrypoint(app)
