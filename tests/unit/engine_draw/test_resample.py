"""Pictures scaled and shifted by parts of a pixel: C, numpy and skia against each other."""

import sys
from pathlib import Path

import numpy as np
import pytest
import skia
from hypothesis import given, settings
from hypothesis import strategies as st

from flatrender.engine import compiled, resample
from flatrender.engine.resample import LIBRARY, Pixels, Resample, Window, native, portable
from flatrender.engine.surface import LINEAR, Affine, Canvas, shrink

BUILT = Path(__file__).parents[3] / ".build/lib" / LIBRARY
ONE = 1 << 32


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    """Smooth enough for a sample beside its place to be near it, rough enough to tell wrong neighbours."""
    rough = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    rough[..., 3] = 255
    return rough


def image(pixels: Pixels) -> skia.Image:
    return skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType)


@pytest.fixture(scope="module", params=["avx2", "plain"])
def in_c(request: pytest.FixtureRequest) -> Resample:
    return native(BUILT, plain_c=request.param == "plain")


def test_it_is_the_library_that_draws() -> None:
    assert resample.fastest() is not portable


@settings(max_examples=150, deadline=None)
@given(
    source=st.tuples(st.integers(1, 70), st.integers(1, 12)),
    target=st.tuples(st.integers(1, 70), st.integers(1, 12)),
    start=st.tuples(st.floats(-40, 90), st.floats(-20, 20)),
    steps=st.tuples(st.floats(0.02, 1.99), st.floats(0.02, 8)),
)
def test_every_processor_gives_the_same_bytes(
    in_c: Resample,
    source: tuple[int, int],
    target: tuple[int, int],
    start: tuple[float, float],
    steps: tuple[float, float],
) -> None:
    window = Window(*(round(value * ONE) for value in (*start, *steps)))
    # In the middle of something larger: what lies around a picture is neither read nor written.
    from_ = picture(source[0] + 8, source[1] + 2)[1:-1, 4:-4]
    made = [np.full((target[1] + 2, target[0] + 8, 4), 77, np.uint8) for _ in range(2)]
    for function, whole in zip((in_c, portable), made, strict=True):
        function(from_, whole[1:-1, 4:-4], window)
    assert np.array_equal(*made)
    frame = made[0].copy()
    frame[1:-1, 4:-4] = 77
    assert (frame == 77).all()


@settings(max_examples=150, deadline=None)
@given(
    source=st.tuples(st.integers(2, 50), st.integers(2, 50)),
    target=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    start=st.tuples(st.floats(-40, 90), st.floats(-40, 90)),
    steps=st.tuples(*[st.floats(-3, 3)] * 4),
)
def test_every_processor_turns_to_the_same_bytes(
    in_c: Resample,
    source: tuple[int, int],
    target: tuple[int, int],
    start: tuple[float, float],
    steps: tuple[float, float, float, float],
) -> None:
    window = Window(*(round(value * ONE) for value in (*start, *steps)))
    if window.upright:
        window = window._replace(across_y=1)
    from_ = picture(source[0] + 8, source[1] + 2)[1:-1, 4:-4]
    made = [np.full((target[1] + 2, target[0] + 8, 4), 77, np.uint8) for _ in range(2)]
    for function, whole in zip((in_c, portable), made, strict=True):
        function(from_, whole[1:-1, 4:-4], window)
    assert np.array_equal(*made)
    made[0][1:-1, 4:-4] = 77
    assert (made[0] == 77).all()


@pytest.mark.parametrize("degrees", [0.3, 7, 45, 120, 180.4, 270])
@pytest.mark.parametrize("scale", [0.4, 1.0, 1.7])
def test_it_turns_as_skia_turns(degrees: float, scale: float) -> None:
    """As in `test_it_draws_what_skia_draws`; at an edge, a pixel that is seen here need not be seen there."""
    y, x = np.mgrid[0:160, 0:220]
    smooth = np.stack([x + 20, y + 40, 128 + 100 * np.sin(x / 17) * np.cos(y / 23), np.full_like(x, 255)], axis=2)
    source = image(smooth.astype(np.uint8))
    matrix = Affine().translate(170.3, 120.9).rotate(degrees).scale(scale, scale * 0.9).translate(-110, -80)
    ours, skias = Canvas(320, 240, opaque=True), Canvas(320, 240, opaque=True)
    for canvas in (ours, skias):
        canvas.skia.clear(skia.ColorGREEN)
    resample.draw(ours.skia, source, matrix, skia.Paint(Alphaf=0.8))
    skias.skia.setMatrix(matrix.matrix())
    skias.skia.drawImage(source, 0, 0, LINEAR, skia.Paint(Alphaf=0.8))
    apart = np.abs(ours.pixels.astype(int) - skias.pixels).max(axis=2)
    assert (apart > 4).mean() < 0.004
    assert apart[apart <= 4].mean() < 1


@pytest.mark.parametrize("part", [(0, 0, 320, 240), (40, 30, 300, 200)])
def test_it_does_not_matter_how_much_of_what_is_turned_is_drawn(part: tuple[int, int, int, int]) -> None:
    matrix = Affine().translate(160, 120).rotate(33.3).scale(1.1, 0.8).translate(-110, -80)
    whole, some = Canvas(320, 240, opaque=True), Canvas(320, 240, opaque=True)
    source = image(picture(220, 160))
    resample.draw(whole.skia, source, matrix)
    some.skia.clipRect(skia.Rect.MakeLTRB(*part))
    resample.draw(some.skia, source, matrix)
    left, top, right, bottom = part
    assert np.array_equal(whole.pixels[top:bottom, left:right], some.pixels[top:bottom, left:right])


def test_a_thin_line_that_is_turned_is_left_to_skia(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of the rectangle that holds it is empty."""
    monkeypatch.setattr(resample, "fastest", lambda: pytest.fail("not for this"))
    canvas = Canvas(900, 900)
    resample.draw(canvas.skia, image(picture(1200, 6)), Affine().translate(30, 20).rotate(45))
    assert canvas.pixels.any()


def test_wide_steps_are_for_the_plain_code(in_c: Resample) -> None:
    source, made, expected = picture(300, 40), np.zeros((12, 90, 4), np.uint8), np.zeros((12, 90, 4), np.uint8)
    window = Window(0, 0, 3 * ONE + 5, 3 * ONE)
    in_c(source, made, window)
    portable(source, expected, window)
    assert np.array_equal(made, expected)


def test_a_place_between_pixels_is_their_mean_by_distance() -> None:
    source = np.zeros((2, 2, 4), np.uint8)
    source[0, 1], source[1, 0], source[1, 1] = 100, 40, 200
    made = np.zeros((1, 3, 4), np.uint8)
    resample.fastest()(source, made, Window(-ONE, ONE // 4, ONE * 5 // 4, ONE))
    assert made[0, :, 0].tolist() == [10, 39, 125]  # before the first, a quarter on, behind the last


def test_an_image_stays_within_its_place_on_the_canvas() -> None:
    canvas = Canvas(300, 200, opaque=True)
    canvas.skia.clear(skia.ColorGREEN)
    resample.draw(canvas.skia, image(picture(200, 150)), Affine(1.25, 0, 0, 1.1, 20.3, 10.6))
    green = (canvas.pixels == [0, 255, 0, 255]).all(axis=2)
    assert all(outside.all() for outside in (green[:11], green[176:], green[:, :20], green[:, 270:]))
    assert not green[11:176, 20:270].any()


@pytest.mark.parametrize("scale", [0.6, 0.83, 0.999, 1.0, 1.37, 3.2])
def test_it_draws_what_skia_draws(scale: float) -> None:
    """Skia knows sixteenths of a pixel only: so far apart, a sample of what is smooth is nearly the same."""
    y, x = np.mgrid[0:300, 0:400]
    smooth = np.stack([x * 0.6, y * 0.8, 128 + 100 * np.sin(x / 17) * np.cos(y / 23), np.full_like(x, 255)], axis=2)
    source = image(smooth.astype(np.uint8))
    matrix = Affine(scale, 0, 0, scale, 7.31, -11.77)
    ours, skias = Canvas(320, 240, opaque=True), Canvas(320, 240, opaque=True)
    resample.draw(ours.skia, source, matrix)
    skias.skia.setMatrix(matrix.matrix())
    skias.skia.drawImage(source, 0, 0, LINEAR)
    apart = np.abs(ours.pixels.astype(int) - skias.pixels)
    assert apart.max() <= 3
    assert apart.mean() < 0.6


@pytest.mark.parametrize("left", [0, 13, 100])
def test_it_does_not_matter_how_much_of_it_is_drawn(left: int) -> None:
    matrix = Affine(1.0173, 0, 0, 1.0173, -20.37, -3.21)
    whole, part = Canvas(400, 300, opaque=True), Canvas(400, 300, opaque=True)
    source = image(picture(500, 400))
    resample.draw(whole.skia, source, matrix)
    part.skia.clipRect(skia.Rect.MakeLTRB(left, 17, 380, 290))
    resample.draw(part.skia, source, matrix)
    assert np.array_equal(whole.pixels[17:290, left:380], part.pixels[17:290, left:380])
    assert not part.pixels[:17].any()


def test_opacity_and_clips_count() -> None:
    canvas = Canvas(300, 200, opaque=True)
    canvas.skia.clear(skia.ColorBLACK)
    white = image(np.full((200, 300, 4), 255, np.uint8))
    canvas.skia.clipRRect(skia.RRect.MakeOval(skia.Rect.MakeWH(300, 200)), skia.ClipOp.kIntersect, True)
    resample.draw(canvas.skia, white, Affine(1, 0, 0, 1, 0.5, 0.5), skia.Paint(Alphaf=0.5))
    assert canvas.pixels[100, 150, 0] in (127, 128)
    assert canvas.pixels[2, 2, 0] == 0


@pytest.mark.parametrize(
    "matrix",
    [
        Affine(1, 1, 1, 1, 3, 4),
        Affine(0.001, 0.001, -0.001, 0.001, 3, 4),
        Affine(70, 70, -70, 70, 3, 4),
        Affine(-1.1, 0, 0, 1.1, 300, 0),
        Affine(0.3, 0, 0, 0.3, 5.5, 5.5),
        Affine(1, 0, 0, 1, 3, 4),
        Affine(1.2, 0, 0, 1.2, 1e12, 0),
    ],
    ids=["flat", "turned and tiny", "turned and huge", "mirrored", "much smaller", "by whole pixels", "far away"],
)
def test_the_rest_is_left_to_skia(matrix: Affine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "fastest", lambda: pytest.fail("not for this"))
    canvas, expected = Canvas(300, 200), Canvas(300, 200)
    source = image(picture(300, 200))
    resample.draw(canvas.skia, source, matrix)
    expected.skia.setMatrix(matrix.matrix())
    expected.skia.drawImage(source, 0, 0, LINEAR)
    assert np.array_equal(canvas.pixels, expected.pixels)


def test_memory_that_is_no_picture_is_refused() -> None:
    good, window = np.zeros((4, 4, 4), np.uint8), Window(0, 0, ONE, ONE)
    for bad in (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 8, 4), np.uint8)[:, ::2], np.zeros((0, 4, 4), np.uint8)):
        with pytest.raises(ValueError, match="no picture"):
            resample.fastest()(bad, good, window)
        with pytest.raises(ValueError, match="no picture"):
            resample.fastest()(good, bad, window)
    for nowhere in (Window(2**63, 0, ONE, ONE), Window(0, 0, ONE, 2**61), Window(0, 0, ONE, ONE, 2**61)):
        with pytest.raises(ValueError, match="nowhere"):
            resample.fastest()(good, good.copy(), nowhere)
    for mirrored in (Window(0, 0, 0, ONE), Window(0, 0, ONE, -ONE)):
        with pytest.raises(ValueError, match="upside down"):
            resample.fastest()(good, good.copy(), mirrored)
    with pytest.raises(ValueError, match="too small"):
        resample.fastest()(good[:1], good.copy(), Window(0, 0, ONE, ONE, 1))


def test_without_a_library_numpy_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiled, "BUILT", [])
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert resample.fastest.__wrapped__() is portable
    (tmp_path / LIBRARY).write_bytes(b"for another machine")
    assert resample.fastest.__wrapped__() is portable


@pytest.mark.parametrize("opaque", [True, False])
def test_what_covers_is_written_as_what_is_blended(opaque: bool) -> None:
    """Straight into the canvas, or by way of a layer of it."""
    matrix = Affine(1.0173, 0, 0, 1.0173, 20.37, -3.21)
    straight, layered = Canvas(400, 300, opaque), Canvas(400, 300, opaque)
    source = image(picture(300, 250))
    for canvas in (straight, layered):
        canvas.skia.clear(skia.ColorBLUE)
        canvas.skia.clipRect(skia.Rect.MakeLTRB(30.2, 17, 380, 240.9))
    resample.draw(straight.skia, source, matrix)
    layered.skia.saveLayer()
    resample.draw(layered.skia, source, matrix)
    layered.skia.restore()
    assert np.array_equal(straight.pixels, layered.pixels)
    assert (straight.pixels[:, :30] == [255, 0, 0, 255]).all()


def test_an_image_taken_of_a_surface_before_stays_as_it_was() -> None:
    surface = skia.Surface(300, 200)
    surface.getCanvas().clear(skia.ColorRED)
    before = surface.makeImageSnapshot()
    resample.draw(surface.getCanvas(), image(picture(300, 200)), Affine(1.2, 0, 0, 1.2, 0.5, 0.5))
    assert (before.toarray(colorType=skia.kRGBA_8888_ColorType) == [255, 0, 0, 255]).all()
    assert not (surface.toarray(colorType=skia.kRGBA_8888_ColorType) == [255, 0, 0, 255]).all(axis=2).all()


def test_clear_pixels_let_through_what_lies_beneath() -> None:
    canvas = Canvas(300, 200, opaque=True)
    canvas.skia.clear(skia.ColorWHITE)
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[:, 150:] = 255
    pixels[:, 150:, :3] = 0
    half = skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    resample.draw(canvas.skia, half, Affine(1, 0, 0, 1, 0.25, 0.25))
    assert (canvas.pixels[1:, 1:149] == 255).all()
    assert not canvas.pixels[1:, 152:, :3].any()
    assert canvas.pixels[100, 150, 0] == 64  # a quarter of it is clear


def test_grey_pictures_become_pixels_that_are_copied_as_they_are() -> None:
    """A grey JPEG has one channel, which skia would make three of in every frame."""
    encoded = image(np.full((60, 80, 4), (99, 99, 99, 255), np.uint8)).makeColorTypeAndColorSpace(
        skia.kGray_8_ColorType, skia.ColorSpace.MakeSRGB()
    )
    grey = skia.Image.MakeFromEncoded(encoded.encodeToData(skia.kPNG, 100)).makeRasterImage()
    assert not resample.plain(grey)
    made = shrink(grey, 80, 60)
    assert resample.plain(made)
    assert made.isOpaque()
    assert (made.toarray(colorType=skia.kBGRA_8888_ColorType) == [99, 99, 99, 255]).all()
