"""An endpoint's app and its Lambda entry point.

app = api("Renders")
...
handler = entrypoint(app)
"""

import asyncio
import inspect
import os
from collections.abc import Callable
from functools import cache, wraps
from typing import Annotated, Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from flatrender.kernel.errors import FlatRenderError, InvalidRequest, NotFound, PayloadTooLarge
from flatrender.kernel.faults import Fault
from flatrender.platform import observe
from flatrender.web.faults import faults_of
from flatrender.web.framework import (
    APIRoute,
    FastAPI,
    Header,
    HTTPException,
    JSONResponse,
    Query,
    Request,
    RequestValidationError,
)
from flatrender.web.text import PLAYLIST

__all__ = ["PUBLIC", "IdempotencyKey", "Query", "api", "entrypoint", "envelope", "errors", "trace_id"]

MAX_BODY_BYTES = 1024 * 1024
"""Files go to S3; no JSON body of ours is near a mebibyte."""

PUBLIC: dict[str, Any] = {"security": []}
"""`openapi_extra=PUBLIC` opens a route to callers without a token; the API definition follows it."""

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Unique per command; a retry with the same key and body gives the same result.",
    ),
]


class _InlineRoute(APIRoute):
    """Calls the endpoint where it is, not in a thread pool.

    A Lambda serves one request at a time, so there is nobody to make way for, and each hop to a thread costs what
    parsing the whole request does. (For the same reason the dependencies in this package are `async`.)
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        super().__init__(path, _inline(endpoint), **given)


def _inline(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def called(*args: Any, **named: Any) -> Any:
        return endpoint(*args, **named)

    return called


def api(title: str) -> FastAPI:
    """A FastAPI app that renders every error in our envelope and serves no docs of its own."""
    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.router.route_class = _InlineRoute
    app.add_exception_handler(FlatRenderError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    return app


def errors(*classes: type[FlatRenderError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the errors that an endpoint may answer with."""
    grouped: dict[int | str, dict[str, Any]] = {}
    for error in classes:
        entry = grouped.setdefault(error.status, {"description": ""})
        entry["description"] = f"{entry['description']}; `{error.code}`".lstrip("; ")
    return grouped


def entrypoint(app: FastAPI) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of an app. Bodies over `MAX_BODY_BYTES` are refused before they are parsed."""
    _ensure_event_loop()
    adapter = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, PLAYLIST])

    @observe.observed
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        os.environ["FLATRENDER_REQUEST_ID"] = str(getattr(context, "aws_request_id", ""))
        if len(event.get("body") or "") > MAX_BODY_BYTES * 4 // 3:
            return _open(_answer(PayloadTooLarge(f"The request body is larger than {MAX_BODY_BYTES} bytes.")))
        return _open(adapter(event, context))

    return handler


def _open(answer: dict[str, Any]) -> dict[str, Any]:
    """Lets any site's script read the answer: callers send a bearer token, which no browser adds by itself."""
    answer["headers"] = {**answer.get("headers", {}), "access-control-allow-origin": "*"}
    return answer


@cache
def _ensure_event_loop() -> None:
    """Mangum runs each request on the thread's event loop, and Python 3.13 no longer makes one unasked."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def trace_id() -> str:
    """What a caller quotes when something went wrong: X-Ray's root id, or the request's."""
    root = os.environ.get("_X_AMZN_TRACE_ID", "").partition("Root=")[2].partition(";")[0]
    return root or os.environ.get("FLATRENDER_REQUEST_ID", "")


def envelope(error: FlatRenderError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.text, "details": error.details, "trace_id": trace_id()}}


def _answer(error: FlatRenderError) -> dict[str, Any]:
    import json

    return {
        "statusCode": error.status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(envelope(error)),
        "isBase64Encoded": False,
    }


async def _known(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FlatRenderError)  # noqa: S101 - narrows the type that Starlette erased
    if error.status >= 500:
        observe.logger().warning(error.text, extra={"code": error.code}, exc_info=error)
    wait = error.details.get("retry_after_seconds")
    return JSONResponse(envelope(error), error.status, headers=None if wait is None else {"Retry-After": str(wait)})


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type that Starlette erased
    faults: list[Fault] = faults_of(error.errors())
    summary = (
        faults[0].message if len(faults) == 1 else f"{len(faults)} things are wrong with the request; see details."
    )
    shown = InvalidRequest(summary, faults=[fault.model_dump() for fault in faults])
    return JSONResponse(envelope(shown), shown.status)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type that Starlette erased
    shown: FlatRenderError = (
        NotFound("There is nothing at this address.")
        if error.status_code == 404
        else (InvalidRequest(str(error.detail)))
    )
    return JSONResponse(envelope(shown), error.status_code, headers=error.headers)


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    observe.logger().exception("unexpected error", exc_info=error)
    return JSONResponse(envelope(FlatRenderError()), 500)
