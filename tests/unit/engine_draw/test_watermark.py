"""Given a mark above a composition, when frames are drawn, then it shows, on any ground, above all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import PHOTO, Pixels, composition, frame, source

from flatrender.composition.assets import AssetInfo
from flatrender.composition.schemas import Composition
from flatrender.composition.watermark import Mark, layer, marked

LOGO = "00000000-0000-4000-8000-0000000000d1"
SIZES = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (240, 240)}
CORNERS = {"top-left": (0, 0), "top-right": (0, 1), "bottom-left": (1, 0), "bottom-right": (1, 1)}


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "logo.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h40v20h-40z" fill="#0f0"/></svg>'
    )
    return path


def film(aspect: str = "16:9", ground: str = "#ffffff", *layers: Any) -> Composition:
    width, height = SIZES[aspect]
    canvas = {"width": width, "height": height, "fps": 20, "background": ground}
    return composition(*layers, canvas=canvas)


def under(made: Composition, **given: Any) -> Composition:
    mark = Mark.model_validate({"text": "Demo Studio"} | given if "asset" not in given else given)
    info = AssetInfo(id=LOGO, sha256="d" * 64, kind="svg", width=40, height=20) if mark.asset else None
    return marked(made, layer(mark, info, made.canvas.width, made.canvas.height))


def differing(made: Composition, plain: Composition) -> np.ndarray:
    return np.abs(frame(made).astype(int) - frame(plain).astype(int)).max(axis=2) > 24


@pytest.mark.parametrize("aspect", SIZES)
@pytest.mark.parametrize("ground", ["#ffffff", "#808080", "#000000"])
@pytest.mark.parametrize("corner", CORNERS)
def test_a_text_shows_on_any_ground_in_its_corner_only(aspect: str, ground: str, corner: str) -> None:
    plain = film(aspect, ground)
    changed = differing(under(plain, position=corner), plain)
    assert changed.sum() > 60
    height, width = changed.shape
    rows, columns = np.nonzero(changed)
    low, right = CORNERS[corner]
    assert (rows >= height / 2).all() if low else (rows < height / 2).all()
    assert (columns >= width / 2).all() if right else (columns < width / 2).all()


@pytest.mark.parametrize("aspect", SIZES)
def test_in_the_centre_it_is_in_the_middle(aspect: str) -> None:
    plain = film(aspect)
    rows, columns = np.nonzero(differing(under(plain, position="center"), plain))
    width, height = SIZES[aspect]
    assert (columns.min() + columns.max()) / 2 == pytest.approx(width / 2, abs=5)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(height / 2, abs=5)


@pytest.mark.parametrize("aspect", SIZES)
def test_tiles_leave_no_part_free(aspect: str) -> None:
    plain = film(aspect)
    changed = differing(under(plain, position="tile", opacity=0.5), plain)
    height, width = changed.shape
    for row in range(3):
        for column in range(3):
            part = changed[row * height // 3 : (row + 1) * height // 3, column * width // 3 : (column + 1) * width // 3]
            assert part.any(), (row, column)
    assert changed.mean() < 0.4


def test_a_logo_has_its_colours_at_the_opacity_it_is_given(drawing: Path) -> None:
    made = under(film(ground="#000000"), asset=LOGO, position="center", size=0.5, opacity=0.5)
    assert frame(made, assets={LOGO: drawing})[90, 160].tolist() == pytest.approx([0, 128, 0, 255], abs=3)


@pytest.mark.parametrize("position", ["bottom-right", "tile"])
def test_a_white_logo_shows_on_white(position: str, tmp_path: Path) -> None:
    white = tmp_path / "white.svg"
    white.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h40v20h-40z" fill="#fff"/></svg>'
    )
    made = under(film(ground="#ffffff"), asset=LOGO, position=position, size=0.5)
    shown = frame(made, assets={LOGO: white})[..., :3]
    assert (shown < 225).sum() > 300
    assert (shown > 250).mean() > 0.5


def test_nothing_in_the_document_covers_it() -> None:
    cover = {"type": "solid", "color": "#ffffff", "blend": "normal"}
    plain = composition(cover, overlays=[cover, {**cover, "blend": "difference"}, cover])
    assert differing(under(plain), plain).sum() > 60


def test_a_transparent_film_stays_so_around_it(drawing: Path) -> None:
    made = under(film(ground="transparent"), asset=LOGO, position="bottom-right", size=0.3, margin=0, opacity=1)
    pixels: Pixels = frame(made, assets={LOGO: drawing}, alpha=True)
    assert pixels[20, 20].tolist() == [0, 0, 0, 0]
    assert pixels[170, 310].tolist() == [0, 255, 0, 255]
    half = under(film(ground="transparent"), asset=LOGO, position="center", size=0.3, opacity=0.5)
    assert frame(half, assets={LOGO: drawing}, alpha=True)[90, 160].tolist() == pytest.approx([0, 128, 0, 128], abs=2)


@pytest.mark.parametrize("position", ["bottom-right", "tile"])
def test_a_film_that_stands_still_stands_still_under_it(position: str, tmp_path: Path) -> None:
    skia.Surface(64, 64).makeImageSnapshot().save(str(tmp_path / "photo.png"), skia.kPNG)
    made = under(film("16:9", "#203040", {"type": "image", "asset": PHOTO}), position=position)
    drawn = source(made, {PHOTO: tmp_path / "photo.png"})
    assert [drawn.draw(number) for number in range(4)] == [True, False, False, False]


@pytest.mark.parametrize("position", ["bottom-right", "tile"])
def test_a_frame_owes_nothing_to_the_one_before(position: str) -> None:
    slide = {"transform": {"x": {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 200}]}}}
    made = under(
        film("16:9", "#203040", {"type": "solid", "color": "#f00", "box": [0, 0, 90, 180], **slide}), position=position
    )
    straight = source(made)
    for number in range(7):
        straight.draw(number)
    assert np.array_equal(straight.buffer, frame(made, 6))
