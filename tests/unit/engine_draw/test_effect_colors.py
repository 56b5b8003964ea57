"""Given a layer with a chroma key or a LUT, when it is drawn, then every colour becomes what the formula says."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, VIDEO, composition, frame, photo, source, video

from flatrender.composition.effects import Effects, Look
from flatrender.engine.effect_colors import table
from flatrender.engine.effect_looks import look
from flatrender.engine.layers_media import AssetUnreadable
from flatrender.engine.paints import Palette
from flatrender.engine.surface import Canvas, Pixels

LUT = "00000000-0000-4000-8000-0000000000d1"


def cube(path: Path, swap: bool = True, size: int = 2) -> Path:
    """Swaps red and blue, or leaves all as it is."""
    steps = [n / (size - 1) for n in range(size)]
    rows = [(b, g, r) if swap else (r, g, b) for b in steps for g in steps for r in steps]
    path.write_text(f"LUT_3D_SIZE {size}\n" + "\n".join(" ".join(map(str, row)) for row in rows))
    return path


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("colors")
    return {
        PHOTO: photo(folder / "photo.png", 320, 180),
        VIDEO: video(folder / "video.mp4"),
        LUT: cube(folder / "swap.cube"),
    }


def colors(count: int = 4000) -> Pixels:
    made = np.random.Generator(np.random.PCG64(5)).integers(0, 256, (count // 40, 40, 4)).astype(np.uint8)
    made[:, :, 3] = 255
    return np.ascontiguousarray(made)


def applied(effects: Any, pixels: Pixels, opaque: bool = True, assets: Any = None) -> Pixels:
    made = table(Effects.model_validate(effects), Palette({}), assets or {})
    assert made is not None
    changed = pixels.copy()
    made.apply(changed, opaque)
    return changed


def test_a_lut_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    pixels = colors()
    for size in (2, 9, 33):
        same = {LUT: cube(tmp_path / f"{size}.cube", swap=False, size=size)}
        shown = applied({"lut": {"asset": LUT}}, pixels, assets=same)
        assert np.abs(shown.astype(int) - pixels).max() <= 1


def test_a_lut_swaps_colours_by_its_intensity(assets: dict[str, Path]) -> None:
    pixels = colors()
    swapped = applied({"lut": {"asset": LUT}}, pixels, assets=assets)
    assert np.abs(swapped[:, :, :3].astype(int) - pixels[:, :, 2::-1]).max() <= 1
    half = applied({"lut": {"asset": LUT, "intensity": 0.5}}, pixels, assets=assets)
    assert np.abs(half[:, :, :3] - (pixels[:, :, :3] / 2 + pixels[:, :, 2::-1] / 2)).max() <= 2


@pytest.mark.parametrize("name", get_args(Look.__value__ if hasattr(Look, "__value__") else Look))
def test_every_look_is_its_formula_and_smooth(name: Any) -> None:
    pixels = colors()
    shown = applied({"lut": {"look": name}}, pixels)
    straight = (pixels[:, :, 2::-1].reshape(-1, 3) / 255).astype(np.float32)
    expected = look(name, straight)[:, ::-1].reshape(*pixels.shape[:2], 3) * 255
    assert np.abs(shown[:, :, :3] - expected).max() <= 4
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None].repeat(3, axis=1)
    luma = look(name, ramp) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) > -1e-4).all()
    assert luma[-1] - luma[0] > 0.5
    assert np.abs(shown.astype(int) - pixels)[:, :, :3].mean() > 2


def test_half_clear_pixels_keep_their_alpha() -> None:
    straight = np.array([[[20, 120, 220, 255]]], np.uint8)
    clear = (straight.astype(float) * 0.5).round().astype(np.uint8)
    pixels = np.concatenate([straight, clear, np.zeros_like(clear)], axis=1)
    shown = applied({"lut": {"look": "noir"}}, np.ascontiguousarray(pixels), opaque=False)
    assert shown[0, 0, 3] == 255
    assert shown[0, 1, 3] == 128
    assert np.abs(shown[0, 1].astype(int) * 2 - shown[0, 0]).max() <= 5
    assert not shown[0, 2].any()


@pytest.mark.parametrize(
    ("color", "kept"),
    [
        ((0, 208, 0), 0.0),
        ((0, 140, 0), 0.0),
        ((30, 200, 50), 0.0),
        ((120, 120, 120), 1.0),
        ((255, 255, 255), 1.0),
        ((0, 0, 0), 1.0),
        ((200, 60, 40), 1.0),
        ((40, 60, 200), 1.0),
        ((220, 200, 30), 1.0),
    ],
)
def test_the_screen_vanishes_in_light_and_shadow_and_the_rest_stays(color: Any, kept: float) -> None:
    pixel = np.array([[[*color[::-1], 255]]], np.uint8)
    shown = applied({"chroma_key": {"color": "#00d000"}}, pixel)[0, 0]
    assert shown[3] == round(255 * kept)
    if not kept:
        assert not shown.any()


def test_spill_takes_the_tint_of_the_screen_and_nothing_else() -> None:
    tinted, skin = np.array([[[110, 150, 110, 255]]], np.uint8), np.array([[[110, 140, 210, 255]]], np.uint8)
    left = applied({"chroma_key": {"color": "#00d000", "spill": 0}}, tinted)[0, 0]
    gone = applied({"chroma_key": {"color": "#00d000", "spill": 1}}, tinted)[0, 0]
    assert int(left[1]) - int(left[0]) == pytest.approx(40, abs=2)
    assert abs(int(gone[1]) - int(gone[0])) <= 3
    assert np.abs(applied({"chroma_key": {"spill": 1}}, skin)[0, 0].astype(int) - skin[0, 0]).max() <= 2


def test_what_lies_below_shows_through_a_keyed_picture_and_video(assets: dict[str, Path]) -> None:
    under = {"type": "solid", "color": "#0000ff"}
    key = {"chroma_key": {"color": "#ff0000"}}
    for extra in ({}, {"ken_burns": {"end": {"zoom": 1}}}, {"mask": {}}, {"effects": {**key, "vignette": {}}}):
        layer = {"type": "image", "asset": PHOTO, "effects": key, **extra}
        shown = frame(composition(under, layer), 3, assets)
        assert shown[100, 60].tolist()[2] == 0
        assert shown[100, 60][0] > 180
        assert shown[9, 160][1] > 120
    grey = {"type": "video", "asset": VIDEO, "effects": {"chroma_key": {"color": "#888888", "similarity": 1}}}
    shown = frame(composition(under, grey), 3, assets)
    assert shown[90, 160].tolist() == [255, 0, 0, 255]


def test_colours_of_a_video_change_with_its_frames(assets: dict[str, Path]) -> None:
    layer = {"type": "video", "asset": VIDEO, "effects": {"lut": {"asset": LUT}, "adjust": {"brightness": 0.2}}}
    made = composition(layer)
    running = source(made, assets)
    plain = source(composition({"type": "video", "asset": VIDEO}), assets)
    for index in range(0, 20, 4):
        running.draw(index)
        plain.draw(index)
        assert np.abs(running.buffer[90, 160, :3].astype(int) - plain.buffer[90, 160, :3] - 51).max() <= 2
    assert np.array_equal(running.buffer, frame(made, 16, assets))


def test_a_moving_picture_is_coloured_like_a_still_one(assets: dict[str, Path]) -> None:
    looks = {"effects": {"lut": {"look": "vintage"}}}
    still = frame(composition({"type": "image", "asset": PHOTO, **looks}), 0, assets)
    moves = {"ken_burns": {"end": {"zoom": 1}}}
    moving = frame(composition({"type": "image", "asset": PHOTO, **looks, **moves}), 0, assets)
    assert np.abs(still[50:150, 20:140].astype(int) - moving[50:150, 20:140]).max() <= 1


@pytest.mark.parametrize("mask", [{}, {"mask": {"geometry": {"type": "ellipse"}}}])
def test_a_moving_picture_is_adjusted_like_a_still_one(assets: dict[str, Path], mask: Any) -> None:
    layer = {"type": "image", "asset": PHOTO, "effects": {"adjust": {"contrast": 0.6, "saturation": 0.5}}, **mask}
    still = frame(composition(layer), 0, assets)
    moving = frame(composition({**layer, "ken_burns": {"end": {"zoom": 1}}}), 0, assets)
    assert np.abs(still[60:140, 40:140].astype(int) - moving[60:140, 40:140]).max() <= 1


def test_a_lut_that_is_missing_or_none_is_told() -> None:
    with pytest.raises(AssetUnreadable, match="missing"):
        table(Effects.model_validate({"lut": {"asset": LUT}}), Palette({}), {})


def test_a_group_is_coloured_as_one() -> None:
    half = {"type": "solid", "color": "#ff000080", "box": [0, 0, 160, 180]}
    layer = {"type": "group", "layers": [half], "effects": {"lut": {"look": "noir"}}}
    shown = frame(composition({"type": "solid", "color": "#ffffff"}, layer))
    blue, green, red, _ = shown[90, 80].tolist()
    assert blue == green == red
    assert 120 < red < 210
    assert shown[90, 200].tolist() == [255, 255, 255, 255]


def test_tables_do_not_touch_the_edges_of_what_they_colour() -> None:
    canvas = Canvas(20, 20)
    canvas.skia.drawCircle(10, 10, 6, skia.Paint(Color=skia.ColorSetARGB(255, 200, 100, 50), AntiAlias=True))
    before = canvas.pixels.copy()
    after = applied({"lut": {"look": "warm"}}, before, opaque=False)
    assert np.array_equal(after[:, :, 3], before[:, :, 3])
