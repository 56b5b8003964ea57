"""What a new user does, step by step, over HTTP only. Each function is one step and returns what the next one needs."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from flatrender_cli import mailbox
from flatrender_cli.api import Api
from flatrender_cli.errors import CliError
from flatrender_cli.media import type_of

TENANT = "demo"
PROBE_SECONDS = 60
POLL_SECONDS = 0.15


@dataclass(frozen=True)
class Account:
    """A registered user, with the tokens of a session."""

    email: str
    password: str
    user_id: str
    access_token: str
    refresh_token: str


def fresh_email() -> str:
    return f"demo-{secrets.token_hex(6)}@example.com"


def tenant(api: Api, slug: str = TENANT) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/tenants/by-slug/{slug}")
    return found


def register(api: Api, slug: str, email: str, password: str, full_name: str = "Demo User") -> dict[str, Any]:
    """Returns what verifying needs, the verification token among it; the code itself comes by mail."""
    made: dict[str, Any] = api.post(
        "/v1/auth/register",
        {"tenant_slug": slug, "email": email, "password": password, "full_name": full_name, "accept_terms": True},
    )
    return made


def verify(api: Api, token: str, code: str) -> None:
    api.post("/v1/auth/verify/email", {"token": token, "code": code})


def login(api: Api, slug: str, email: str, password: str) -> Account:
    """Logs in; the Api sends the access token from now on."""
    tokens = api.post("/v1/auth/login", {"tenant_slug": slug, "email": email, "password": password})
    api.token = tokens["access_token"]
    return Account(email, password, tokens["user"]["id"], tokens["access_token"], tokens["refresh_token"])


def sign_up(api: Api, mailbox_url: str, slug: str = TENANT) -> Account:
    """All of it: registers, verifies with the mailed code, logs in."""
    email, password = fresh_email(), secrets.token_urlsafe(12)
    made = register(api, slug, email, password)
    verify(api, made["token"], mailbox.code_for(mailbox_url, email))
    return login(api, slug, email, password)


def start_upload(api: Api, path: Path) -> dict[str, Any]:
    """Announces a file and posts it to storage with the form it got; returns the file's record as it was announced."""
    content_type = type_of(path)
    size = path.stat().st_size
    made = api.post("/v1/files", {"filename": path.name, "content_type": content_type, "size_bytes": size})
    api.upload(made["upload"], path, content_type)
    announced: dict[str, Any] = made["file"]
    return announced


def ready(api: Api, file_id: str, *, timeout: float = PROBE_SECONDS) -> dict[str, Any]:
    """Waits until a file has been checked.

    Raises CliError: it was rejected (with the reason), or nobody looked at it in time.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        file: dict[str, Any] = api.get(f"/v1/files/{file_id}")
        if file["status"] == "ready":
            return file
        if file["status"] == "rejected":
            raise CliError(f"{file['filename']} was rejected: {file['rejection']['message']}")
        time.sleep(POLL_SECONDS)
    raise CliError(f"The file {file_id} was not checked within {timeout:.0f} s.", hint="Look at the local cloud's log.")


def template_by_code(api: Api, code: str) -> dict[str, Any]:
    """A template of the catalogue with its inputs."""
    for summary in api.get("/v1/templates", page_size=100)["data"]:
        if summary["code"] == code:
            found: dict[str, Any] = api.get(f"/v1/templates/{summary['id']}")
            return found
    raise CliError(f"There is no template '{code}' in the catalogue.", hint="`make up` seeds the built-in ones.")


def project(api: Api, template_id: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = api.post("/v1/projects", {"name": name, "template_id": template_id, "inputs": dict(inputs)})
    return made


def submit(api: Api, request: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
    """Submits a render under an Idempotency-Key, a new one unless given."""
    job: dict[str, Any] = api.post("/v1/renders", dict(request), key=key or str(uuid4()))
    return job


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
