"""Who waits for a service gives up before Lambda kills the function: it can still answer, and clean up."""

import pytest
from tests.support.functions import Function, functions

from flatrender.platform.clients import client
from flatrender.platform.tables import Item, meta

CALLED_BY = {
    "dynamodb": "dynamodb:",
    "kms": "kms:",
    "ses": "ses:",
    # Links and forms are signed without a call.
    "s3": "s3:DeleteObject",
}
"""Service to the rights that only who calls it has."""


class Plum(Item):
    Meta = meta("fruit")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")


def longest(config: object) -> float:
    """Seconds until a client gives up on a service that takes connections and does not answer."""
    attempts: int = config.retries["total_max_attempts"]  # type: ignore[attr-defined]
    return attempts * (config.connect_timeout + config.read_timeout)  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("service", list(CALLED_BY))
def test_its_clients_give_up_before_it_is_killed(function: Function, service: str) -> None:
    if service == "s3" and "s3:ListBucket" in function.actions:
        return  # it removes whole folders, for which it has all the time it needs
    if any(action.startswith(CALLED_BY[service]) for action in function.actions):
        assert longest(client(service).meta.config) < function.timeout


def test_tables_are_read_by_the_client_that_was_measured() -> None:
    assert Plum._get_connection().connection.client is client("dynamodb")


def test_each_service_is_called_by_somebody() -> None:
    granted = {action for function in functions() for action in function.actions}
    for right in CALLED_BY.values():
        assert any(action.startswith(right) for action in granted)
