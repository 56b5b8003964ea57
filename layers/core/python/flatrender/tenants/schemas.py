"""Tenants as the API shows them."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from flatrender.composition.watermark import Mark
from flatrender.kernel.plans import PLANS
from flatrender.kernel.schemas import Request, Response

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


Tier = Literal["free", "pro", "business"]
"""The plans of `kernel.plans`."""


class WatermarkPolicy(Request):
    """Which of a tenant's users get a watermark on renders and previews, and what it is.

    That of the system tenant is for everybody: its tiers bear a mark in every tenant, its own where the tenant has no
    policy. So a tenant may add tiers and put its own mark in place of the platform's, but take no tier away.
    """

    model_config = ConfigDict(defer_build=True)

    tiers: Annotated[frozenset[Tier], Field(max_length=len(PLANS))]
    mark: Mark


class OwnedMark(Response):
    """A mark, the tenant whose files its asset is among, and the name to draw when it is not there any more."""

    mark: Mark
    owner_id: str
    owner_name: str


class TenantWatermark(Response):
    """What holds in one tenant: the tiers, its own and the system's, and the mark; null without any policy."""

    tiers: frozenset[Tier] = frozenset()
    owned: OwnedMark | None = None
