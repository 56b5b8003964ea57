"""Given a layer with a directional blur, when it is drawn, then each point is the mean of what lies along the line."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.composition.documents import document
from tests.unit.engine_draw.scenes import PHOTO, composition, drawn_alike_in_chunks, frame, ink, source

from flatrender.composition import chunks
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate
from flatrender.engine.effect_directional import smeared

SQUARE = {"type": "solid", "color": "#ffffff", "box": [120, 60, 80, 60]}


def blurred(layer: Any, **blur: Any) -> dict[str, Any]:
    return {**layer, "effects": {"directional_blur": blur}}


@pytest.fixture
def photo(tmp_path: Path) -> dict[str, Path]:
    y, x = np.mgrid[0:180, 0:320]
    pixels = np.stack([(x * 3) % 256, (y * 5 + x) % 256, (x // 16 + y // 16) % 2 * 255, x * 0 + 255], axis=-1)
    image = skia.Image.fromarray(np.ascontiguousarray(pixels.astype(np.uint8)), skia.kRGBA_8888_ColorType)
    image.save(str(tmp_path / "photo.png"), skia.kPNG)
    return {PHOTO: tmp_path / "photo.png"}


@pytest.mark.parametrize("length", [1.0, 2.6, 8.0, 40.5, 300.25])
def test_rows_become_the_mean_of_the_rows_around_them(length: float) -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    pixels = rng.integers(0, 256, (90, 7, 4)).astype(np.uint8)
    made, first = smeared(pixels, length, 1)
    assert not made[[0, -1]].any()
    assert not made[:, [0, -1]].any()
    fine = np.repeat(pixels.astype(np.float64), 100, axis=0)
    for row in range(1, len(made) - 1):
        low, high = (round((first + row + side * length / 2) * 100) for side in (-1, 1))
        part = fine[max(0, low) : max(0, min(high, len(fine)))]
        expected = part.sum(axis=0) / (100 * length)
        assert np.allclose(made[row, 1:-1], expected, atol=0.51 + 255 * 0.01 / length)


@pytest.mark.parametrize(
    ("angle", "distance"),
    [(0, 3.5), (0, 60), (90, 24), (180, 24), (270, 60), (30, 3.5), (30, 60), (-45, 24), (400, 24)],
)
def test_it_is_the_mean_of_the_layer_at_many_places(photo: dict[str, Path], angle: float, distance: float) -> None:
    # The photo in its own pixels: what is shifted by whole pixels is not resampled.
    picture = {"type": "image", "asset": PHOTO, "box": [0, 0, 320, 180], "mask": {"box": [110, 60, 100, 60]}}
    made = frame(composition(blurred(picture, angle=angle, distance=distance)), 0, photo)[:, :, :3]
    still = frame(composition(picture), 0, photo)[:, :, :3].astype(np.float64)
    count = max(30, int(distance * 2))
    y, x = np.mgrid[0:180, 0:320].astype(np.float64)
    expected = np.zeros_like(still)
    for part in range(count):
        away = ((part + 0.5) / count - 0.5) * distance
        sx, sy = x - away * math.cos(math.radians(angle)), y - away * math.sin(math.radians(angle))
        left, top = np.floor(sx).astype(int), np.floor(sy).astype(int)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            weight = np.abs(1 - dx - (sx - left)) * np.abs(1 - dy - (sy - top))
            at = still[np.clip(top + dy, 0, 179), np.clip(left + dx, 0, 319)]
            expected += weight[..., None] * at / count
    off = np.abs(made - expected)
    # A turned picture is resampled, which rounds its corners a little.
    assert off.mean() < (0.2 if angle % 90 == 0 else 0.6)
    assert np.percentile(off, 99) < (3 if angle % 90 == 0 else 14)
    assert abs(made.mean() - expected.mean()) < 0.1


def test_a_line_of_a_square_is_a_ramp_across_and_sharp_along() -> None:
    shown = frame(composition(blurred(SQUARE, angle=0, distance=40)))[:, :, 0].astype(float)
    assert shown[59].max() == 0
    assert shown[60, 160] == 255
    assert np.allclose(shown[90, 100:140], (np.arange(40) + 0.5) / 40 * 255, atol=4)
    assert ink(frame(composition(blurred(SQUARE, angle=90, distance=20)))) == (120, 53, 200, 127)


def test_without_distance_nothing_happens() -> None:
    plain = frame(composition(SQUARE))
    assert np.array_equal(frame(composition(blurred(SQUARE, angle=30, distance=0))), plain)
    moving = blurred(SQUARE, distance={"keyframes": [{"time": 0, "value": 0}, {"time": 1, "value": 60}]})
    assert np.array_equal(frame(composition(moving)), plain)
    assert not np.array_equal(frame(composition(moving), 15), plain)


@pytest.mark.parametrize("angle", [0, 90, 33])
def test_edges_that_repeat_keep_the_box_full(photo: dict[str, Path], angle: float) -> None:
    whole = {"type": "image", "asset": PHOTO}
    red = {"background": "#ff0000", "width": 320, "height": 180, "fps": 20}
    full = frame(composition(blurred(whole, angle=angle, distance=80, edges="repeat"), canvas=red), 0, photo)
    clear = frame(
        composition(blurred(whole, angle=angle, distance=80, edges="repeat"), canvas={**red, "background": "#00ff00"}),
        0,
        photo,
    )
    assert np.array_equal(full, clear)
    fading = frame(composition(blurred(whole, angle=angle, distance=80), canvas=red), 0, photo)
    assert not np.array_equal(fading[0], full[0]) or not np.array_equal(fading[:, 0], full[:, 0])
    # Within half the distance of no edge, there is no difference but that of where its samples lie.
    assert np.abs(full[80:100, 150:170].astype(int) - fading[80:100, 150:170]).max() <= 6
    inset = blurred({**whole, "box": [40, 40, 200, 100]}, angle=angle, distance=80, edges="repeat")
    assert ink(frame(composition(inset), 0, photo)) == (40, 40, 240, 140)


def test_it_rests_and_is_the_same_in_chunks(photo: dict[str, Path]) -> None:
    still = source(composition(blurred(SQUARE, angle=20, distance=30)))
    assert still.draw(0)
    assert not still.draw(1)
    turning = {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 180}]}
    group = {"type": "group", "layers": [SQUARE, {"type": "image", "asset": PHOTO, "ken_burns": {}}]}
    both = blurred({**group, "shadow": {"x": 9}}, angle=turning, distance={"expr": "10 + 30 * progress"})
    both["effects"] |= {"grain": {}, "glow": {"radius": 4}}
    frames = drawn_alike_in_chunks(composition(both), photo)
    assert not np.array_equal(frames[3], frames[20])


def test_what_makes_no_sense_is_a_fault_and_all_of_it_is_in_the_key() -> None:
    def doc(**blur: Any) -> dict[str, Any]:
        return document(scenes=[{"duration": 2, "layers": [blurred(SQUARE, **blur)]}], audio=[])

    for blur, field in (({"distance": -1}, "distance"), ({"distance": 2000}, "distance"), ({"edges": "wrap"}, "edges"),
                        ({"angle": "up"}, "angle"), ({"length": 3}, "length")):  # fmt: skip
        ((pointer, _),) = [(fault.pointer, fault.code) for fault in validate(doc(**blur), {})[1]]
        assert pointer.startswith(f"/scenes/0/layers/0/effects/directional_blur/{field}")

    def key(**blur: Any) -> str:
        made = Composition.model_validate(doc(**blur))
        return chunks.plan(made, profile(made), {})[0].key

    assert len({key(), key(angle=1), key(distance=41), key(edges="repeat"), key(distance={"expr": "40"})}) == 5
