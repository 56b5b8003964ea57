"""How the state machine's Lambdas are called: input in, pointers out, every log line with the job it is about."""

from collections.abc import Callable
from typing import Any

from flatrender.platform import observe
from flatrender.render.order import Step

type Handler = Callable[[dict[str, Any], Any], Any]


def handler_of[S: Step](kind: type[S], run: Callable[[S], Any]) -> Handler:
    """A Lambda handler that reads its input as `kind` and answers with what `run` does."""

    def handler(event: dict[str, Any], _context: Any) -> Any:
        step = kind.model_validate(event)
        observe.logger().append_keys(tenant_id=step.tenant_id, job_id=step.job_id)
        return run(step)

    return handler
