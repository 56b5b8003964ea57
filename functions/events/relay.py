"""The outbox's way out: from the tables' streams to the event bus."""

from typing import Any

from flatrender.events.relay import relay
from flatrender.platform.observe import observed


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    return relay(event)
