"""The tenants table.

pk              sk
TENANT#<id>     TENANT      the tenant
SLUG#<slug>     TENANT      the same, found by its slug; being there, it also claims the slug
TENANT#<id>     WATERMARK   whose renders bear a watermark, and which

The slug is how a request without a token says which tenant it means, so it is the one key that no tenant precedes.
Both items are written together, always, and so are equal.
"""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from flatrender.platform.tables import Item, meta

TENANT = "TENANT"
WATERMARK = "WATERMARK"


def slug_key(slug: str) -> str:
    return f"SLUG#{slug}"


class TenantItem(Item):
    Meta = meta("tenants")

    tenant_id = UnicodeAttribute()
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    status = UnicodeAttribute()
    contact_email = UnicodeAttribute()
    custom_domain = UnicodeAttribute(null=True)
    domain_verified = BooleanAttribute(default=False)
    max_users = NumberAttribute(null=True)
    max_storage_gb = NumberAttribute(null=True)
    monthly_render_qty = NumberAttribute(null=True)
    trial_ends_at = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()


class WatermarkItem(Item):
    """`name` is the tenant's, which is drawn where the mark's file is gone."""

    Meta = meta("tenants")

    tenant_id = UnicodeAttribute()
    name = UnicodeAttribute()
    policy = JSONAttribute()
    updated_at = UnicodeAttribute()
