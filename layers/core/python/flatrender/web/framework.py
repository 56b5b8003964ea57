"""What our web layer uses of FastAPI, imported in less time. Import it from here, never from `fastapi`.

On import FastAPI builds the validators of a whole OpenAPI document: 40 ms of every cold start, for something that no
request needs. Here they are left until somebody does (infra/generate_api.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel


@contextmanager
def _built_on_demand() -> Iterator[None]:
    """Models defined inside are built when they are first used, also those that ask for it in their module."""
    rebuild = BaseModel.__dict__["model_rebuild"]

    def unless_asked_for(cls: type[BaseModel], /, **wanted: Any) -> bool | None:
        # A model that is used before it was built asks with arguments; a module that has just defined it, without.
        built: bool | None = rebuild.__func__(cls, **wanted) if wanted else None
        return built

    BaseModel.model_config["defer_build"] = True
    BaseModel.model_rebuild = classmethod(unless_asked_for)  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]
        del BaseModel.model_config["defer_build"]


with _built_on_demand():
    from fastapi import Depends, FastAPI, Header, Query, Request, Response
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from fastapi.routing import APIRoute
    from starlette.exceptions import HTTPException

__all__ = [
    "APIRoute",
    "Depends",
    "FastAPI",
    "HTTPException",
    "Header",
    "JSONResponse",
    "Query",
    "Request",
    "RequestValidationError",
    "Response",
]
