from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.golden.materials import make


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return make(tmp_path_factory.mktemp("materials"))
