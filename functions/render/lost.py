"""Consumer of Batch's status changes: fail the task of a worker that died without a word, so that it is tried again."""

from typing import Any

from flatrender.platform.observe import observed
from flatrender.render import consumers


@observed
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return consumers.give_up_lost(event)
