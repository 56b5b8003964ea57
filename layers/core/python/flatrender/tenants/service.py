"""The businesses on the platform: found by slug or id, made by seeding."""

from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import SYSTEM_TENANT_ID
from flatrender.tenants import repository
from flatrender.tenants.errors import SlugTaken, TenantNotFound, TenantSuspended
from flatrender.tenants.schemas import Kind, PublicTenant, Status, Tenant, TenantWatermark, WatermarkPolicy

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


def watermark(tenant_id: str) -> TenantWatermark:
    """What a tenant's renders and previews are marked with, by its own policy and the system tenant's. One read."""
    policies = repository.watermarks({tenant_id, SYSTEM_TENANT_ID})
    ruling = policies.get(tenant_id) or policies.get(SYSTEM_TENANT_ID)
    tiers = frozenset(tier for policy, _ in policies.values() for tier in policy.tiers)
    return TenantWatermark(tiers=tiers, owned=ruling[1] if ruling else None)


def set_watermark(tenant_id: str, policy: WatermarkPolicy) -> None:
    """Keeps a tenant's policy in place of the one before. What knows of files and fonts checks it first: see
    `studio.watermarks.set_policy`. Raises TenantNotFound.
    """
    repository.keep_watermark(by_id(tenant_id), policy)


def remove_watermark(tenant_id: str) -> None:
    """Leaves the tenant to the system tenant's policy, if there is one."""
    repository.drop_watermark(tenant_id)


def _found(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise TenantNotFound()
    return tenant
