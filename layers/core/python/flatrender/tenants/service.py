"""The businesses on the platform: found by slug or id, made by seeding."""

from flatrender.kernel.clock import timestamp
from flatrender.tenants import repository
from flatrender.tenants.errors import SlugTaken, TenantNotFound, TenantSuspended
from flatrender.tenants.schemas import Kind, PublicTenant, Status, Tenant

_OPEN: frozenset[Status] = frozenset({"Active", "Trial"})


def by_slug(slug: str) -> Tenant:
    """One read. Raises TenantNotFound."""
    return _found(repository.by_slug(slug))


def by_id(tenant_id: str) -> Tenant:
    """One read. Raises TenantNotFound."""
    return _found(repository.by_id(tenant_id))


def public(slug: str) -> PublicTenant:
    """What anybody may know of a tenant. Raises TenantNotFound."""
    return PublicTenant.model_validate(by_slug(slug).model_dump(include=set(PublicTenant.model_fields)))


def ensure_open(tenant: Tenant) -> Tenant:
    """The tenant, when its people may come in. Raises TenantSuspended."""
    if tenant.status not in _OPEN:
        raise TenantSuspended()
    return tenant


def create(
    *,
    tenant_id: str,
    slug: str,
    name: str,
    contact_email: str,
    kind: Kind = "Reseller",
    status: Status = "Active",
) -> Tenant:
    """Makes a tenant, or gives back the one that has this id and slug already, as it is.

    Raises SlugTaken: another tenant has the slug, or this id has another slug.
    """
    tenant = Tenant(
        id=tenant_id,
        slug=slug,
        name=name,
        kind=kind,
        status=status,
        contact_email=contact_email,
        created_at=timestamp(),
    )
    try:
        repository.create(tenant)
    except SlugTaken:
        existing = repository.by_slug(slug)
        if existing is None or existing.id != tenant_id:
            raise
        return existing
    return tenant


def _found(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise TenantNotFound()
    return tenant
