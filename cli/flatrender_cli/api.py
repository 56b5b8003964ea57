"""The public REST API as a client sees it. Knows HTTP and the error envelope, nothing else."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from flatrender_cli.errors import CliError

TIMEOUT_SECONDS = 35
"""API Gateway itself gives up after 29."""


class ApiError(CliError):
    """The API answered with an error envelope; `status` and `code` are what it said."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any]) -> None:
        self.status = status
        self.code = code
        faults = details.get("faults") or ()
        lines = tuple(f"{fault['pointer'] or '/'}: {fault['message']}" for fault in faults)
        super().__init__(f"{message} ({status} {code})", details=lines)


class Api:
    """One user's connection to the API. Answers are parsed JSON; every refusal is an ApiError."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Any:
        """POST with a JSON body; `key` is sent as Idempotency-Key."""
        headers = {"idempotency-key": key} if key else {}
        return self._call("POST", path, json={} if body is None else body, headers=headers)

    def upload(self, form: Mapping[str, Any], path: Path, content_type: str) -> None:
        """Posts a file with a presigned form, as a browser would.

        Raises CliError: storage refused it.
        """
        with path.open("rb") as file:
            files = {"file": (path.name, file, content_type)}
            answer = self._sent("POST", form["url"], data=form["fields"], files=files)
        if answer.is_error:
            raise CliError(f"Storage refused {path.name} ({answer.status_code}).", details=(answer.text[:300],))

    def download(self, link: str, path: Path) -> int:
        """Saves what a presigned link leads to; returns its size in bytes. The file is whole or not there."""
        part = path.with_name(path.name + ".part")
        size = 0
        try:
            with self._http.stream("GET", link) as answer, part.open("wb") as file:
                if answer.is_error:
                    raise CliError(f"The link to {path.name} does not work ({answer.status_code}).")
                for piece in answer.iter_bytes(1024 * 1024):
                    size += file.write(piece)
        except httpx.HTTPError as error:
            raise CliError(f"Downloading {path.name} broke off: {error}.", hint="Run it again.") from error
        part.replace(path)
        return size

    def _call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any) -> Any:
        sent = dict(headers or {})
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        answer = self._sent(method, self.url + path, headers=sent, **parts)
        if answer.is_error:
            raise _refusal(answer)
        if not answer.content:
            return None
        if answer.headers.get("content-type", "").startswith("application/json"):
            return answer.json()
        return answer.content

    def _sent(self, method: str, url: str, **parts: Any) -> httpx.Response:
        for attempt in (1, 2):
            try:
                return self._http.request(method, url, **parts)
            except httpx.ConnectError as error:
                raise CliError(f"Nothing answers at {url}.", hint="Is the system up? `make up` starts it.") from error
            except httpx.RemoteProtocolError as error:
                # A connection kept alive too long. Only what may safely arrive twice is sent again.
                repeatable = method == "GET" or "idempotency-key" in parts.get("headers", {})
                if attempt == 2 or not repeatable:
                    raise CliError(f"The connection to {url} broke off.", hint="Run it again.") from error
            except httpx.HTTPError as error:
                raise CliError(f"{method} {url} failed: {error or type(error).__name__}.") from error
            time.sleep(0.1)
        raise AssertionError("the second attempt returns or raises")


def _refusal(answer: httpx.Response) -> ApiError:
    try:
        error = answer.json()["error"]
        return ApiError(answer.status_code, error["code"], error["message"], error.get("details") or {})
    except (ValueError, KeyError, TypeError):
        # Not ours: API Gateway's own refusals have no envelope.
        return ApiError(answer.status_code, "unexpected_answer", answer.text[:300] or answer.reason_phrase, {})
