"""Sends an answer whose length is known at once.

The server below ministack sends the head of an answer, then its body: two packets, for each of which whoever waits is
woken. That is most of what a small answer costs here, on the client's way to a function and on the function's way to
a table. AWS's endpoints send small answers whole.
"""

from typing import Any

import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol


async def _send(self: H11Protocol, event: Any) -> None:
    """The head of an answer waits for what follows it, which is at once where the answer's length is known.

    One of unknown length is a stream, and may be silent for a while after its head.
    """
    held = self.__dict__.pop("_held", b"")
    try:
        data = held + self.connection.send(event)
    except h11.LocalProtocolError:
        if held:
            await self.send(RawData(data=held))
        if self.connection.their_state != h11.ERROR:
            raise
        return
    if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
        self._held = data
    elif data:
        await self.send(RawData(data=data))


def install() -> None:
    H11Protocol._send_h11_event = _send  # noqa: SLF001 - hypercorn has no extension points
