"""Bases of what comes in and goes out."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A request body: unknown fields are an error, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Response(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)
