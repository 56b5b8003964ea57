"""Against the deployed stack, over real HTTP and WebSocket. `FLATRENDER_ENDPOINT`, `FLATRENDER_STACK` and
`FLATRENDER_OUTPUTS` (or `FLATRENDER_PORT`) say which; AWS clients serve to inspect, and to make faults.

Each test signs up users of its own, so that tests do not see each other's jobs, files or seconds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support import photos, tenants
from tests.support.people import User
from tests.support.stack import Stack, deployed

from flatrender_cli import journey
from flatrender_cli.api import Api


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack() -> Stack:
    return deployed()


@pytest.fixture(scope="session")
def make_user(stack: Stack) -> Iterator[Callable[..., User]]:
    """`make_user()` signs up another user of the demo tenant, `make_user(slug)` of any."""
    opened: list[Api] = []

    def make(slug: str = journey.TENANT) -> User:
        api = Api(stack.addresses.api)
        opened.append(api)
        assert stack.addresses.mailbox, "the tests read codes from the local mailbox"
        return User(stack.addresses, api, journey.sign_up(api, stack.addresses.mailbox, slug))

    yield make
    for api in opened:
        api.close()


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture(scope="session")
def other_tenant(stack: Stack) -> str:
    """The slug of a tenant with nobody in it yet."""
    return tenants.another(stack)


@pytest.fixture(scope="session")
def two_photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A magenta one and a green one, never seen before, so that nothing made from them is in a cache."""
    folder = tmp_path_factory.mktemp("photos")
    seed = uuid4().int % 2**32
    return (
        photos.photo(folder / "magenta.jpg", photos.MAGENTA, seed=seed),
        photos.photo(folder / "green.jpg", photos.GREEN, seed=seed + 1),
    )
