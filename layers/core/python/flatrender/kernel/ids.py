"""Identifiers: UUID v4 everywhere, as the contracts say."""

from typing import Annotated
from uuid import UUID, uuid4, uuid5

from pydantic import AfterValidator, StringConstraints

SYSTEM_TENANT_ID = "00000000-0000-4000-8000-000000000001"
"""The platform's own tenant: owner of built-in templates and their files."""


def _uuid4(value: str) -> str:
    parsed = UUID(value)
    if parsed.version != 4:
        raise ValueError("must be a UUID version 4")
    return str(parsed)


Id = Annotated[str, StringConstraints(min_length=36, max_length=36), AfterValidator(_uuid4)]
"""A UUID v4 in its canonical 36-character form."""


def new_id() -> str:
    return str(uuid4())


def derived_id(namespace: str, name: str) -> str:
    """The same UUID for the same name, shaped as version 4; makes a retried command create the same thing twice over.

    `namespace` is itself a UUID (a tenant's, a user's).
    """
    digest = uuid5(UUID(namespace), name)
    return str(UUID(bytes=digest.bytes, version=4))
