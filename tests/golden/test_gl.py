"""Given the golden compositions, when a frame is put together through OpenGL, then it is the picture that the
rasteriser draws, but for the last levels.

By Mesa's software renderer, which comes with the OpenGL that skia needs (`infra/bootstrap.sh`).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.golden.collection import GALLERY
from tests.golden.compare import MEAN, compare
from tests.golden.gallery import FPS
from tests.golden.materials import make

from flatrender.composition.profiles import profile
from flatrender.engine.draw import FrameSource
from flatrender.engine.gpu import devices
from flatrender.engine.surface import Surface

LEVELS = 1.0
"""Of 255, the mean over all pixels and channels; 0.73 at most was seen."""
REGION = 5.0
"""CIELAB, after the 3 x 3 mean: edges between two pixels are smoothed by other formulas; 4.5 at most was seen."""


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return make(tmp_path_factory.mktemp("materials"))


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> Surface:
    monkeypatch.setenv(devices.VARIABLE, devices.SOFTWARE)
    device = devices.probe()
    assert device.name == devices.SOFTWARE, device.reason
    return device.surface()


@pytest.mark.parametrize("name", GALLERY)
def test_opengl_draws_what_the_rasteriser_draws(name: str, assets: Mapping[str, Path], surface: Surface) -> None:
    raster, through_gl = GALLERY[name].draw(assets), GALLERY[name].draw(assets, surface)
    assert np.abs(raster.astype(np.int16) - through_gl).mean() <= LEVELS
    difference = compare(raster, through_gl)
    assert difference.mean <= MEAN, difference
    assert difference.region <= REGION, difference


@pytest.mark.parametrize("name", GALLERY)
def test_textures_that_are_kept_are_those_of_the_frame(name: str, assets: Mapping[str, Path], surface: Surface) -> None:
    made, number = GALLERY[name].composition, round(GALLERY[name].at * FPS)
    after, alone = (FrameSource(made, assets, profile(made), surface=surface) for _ in range(2))
    for frame in range(max(0, number - 3), number + 1):
        after.draw(frame)
    alone.draw(number)
    assert np.array_equal(after.buffer, alone.buffer)
