"""Given pictures as cameras write them, when they are drawn, then they stand upright and stay within bounds."""

from pathlib import Path

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, composition, frame

from flatrender.engine.layers_media import AssetUnreadable
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
