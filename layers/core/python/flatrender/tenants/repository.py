"""Reads and writes of the tenants table."""

from collections.abc import Iterable

from flatrender.kernel.clock import timestamp
from flatrender.platform import transactions
from flatrender.platform.tables import tenant_key
from flatrender.tenants.errors import SlugTaken, TenantNotFound
from flatrender.tenants.model import TENANT, WATERMARK, TenantItem, WatermarkItem, slug_key
from flatrender.tenants.schemas import OwnedMark, Tenant, WatermarkPolicy


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


def watermarks(tenant_ids: Iterable[str]) -> dict[str, tuple[WatermarkPolicy, OwnedMark]]:
    """The policies of tenants, of those that have one; one batch read."""
    found = WatermarkItem.batch_get([(tenant_key(tenant_id), WATERMARK) for tenant_id in tenant_ids])
    made = ((item, WatermarkPolicy.model_validate(item.policy)) for item in found)
    return {
        item.tenant_id: (policy, OwnedMark(mark=policy.mark, owner_id=item.tenant_id, owner_name=item.name))
        for item, policy in made
    }


def keep_watermark(tenant: Tenant, policy: WatermarkPolicy) -> None:
    """Raises TenantNotFound: the tenant is gone."""
    pk = tenant_key(tenant.id)
    item = WatermarkItem(
        pk,
        WATERMARK,
        type="watermark",
        tenant_id=tenant.id,
        name=tenant.name,
        policy=policy.model_dump(mode="json", exclude_none=True),
        updated_at=timestamp(),
    )
    there = transactions.check(TenantItem(pk, TENANT), TenantItem.pk.exists(), TenantNotFound())
    transactions.commit([there, transactions.put(item)])


def drop_watermark(tenant_id: str) -> None:
    transactions.commit([transactions.delete(WatermarkItem(tenant_key(tenant_id), WATERMARK))])


def _get(pk: str) -> Tenant | None:
    try:
        item = TenantItem.get(pk, TENANT)
    except TenantItem.DoesNotExist:
        return None
    found = {name: getattr(item, name) for name in Tenant.model_fields if name != "id"}
    return Tenant.model_validate({"id": item.tenant_id, **found})


def _item(pk: str, tenant: Tenant) -> TenantItem:
    return TenantItem(pk, TENANT, type="tenant", tenant_id=tenant.id, **tenant.model_dump(exclude={"id"}))
