"""The demo's steps as a shell script of curl commands, for people who want to see what goes over the wire."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flatrender_cli.endpoints import Endpoints
from flatrender_cli.journey import TENANT
from flatrender_cli.media import type_of

SCRIPT = Path(__file__).with_name("journey.sh")


def script(
    endpoints: Endpoints,
    *,
    photos: Sequence[Path],
    pictures: Sequence[str],
    template: str,
    project: Mapping[str, Any],
    request: Mapping[str, Any],
) -> str:
    """The script. `project` is the body that made the project, in which `pictures` are the uploaded photos' ids."""
    names = [f"photo{number}" for number in range(1, len(photos) + 1)]
    uploads = [
        f'{name}="$(upload {shlex.quote(str(photo.resolve()))} {type_of(photo)})"'
        for name, photo in zip(names, photos, strict=True)
    ]
    body = json.dumps({**project, "template_id": "@template@"}, ensure_ascii=False)
    for name, picture in zip(names, pictures, strict=True):
        body = body.replace(picture, f"@{name}@")
    asked = json.dumps({**request, "project_id": "@project@"}, ensure_ascii=False)
    values = {
        "api": shlex.quote(endpoints.api),
        "mailbox": shlex.quote(endpoints.mailbox or ""),
        "socket": endpoints.socket,
        "tenant": TENANT,
        "uploads": "\n".join(uploads),
        "template": shlex.quote(template),
        "body": _quoted(body, ["template", *names]),
        "request": _quoted(asked, ["project"]),
    }
    text = SCRIPT.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _quoted(text: str, variables: Sequence[str]) -> str:
    """Text as one shell word, with a shell variable wherever `@name@` stands."""
    word = shlex.quote(text)
    for name in variables:
        word = word.replace(f"@{name}@", f"'\"${name}\"'")
    return word
