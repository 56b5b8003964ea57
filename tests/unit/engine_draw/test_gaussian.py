"""Blurs: C and numpy against each other, and against the Gaussian that they stand for."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatrender.engine import compiled, gaussian
from flatrender.engine.gaussian import LIBRARY, WIDEST, Pixels, blur, native, portable, weights

BUILT = Path(__file__).parents[3] / ".build/lib" / LIBRARY


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    """Premultiplied."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[..., :3] = pixels[..., :3].astype(int) * pixels[..., 3:] // 255
    return pixels


def exactly(pixels: Pixels, sigma: float) -> np.ndarray:
    """In floating point."""
    radius = math.ceil(4 * sigma)
    kernel = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    blurred = pixels.astype(float)
    for axis in (0, 1):
        blurred = np.apply_along_axis(lambda line: np.convolve(line, kernel)[radius:-radius], axis, blurred)
    return blurred


def test_it_is_the_library_that_blurs() -> None:
    assert gaussian.fastest() is not portable


@settings(max_examples=100, deadline=None)
@given(size=st.tuples(st.integers(1, 50), st.integers(1, 40)), sigma=st.floats(0.01, WIDEST), seed=st.integers(0, 9))
def test_every_processor_gives_the_same_bytes(size: tuple[int, int], sigma: float, seed: int) -> None:
    # In the middle of something larger: what lies around a picture is neither read nor written.
    source = noise(size[0] + 6, size[1] + 2, seed)[1:-1, 3:-3]
    made = [np.full((size[1] + 2, size[0] + 6, 4), 77, np.uint8) for _ in range(2)]
    for function, whole in zip((native(BUILT), portable), made, strict=True):
        function(source, whole[1:-1, 3:-3], weights(sigma))
    assert np.array_equal(*made)
    assert (made[0][1:-1, 3:-3, :3] <= made[0][1:-1, 3:-3, 3:]).all(), "colours stay within their alpha"
    made[0][1:-1, 3:-3] = 77
    assert (made[0] == 77).all()


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 1.7, 2.5, 4.0, WIDEST])
def test_it_is_a_gaussian(sigma: float) -> None:
    pixels = noise(90, 70)
    expected = exactly(pixels, sigma)
    blur(pixels, sigma)
    apart = np.abs(pixels - expected)
    assert apart.mean() < 1
    assert apart.max() < 5


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0, WIDEST])
def test_what_is_even_stays_as_it_is(sigma: float) -> None:
    pixels = np.full((80, 80, 4), 201, np.uint8)
    blur(pixels, sigma)
    assert (pixels[20:60, 20:60] == 201).all()
    assert (pixels[0, 0] < 201).all()


def test_no_blur_changes_nothing() -> None:
    pixels = noise(30, 20)
    expected = pixels.copy()
    blur(pixels, 0)
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("sigma", [-1.0, WIDEST + 0.1, math.nan])
def test_what_it_has_no_weights_for_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="deviation"):
        weights(sigma)


def test_memory_that_is_no_picture_is_refused() -> None:
    good, weighed = np.zeros((4, 4, 4), np.uint8), weights(1.0)
    for bad in (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 8, 4), np.uint8)[:, ::2], np.zeros((4, 0, 4), np.uint8)):
        for pair in ((bad, good), (good, bad)):
            with pytest.raises(ValueError, match="no picture"):
                gaussian.fastest()(*pair, weighed)
    for pair in ((good, good), (good, np.zeros((4, 5, 4), np.uint8))):
        with pytest.raises(ValueError, match="not two of one size"):
            gaussian.fastest()(*pair, weighed)
    for none in (weighed.astype(int), np.ones(30, np.uint16), weighed[:0]):
        with pytest.raises(ValueError, match="no weights"):
            gaussian.fastest()(good, good.copy(), none)


def test_without_a_library_numpy_blurs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiled, "BUILT", [])
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert gaussian.fastest.__wrapped__() is portable
    (tmp_path / LIBRARY).write_bytes(b"for another machine")
    assert gaussian.fastest.__wrapped__() is portable
    assert ["nowhere" in text for text in caplog.messages] == [True, False]
