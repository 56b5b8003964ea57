"""Tenants as the API shows them."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from flatrender.kernel.schemas import Response

Slug = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"),
]
"""A tenant's short name, as it stands in addresses: a DNS label."""

Kind = Literal["Internal", "Reseller", "Enterprise"]
Status = Literal["Active", "Trial", "Suspended", "Cancelled"]


class PublicTenant(Response):
    """What anybody may know of a tenant."""

    id: str
    slug: str
    name: str
    kind: Kind
    status: Status
    custom_domain: str | None = None
    domain_verified: bool = False


class Tenant(PublicTenant):
    """What its own people may know too."""

    contact_email: str
    max_users: int | None = None
    max_storage_gb: int | None = None
    monthly_render_qty: int | None = None
    trial_ends_at: str | None = None
    created_at: str
