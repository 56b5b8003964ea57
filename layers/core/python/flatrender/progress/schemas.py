"""What the pipeline reports about a job, and what clients may say on a socket."""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from flatrender.kernel.ids import Id
from flatrender.kernel.schemas import Request

Stage = Literal["queued", "planning", "rendering", "assembling", "verifying", "publishing"]
"""The stages of a running job, in the order in which it passes them; it never returns to an earlier one."""

Status = Literal["completed", "failed", "cancelled"]

STAGES: Final[tuple[str, ...]] = get_args(Stage)


class Update(BaseModel):
    """How far a job is. `percent` 0 to 100; `eta_seconds` and `fps` are None while they are not known."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    percent: float = Field(ge=0, le=100)
    eta_seconds: float | None = Field(default=None, ge=0)
    fps: float | None = Field(default=None, ge=0)
    chunks_done: int = Field(default=0, ge=0)
    chunks_total: int = Field(default=0, ge=0)


class Outcome(BaseModel):
    """How a job ended. `result` for completed jobs, `error` (`code`, `message`) for the others.

    Kept for as long as the snapshot: put nothing in that expires, such as presigned links.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Subscribe(Request):
    """`last_seq`: the highest sequence number the client has seen of this job; it gets only what is newer."""

    action: Literal["subscribe"]
    job_id: Id
    last_seq: int = Field(default=0, ge=0, strict=True)


class Unsubscribe(Request):
    action: Literal["unsubscribe"]
    job_id: Id


class Ping(Request):
    action: Literal["ping"]


Message = Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="action")]
