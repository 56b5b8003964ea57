"""The local cloud's mailbox, where mail lands that would go to people on AWS."""

import re
import time
from typing import Any

import httpx

from flatrender_cli.errors import CliError

POLL_SECONDS = 0.1


def code_for(mailbox: str, address: str, *, timeout: float = 20) -> str:
    """The six-digit code from the latest mail to `address`, waiting up to `timeout` seconds for it.

    Raises CliError: no mail with a code came.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for text in reversed(texts(mailbox, address)):
            found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
            if found:
                return found[0]
        time.sleep(POLL_SECONDS)
    raise CliError(f"No code came for {address} within {timeout:.0f} s.", hint=f"Look at {mailbox} yourself.")


def texts(mailbox: str, address: str) -> list[str]:
    """The plain texts of all mail to `address`, oldest first. Reads ministack's mailbox and LocalStack's."""
    try:
        answer = httpx.get(mailbox, timeout=5)
        answer.raise_for_status()
        found = answer.json()["messages"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise CliError(f"The mailbox at {mailbox} does not answer.", hint="Is the local cloud up?") from error
    boxes: list[list[dict[str, Any]]] = list(found.values()) if isinstance(found, dict) else [found]
    messages = [message for box in boxes for message in box]
    mine = [message for message in messages if address in _recipients(message)]
    return [_text(message) for message in sorted(mine, key=lambda message: str(message.get("Timestamp", "")))]


def _recipients(message: dict[str, Any]) -> list[str]:
    recipients: list[str] = message.get("To") or (message.get("Destination") or {}).get("ToAddresses") or []
    return recipients


def _text(message: dict[str, Any]) -> str:
    body = message.get("BodyText") or (message.get("Body") or {}).get("text_part") or ""
    return str(body)
