"""How the state machine's Lambdas are called: input in, pointers out, every log line with the job it is about."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from flatrender.platform import observe

type Handler = Callable[[dict[str, Any], Any], Any]


class Step(BaseModel):
    """What the state machine hands to each step: a pointer to the job."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tenant_id: str
    job_id: str


class ChunkTask(Step):
    """One work item, and the token under which its outcome is awaited."""

    item: int
    """Index of the chunk; -1 for the soundtrack."""
    token: str


def handler_of[S: Step](kind: type[S], run: Callable[[S], Any]) -> Handler:
    """A Lambda handler that reads its input as `kind` and answers with what `run` does."""

    @observe.observed
    def handler(event: dict[str, Any], _context: Any) -> Any:
        step = kind.model_validate(event)
        observe.logger().append_keys(tenant_id=step.tenant_id, job_id=step.job_id)
        return run(step)

    return handler
