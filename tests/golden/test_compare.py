"""The comparison sees what a viewer would, in every golden picture, and nothing less."""

import numpy as np
import pytest
from tests.golden.collection import GALLERY, path, read
from tests.golden.compare import compare
from tests.golden.gallery import Picture

FLAT = {"solid", "gradient-linear", "gradient-radial"}
"""Smooth from edge to edge, or nearly: two pixels further they look the same to anyone."""


def shifted(picture: Picture, right: int, down: int) -> Picture:
    return np.roll(picture, (down, right), axis=(0, 1))


@pytest.mark.parametrize("name", sorted(set(GALLERY) - FLAT))
def test_two_pixels_are_seen(name: str) -> None:
    picture = read(path(name))
    assert compare(picture, shifted(picture, 2, 0)).seen
    assert compare(picture, shifted(picture, 0, 2)).seen


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_three_percent_of_colour_are_seen(name: str) -> None:
    picture = read(path(name)).astype(np.int64)
    channel = len(name) % 3
    changed = picture.copy()
    changed[..., channel] += np.where(changed[..., channel] < 128, 8, -8)
    assert compare(picture.astype(np.uint8), changed.astype(np.uint8)).seen


def test_one_wrong_letter_is_seen() -> None:
    picture = read(path("text-center"))
    changed = picture.copy()
    changed[:40, 40:52] = picture[:40, 52:64]
    difference = compare(picture, changed)
    assert difference.seen
    assert difference.at[1] < 40


@pytest.mark.parametrize("name", sorted(GALLERY)[::4])
def test_a_level_of_noise_is_not_seen(name: str) -> None:
    """What another processor does to blurs and scaled pictures."""
    picture = read(path(name)).astype(np.int64)
    noise = np.random.default_rng(3).integers(-1, 2, picture.shape)
    assert not compare(picture.astype(np.uint8), np.clip(picture + noise, 0, 255).astype(np.uint8)).seen


def test_what_is_the_same_does_not_differ_and_sizes_do() -> None:
    picture = read(path("shapes"))
    same = compare(picture, picture)
    assert (same.mean, same.region, same.seen) == (0, 0, False)
    assert compare(picture, picture[:, :-2]).seen
