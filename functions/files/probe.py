"""New uploads: examine each, and make it a file or throw it away."""

from typing import Any

from flatrender.files import intake
from flatrender.platform import batches
from flatrender.platform.observe import observed
from flatrender.platform.settings import settings


@observed
def handler(event: dict[str, Any], _context: object) -> batches.Response:
    return batches.each(event, intake.receive, queue_url=settings().uploads_queue_url)
