"""The WebSocket API: $connect, $disconnect and every message."""

from typing import Any

from flatrender.progress import protocol


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return protocol.receive(event)
