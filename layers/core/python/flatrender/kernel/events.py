"""The envelope every event travels in."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import new_id


class Event(BaseModel):
    """Something that happened to one aggregate.

    `type` is the routing key and ends in its version (`render.job.completed.v1`).
    `sequence` counts the aggregate's events from 1: consumers drop what is not newer than what they have seen.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=new_id)
    type: str = Field(pattern=r"^[a-z]+(\.[a-z_]+)+\.v[1-9][0-9]*$")
    occurred_at: str = Field(default_factory=timestamp)
    tenant_id: str
    aggregate_id: str
    sequence: int = Field(ge=1)
    data: dict[str, Any]
    trace_id: str | None = None
