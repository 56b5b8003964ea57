"""Given pictures that are drawn again and again, when they are asked for, then each is decoded once, within bounds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, composition, frame, photo

from flatrender.engine import picture_cache
from flatrender.engine.picture_cache import PictureCache

ROOT = Path(__file__).parents[3]
MOVING = {"type": "image", "asset": PHOTO, "ken_burns": {}}
RESTING = {"type": "image", "asset": PHOTO, "box": [10, 10, 80, 40]}


def plain(width: int, height: int) -> skia.Image:
    return skia.Image.fromarray(np.full((height, width, 4), 255, np.uint8), skia.kBGRA_8888_ColorType)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> PictureCache:
    fresh = PictureCache()
    monkeypatch.setattr(picture_cache, "CACHE", fresh)
    return fresh


def test_what_was_asked_for_least_recently_leaves_first(tmp_path: Path) -> None:
    cache, made = PictureCache(budget=3 * 10 * 10 * 4), []
    files = [tmp_path / name for name in "abcd"]
    for file in files:
        file.write_bytes(b"x")

    def ask(file: Path) -> None:
        cache.get(file, 10, 10, lambda: (made.append(file.name), plain(10, 10))[1])

    for index in (0, 1, 2, 0, 3, 0, 2, 1):
        ask(files[index])
    assert made == ["a", "b", "c", "d", "b"]
    assert cache.size == 3 * 10 * 10 * 4


def test_what_is_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = PictureCache(budget=100)
    assert cache.get(photo(tmp_path / "p.png"), 10, 10, lambda: plain(10, 10)).width() == 10
    assert cache.size == 0


@pytest.mark.parametrize("layer", [MOVING, RESTING], ids=["moving", "resting"])
def test_a_picture_from_the_cache_is_drawn_the_same(layer: object, tmp_path: Path, cache: PictureCache) -> None:
    files, made = {PHOTO: photo(tmp_path / "p.png")}, composition(layer)
    first = frame(made, 7, files)
    held = cache.size
    assert held > 0
    assert np.array_equal(frame(made, 7, files), first)
    assert cache.size == held


def test_a_file_that_changes_is_read_again(tmp_path: Path, cache: PictureCache) -> None:
    path, made = photo(tmp_path / "p.png"), composition(RESTING)
    before = frame(made, 0, {PHOTO: path})
    plain(200, 100).save(str(path), skia.kPNG)
    os.utime(path, ns=(1, 1))
    after = frame(made, 0, {PHOTO: path})
    assert tuple(before[45, 20, :3]) == (0, 0, 255)
    assert tuple(after[45, 20, :3]) == (255, 255, 255)
    assert cache.size > 0


def test_a_still_without_video_does_not_load_the_decoder() -> None:
    script = "import sys, flatrender.engine.still; print('av' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "layers/core/python")},
    )
    assert run.stdout.strip() == "False"
