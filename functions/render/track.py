"""Consumer of the render table's stream: tell watchers how far their jobs are."""

from typing import Any

from flatrender.platform.observe import observed
from flatrender.render import tracking


@observed
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    failed = tracking.changed(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
