"""What the ledger answers."""

from typing import Literal

from pydantic import Field

from flatrender.kernel.schemas import Response

EntryKind = Literal["grant", "hold", "settle", "release"]


class Balance(Response):
    """Money in minor units of `currency`, render time in whole seconds."""

    balance_minor: int
    affiliate_balance_minor: int
    currency: str
    parallel_rendering_ceiling: int = Field(description="How many renders may run at once on the caller's plan.")
    available_seconds: int = Field(description="Render seconds that can be spent.")
    held_seconds: int = Field(description="Render seconds set aside for jobs that have not ended.")


class Entry(Response):
    """One movement of render seconds, and what was there after it."""

    id: str
    kind: EntryKind
    available_change: int
    held_change: int
    available_after: int
    held_after: int
    job_id: str | None
    reason: str | None
    created_at: str
