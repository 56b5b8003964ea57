"""Consumer of render.job.submitted.v1: start the pipeline of a submitted job."""

from typing import Any

from flatrender.platform.observe import observed
from flatrender.render import consumers


@observed
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return consumers.start_submitted(event)
