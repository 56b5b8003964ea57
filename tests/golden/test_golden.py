"""Given the golden compositions, when a frame of each is drawn, then it looks like the picture that somebody looked at.

A picture that is meant to look different: `make golden`, look at `.build/golden`, commit.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.golden.collection import FOLDER, GALLERY, path, read, write
from tests.golden.compare import compare
from tests.golden.materials import make

DIFFERENT = Path(__file__).parents[2] / ".build" / "golden" / "different"


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return make(tmp_path_factory.mktemp("materials"))


@pytest.mark.parametrize("name", GALLERY)
def test_a_frame_looks_as_it_should(name: str, assets: Mapping[str, Path]) -> None:
    drawn = GALLERY[name].draw(assets)
    assert path(name).exists(), f"no golden picture {name}: make golden"
    difference = compare(read(path(name)), drawn)
    if difference.seen:
        DIFFERENT.mkdir(parents=True, exist_ok=True)
        write(DIFFERENT / f"{name}.png", drawn)
        pytest.fail(f"{name} looks different: {difference}; see .build/golden/different")


def test_there_are_no_pictures_of_nothing_and_all_are_small() -> None:
    files = list(FOLDER.glob("*.png"))
    assert {file.stem for file in files} == set(GALLERY)
    assert sum(file.stat().st_size for file in files) < 3_000_000
