"""Where the API, its socket and the local mailbox are."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flatrender_cli.errors import CliError

API_VARIABLE = "FLATRENDER_API_URL"
SOCKET_VARIABLE = "FLATRENDER_SOCKET_URL"
MAILBOX_VARIABLE = "FLATRENDER_MAILBOX_URL"
OUTPUTS_VARIABLE = "FLATRENDER_OUTPUTS"
PORT_VARIABLE = "FLATRENDER_PORT"
DEFAULT_PORT = "4566"


@dataclass(frozen=True)
class Endpoints:
    """Addresses without a trailing slash. `mailbox` is None where mail goes to real people."""

    api: str
    socket: str
    mailbox: str | None


def resolve(
    api: str | None = None,
    socket: str | None = None,
    mailbox: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    start: Path | None = None,
) -> Endpoints:
    """The addresses from options, else from the environment, else from what `make up` wrote down.

    Raises CliError: an address is not known.
    """
    outputs = _outputs(environment, start or Path.cwd())
    api = api or environment.get(API_VARIABLE) or outputs.get("ApiUrl")
    socket = socket or environment.get(SOCKET_VARIABLE) or outputs.get("SocketUrl")
    mailbox = mailbox or environment.get(MAILBOX_VARIABLE) or outputs.get("MailboxUrl")
    if not api or not socket:
        missing = "--api" if not api else "--socket"
        raise CliError(
            f"I do not know where the system is: {missing} is not given and nothing is deployed from here.",
            hint=f"Run `make up`, or set {API_VARIABLE} and {SOCKET_VARIABLE}.",
        )
    for address, schemes in ((api, ("http", "https")), (socket, ("ws", "wss"))):
        if urlsplit(address).scheme not in schemes:
            raise CliError(f"'{address}' is not an address that starts with {schemes[0]}:// or {schemes[1]}://.")
    return Endpoints(api.rstrip("/"), socket.rstrip("/"), mailbox.rstrip("/") if mailbox else None)


def known_api(environment: Mapping[str, str] = os.environ, start: Path | None = None) -> str | None:
    """The API's address alone, from the environment or from what `make up` wrote down; None where neither says."""
    return environment.get(API_VARIABLE) or _outputs(environment, start or Path.cwd()).get("ApiUrl")


def _outputs(environment: Mapping[str, str], start: Path) -> dict[str, str]:
    named = environment.get(OUTPUTS_VARIABLE)
    written = Path(".build/local") / environment.get(PORT_VARIABLE, DEFAULT_PORT) / "outputs.json"
    candidates = [Path(named)] if named else [folder / written for folder in (start, *start.parents)]
    for path in candidates:
        if path.is_file():
            try:
                found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise CliError(f"{path} is damaged.", hint="Run `make up` again; it writes the file anew.") from error
            return found
    return {}
