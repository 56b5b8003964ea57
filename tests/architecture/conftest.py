"""What the checks of code, template and layers against each other share."""

import sys
from collections.abc import Iterator

import pytest
from tests.support.functions import ROOT, functions


@pytest.fixture(scope="session")
def infra() -> Iterator[None]:
    """infra/ on the path, as its scripts have it."""
    sys.path.insert(0, str(ROOT / "infra"))
    yield
    sys.path.remove(str(ROOT / "infra"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `function` runs once per function of the template."""
    if "function" in metafunc.fixturenames:
        metafunc.parametrize("function", functions(), ids=str)
