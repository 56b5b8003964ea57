"""Consumer of Step Functions' status changes: end the job of an execution that could not end it itself."""

from typing import Any

from flatrender.platform.observe import observed
from flatrender.render import consumers


@observed
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return consumers.end_abandoned(event)
