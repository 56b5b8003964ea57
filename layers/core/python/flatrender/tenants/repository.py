"""Reads and writes of the tenants table."""

from flatrender.platform import transactions
from flatrender.platform.tables import tenant_key
from flatrender.tenants.errors import SlugTaken
from flatrender.tenants.model import TENANT, TenantItem, slug_key
from flatrender.tenants.schemas import Tenant


def by_slug(slug: str) -> Tenant | None:
    return _get(slug_key(slug))


def by_id(tenant_id: str) -> Tenant | None:
    return _get(tenant_key(tenant_id))


def create(tenant: Tenant) -> None:
    """Raises SlugTaken: the slug, or the id, is in use."""
    transactions.commit(
        [
            transactions.put(_item(pk, tenant), TenantItem.pk.does_not_exist(), SlugTaken())
            for pk in (tenant_key(tenant.id), slug_key(tenant.slug))
        ]
    )


def _get(pk: str) -> Tenant | None:
    try:
        item = TenantItem.get(pk, TENANT)
    except TenantItem.DoesNotExist:
        return None
    found = {name: getattr(item, name) for name in Tenant.model_fields if name != "id"}
    return Tenant.model_validate({"id": item.tenant_id, **found})


def _item(pk: str, tenant: Tenant) -> TenantItem:
    return TenantItem(pk, TENANT, type="tenant", tenant_id=tenant.id, **tenant.model_dump(exclude={"id"}))
