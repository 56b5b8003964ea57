"""What a plan allows. The tier travels in the access token, so that a limit costs no read."""

from typing import Final

from pydantic import BaseModel, ConfigDict

_MIB = 1024 * 1024
_GIB = 1024 * _MIB


class Plan(BaseModel):
    """Limits of one tier. Sizes in bytes, times in seconds, prices in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    price_minor: int
    currency: str = "USD"
    seconds_charge: int
    """Render seconds granted when the plan starts."""
    second_price_minor: int
    """Price of one further render second."""
    storage_bytes: int
    max_files: int
    """Ready files and uploads under way, of one user."""
    max_upload_bytes: int
    max_media_seconds: float
    parallel_renders: int
    max_height: int
    """Tallest output in pixels along the short edge (1080 for 1080p)."""
    max_render_seconds: float


PLANS: Final[dict[str, Plan]] = {
    plan.code: plan
    for plan in (
        Plan(
            code="free",
            name="Free",
            price_minor=0,
            seconds_charge=120,
            second_price_minor=10,
            storage_bytes=1 * _GIB,
            max_files=2_000,
            max_upload_bytes=25 * _MIB,
            max_media_seconds=120,
            parallel_renders=2,
            max_height=1080,
            max_render_seconds=60,
        ),
        Plan(
            code="pro",
            name="Pro",
            price_minor=2900,
            seconds_charge=3600,
            second_price_minor=6,
            storage_bytes=50 * _GIB,
            max_files=10_000,
            max_upload_bytes=500 * _MIB,
            max_media_seconds=1800,
            parallel_renders=6,
            max_height=2160,
            max_render_seconds=900,
        ),
        Plan(
            code="business",
            name="Business",
            price_minor=19900,
            seconds_charge=36000,
            second_price_minor=4,
            storage_bytes=500 * _GIB,
            max_files=50_000,
            max_upload_bytes=2000 * _MIB,
            max_media_seconds=7200,
            parallel_renders=20,
            max_height=2160,
            max_render_seconds=3600,
        ),
    )
}

FREE: Final = PLANS["free"]


def plan_of(tier: str) -> Plan:
    """The plan behind a token's tier; an unknown tier gets the smallest."""
    return PLANS.get(tier, FREE)
