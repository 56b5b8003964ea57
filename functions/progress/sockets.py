"""The WebSocket API: $connect, $disconnect and every message."""

from typing import Any

from flatrender.platform.observe import observed
from flatrender.progress import protocol


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return protocol.receive(event)
