"""Given pictures as cameras write them, when they are drawn, then they stand upright and stay within bounds."""

from pathlib import Path

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, composition, frame

from flatrender.engine import picture_cache
from flatrender.engine.layers_media import AssetUnreadable
from flatrender.engine.picture_cache import PictureCache
from flatrender.engine.surface import MAX_AREA, Affine, bitmap, shrink

EXIF_TURNED_RIGHT = bytes.fromhex("ffe1002245786966000049492a00080000000100120103000100000006000000000000000000")


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    pixels = np.zeros((100, 200, 4), np.uint8)
    pixels[:, :100] = (0, 0, 255, 255)
    pixels[:, 100:] = (255, 0, 0, 255)
    jpeg = bytes(
        skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType).encodeToData(skia.EncodedImageFormat.kJPEG, 95)
    )
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + EXIF_TURNED_RIGHT + jpeg[2:])
    for move in ({}, {"ken_burns": {"end": {"zoom": 1.01}}}):
        shown = frame(composition({"type": "image", "asset": PHOTO, "box": [0, 0, 90, 180], **move}), 0, {PHOTO: path})
        assert shown[20, 45, 2] > 200, "what was on the left is on top"
        assert shown[160, 45, 0] > 200


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut short"])
def test_what_is_no_picture_is_an_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(data)
    with pytest.raises(AssetUnreadable):
        frame(composition({"type": "image", "asset": PHOTO}), 0, {PHOTO: path})


def test_transparent_pictures_let_the_ground_through(tmp_path: Path) -> None:
    pixels = np.zeros((50, 50, 4), np.uint8)
    pixels[:, :25] = (0, 0, 255, 128)
    path = tmp_path / "logo.png"
    skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType).save(str(path), skia.kPNG)
    ground = {"type": "solid", "color": "#0000ff"}
    shown = frame(composition(ground, {"type": "image", "asset": PHOTO, "box": [0, 0, 50, 50]}), 0, {PHOTO: path})
    assert np.allclose(shown[25, 10, :3], (127, 0, 128), atol=3)
    assert tuple(shown[25, 40, :3]) == (255, 0, 0)


def test_shrinking_averages_and_does_not_alias() -> None:
    stripes = np.zeros((64, 4096, 4), np.uint8)
    stripes[:, ::2] = 255
    stripes[:, :, 3] = 255
    small = shrink(skia.Image.fromarray(stripes, skia.kBGRA_8888_ColorType), 64, 8).toarray()
    assert np.abs(small[2:-2, 2:-2, :3].astype(int) - 128).max() <= 3


def test_an_enormous_layer_gets_a_bitmap_of_bounded_size() -> None:
    made = bitmap((0, 0, 20_000, 20_000), (0, 0), 4.0, lambda canvas, base: canvas.clear(skia.ColorRED))
    assert made.image.width() * made.image.height() <= MAX_AREA * 1.01
    assert made.box[2] == pytest.approx(20_000, rel=0.01)


def test_a_bitmap_is_no_larger_than_what_is_drawn() -> None:
    def draw(canvas: skia.Canvas, base: Affine) -> None:
        canvas.drawRect(skia.Rect.MakeXYWH(30, 40, 10, 20), skia.Paint(Color=skia.ColorRED))

    made = bitmap((0, 0, 500, 500), (0.5, 0.5), 2.0, draw)
    assert made.box == pytest.approx((29.5, 39.5, 40.5, 60.5), abs=0.51)


@pytest.mark.parametrize("side", [200, 100], ids=["as large", "smaller"])
@pytest.mark.parametrize("moves", [{}, {"ken_burns": {}}], ids=["resting", "moving"])
def test_the_colours_of_a_phone_s_photo_are_those_it_was_taken_with(
    side: int, moves: dict[str, object], tmp_path: Path
) -> None:
    """Phones write Display P3, whose red is redder than sRGB's: the same number is another colour."""
    p3 = skia.ColorSpace.MakeRGB(skia.cms.NamedTransferFn.kSRGB, skia.cms.NamedGamut.kDisplayP3)
    pixels = np.full((200, 200, 4), (60, 90, 200, 255), np.uint8)
    plain = skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType)
    path = tmp_path / "phone.png"
    path.write_bytes(bytes(plain.reinterpretColorSpace(p3).encodeToData(skia.kPNG, 100)))
    layer = {"type": "image", "asset": PHOTO, "box": [0, 0, side, side], **moves}
    seen = frame(composition(layer), 0, {PHOTO: path})
    assert np.abs(seen[side // 2, side // 2, :3].astype(int) - [49, 81, 216]).max() <= 1


@pytest.mark.parametrize("size", [(2, 4000), (1, 5000), (4000, 1), (100, 10_000)], ids=str)
@pytest.mark.parametrize("moves", [{}, {"ken_burns": {"end": {"zoom": 1}}}], ids=["resting", "moving"])
def test_of_a_narrow_picture_no_more_is_made_than_is_seen(
    size: tuple[int, int], moves: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To cover the canvas it is enlarged many times over: all of it would take gigabytes, and is cut off anyway."""
    (width, height), cache = size, PictureCache()
    monkeypatch.setattr(picture_cache, "CACHE", cache)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:] = (0, 0, 255, 255)
    if height > width:
        pixels[height // 2 :] = (255, 0, 0, 255)
    else:
        pixels[:, width // 2 :] = (255, 0, 0, 255)
    path = tmp_path / "narrow.png"
    skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType).save(str(path), skia.kPNG)
    canvas = {"width": 320, "height": 320, "fps": 20, "background": "#00ff00"}
    shown = frame(composition({"type": "image", "asset": PHOTO, **moves}, canvas=canvas), 0, {PHOTO: path})
    along = shown[:, 160] if height > width else shown[160]
    across = shown[40] if height > width else shown[:, 40]
    scale = 320 / min(size)
    edge = 160 + np.array([-min(150, 3 * scale), min(150, 3 * scale)], int)
    assert (across == across[0]).all()
    assert along[edge[0], 2] > along[edge[0], 0]
    assert along[edge[1], 0] > along[edge[1], 2]
    assert np.abs(along[159:161].astype(int).mean(axis=0) - (127.5, 0, 127.5, 255)).max() <= 10
    assert 0 < cache.size <= 4 * width * height


def test_an_enlarged_photo_is_smooth(tmp_path: Path) -> None:
    """No less so than when all of it is enlarged at once by the cubic filter of Mitchell and Netravali."""
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 4), np.uint8)
    pixels[:, :, 3] = 255
    image = skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType)
    path = tmp_path / "small.png"
    image.save(str(path), skia.kPNG)
    shown = frame(composition({"type": "image", "asset": PHOTO, "box": [10, 0, 270, 180]}), 0, {PHOTO: path})
    wanted = shrink(image, 270, 180).toarray(colorType=skia.kBGRA_8888_ColorType)
    assert np.abs(shown[:, 10:280].astype(int) - wanted).max() <= 2
