"""Given an SVG file, when it is drawn as a layer, then it lies in its box, in the colours that were asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skia
from tests.unit.engine_draw.scenes import composition, frame, ink, source
from tests.unit.engine_draw.vectors import SVG, svg, written

from flatrender.composition.schemas import Composition
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.svg_colors import _NAMED, parse


def drawn(tmp_path: Path, data: bytes = svg(), index: int = 0, theme: Any = None, **fields: Any) -> Any:
    """One frame of 320 x 180 with an SVG layer on black."""
    made = layer(theme, **fields)
    return frame(made, index, {SVG: written(tmp_path / "drawing.svg", data)})


def layer(theme: Any = None, **fields: Any) -> Composition:
    return composition({"type": "svg", "asset": SVG, **fields}, theme=theme or {})


def rgb(pixels: Any, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(part) for part in pixels[y, x, 2::-1])


@pytest.mark.parametrize(
    ("fit", "seen", "disc"),
    [
        ("contain", (0, 10, 320, 170), (240, 90)),
        ("cover", (0, 0, 320, 180), (250, 90)),
        ("stretch", (0, 0, 320, 180), (240, 90)),
    ],
)
def test_it_fits_into_its_box(tmp_path: Path, fit: str, seen: tuple[int, ...], disc: tuple[int, int]) -> None:
    pixels = drawn(tmp_path, fit=fit)
    assert ink(pixels) == seen
    assert rgb(pixels, *disc) == (0, 0, 255)
    assert rgb(pixels, 20, 90) == (255, 0, 0)
    assert rgb(pixels, 160, 90) == (255, 0, 0)


def test_what_is_kept_in_view_when_it_covers_a_narrow_box(tmp_path: Path) -> None:
    box = [100, 0, 40, 180]
    right = drawn(tmp_path, box=box, fit="cover", focus=[0.75, 0.5])
    assert ink(right) == (100, 0, 140, 180)
    assert rgb(right, 120, 90) == (0, 0, 255)
    assert rgb(drawn(tmp_path, box=box, fit="cover", focus=[0.1, 0.5]), 120, 90) == (255, 0, 0)


def test_colours_of_the_file_are_replaced_however_it_spells_them(tmp_path: Path) -> None:
    theme = {"colors": {"brand": "#ff8000", "ink": "theme:brand"}}
    colors = {"#FF0000": "theme:ink", "#0000ff": "#00ff0080", "#123456": "#ffffff"}
    pixels = drawn(tmp_path, theme=theme, colors=colors, fit="stretch")
    assert rgb(pixels, 20, 90) == (255, 128, 0)
    assert rgb(pixels, 240, 90) == pytest.approx((127, 192, 0), abs=1)


def test_a_tint_draws_all_in_one_colour_that_may_move(tmp_path: Path) -> None:
    disc = svg('<circle cx="50" cy="25" r="20" fill="#abc" opacity="0.5"/><rect width="10" height="10" fill="red"/>')
    steps = [{"time": 0, "value": "#ffffff", "easing": "linear"}, {"time": 1, "value": "#0000ff"}]
    for index, color in ((0, 255), (10, 128), (20, 0)):
        pixels = drawn(tmp_path, disc, index, tint={"keyframes": steps}, fit="stretch")
        assert rgb(pixels, 10, 10) == pytest.approx((color, color, 255), abs=2)
        assert rgb(pixels, 160, 90) == pytest.approx((color / 2, color / 2, 128), abs=2)


def test_the_shadow_falls_from_the_drawing(tmp_path: Path) -> None:
    body = '<circle cx="25" cy="25" r="25" fill="red"/>'
    shadow = {"color": "#0000ff", "x": 100, "y": 0, "blur": 0}
    blue = drawn(tmp_path, svg(body), box=[0, 0, 100, 50], shadow=shadow)[:, :, 0] > 128
    assert blue[25, 125]
    assert not blue[2, 102]
    assert blue.sum() == pytest.approx(np.pi * 25**2, rel=0.03)


def test_styles_uses_and_inheritance_are_drawn_as_browsers_do(tmp_path: Path) -> None:
    body = """
      <style><![CDATA[ .a, #b { fill: lime !important } rect { fill: blue; /* no; */ }
      g.c { color: hsl(300,100%,50%) } ]]></style>
      <defs><symbol id="s" viewBox="0 0 10 10"><path class="a" d="M-20-20H30V30h-50z"/></symbol>
        <linearGradient id="base"><stop stop-color="#ff0"/></linearGradient>
        <linearGradient id="g" xlink:href="#base"/></defs>
      <rect class="a" width="10" height="10"/>
      <rect id="b" x="10" width="10" height="10"/>
      <rect x="20" width="10" height="10"/>
      <use href="#s" x="30" width="10" height="10"/>
      <g class="c" fill="currentColor"><path d="M50 0h10v10H50z"/><path d="M60 0h10v10H60z" display="none"/>
        <g visibility="hidden"><path d="M70 0h10v10H70zm2 2h1v1z" visibility="visible"/></g></g>
      <path fill="url(#g)" d="M80 0h10v10H80zM0 0a1 1 0 01.5.5"/>"""
    pixels = drawn(tmp_path, svg(body, 'width="100" height="56.25"'))
    row = [rgb(pixels, x * 32 // 10 + 16, 16) for x in range(0, 90, 10)]
    green, blue, pink, none = (0, 255, 0), (0, 0, 255), (255, 0, 255), (0, 0, 0)
    assert row == [green, green, blue, green, none, pink, none, pink, (255, 255, 0)]
    assert rgb(pixels, 112, 40) == none, "a symbol does not leave its box"


def test_it_is_sharp_however_large_it_gets(tmp_path: Path) -> None:
    made = composition(
        {
            "type": "svg",
            "asset": SVG,
            "box": [0, 0, 10, 10],
            "fit": "stretch",
            "transform": {"scale": 16, "anchor": [0, 0]},
        }
    )
    pixels = frame(made, 0, {SVG: written(tmp_path / "a.svg", svg('<rect width="50" height="50" fill="#fff"/>'))})
    row = pixels[80, :, 0]
    assert (row[:79] == 255).all()
    assert (row[82:] == 0).all()


def by_library(name: str) -> str:
    """The digits of a colour as skia knows it; black when it does not."""
    data = f'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1" fill="{name}"/></svg>'.encode()
    surface = skia.Surface(1, 1)
    document = skia.SVGDOM.MakeFromStream(skia.MemoryStream(data))
    document.setContainerSize(skia.Size(1, 1))
    document.render(surface.getCanvas())
    digits: str = surface.toarray(colorType=skia.kRGBA_8888_ColorType)[0, 0, :3].tobytes().hex()
    return digits


def test_all_named_colours_are_those_of_the_drawing_library() -> None:
    assert len(_NAMED) == 148
    for name, digits in _NAMED.items():
        # It knows each grey in one spelling only, and one colour is younger than its table.
        spellings = {name, name.replace("grey", "gray"), name.replace("gray", "grey")}
        assert name == "rebeccapurple" or digits in {by_library(spelling) for spelling in spellings}


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#F0a", ("#ff00aa", 1)),
        ("#00ff0080", ("#00ff00", 128 / 255)),
        ("rgb(50%, 0 , 100%)", ("#8000ff", 1)),
        ("rgba(1 2 3 / 25%)", ("#010203", 0.25)),
        ("hsl(120deg 100% 25%)", ("#008000", 1)),
        ("transparent", ("#000000", 0)),
        ("rgb(1,2)", None),
        ("url(#a)", None),
        ("", None),
    ],
)
def test_colours_are_read(text: str, color: Any) -> None:
    assert parse(text) == color


def test_cached_and_uncached_chunks_look_the_same(tmp_path: Path) -> None:
    turn = {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 90}]}
    made = layer(transform={"rotation": turn, "opacity": 0.8}, enter={"preset": "rise"}, box=[50, 50, 120, 80])
    assets = {SVG: written(tmp_path / "a.svg", svg())}
    whole = source(made, assets)
    chunk = source(made, assets)
    for index in range(15, 20):
        for frames in (whole, chunk):
            frames.draw(index)
        assert np.array_equal(whole.buffer, chunk.buffer)
        assert np.array_equal(whole.buffer, frame(made, index, assets))


@pytest.mark.parametrize(
    ("data", "says"),
    [(svg("<text>Hi</text>"), "Convert text to paths"), (b"<svg", "not well-formed"), (b"GIF89a", "not well-formed")],
)
def test_a_file_that_cannot_be_drawn_is_one_clear_fault(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(UnreadableMedia) as caught:
        drawn(tmp_path, data)
    assert SVG in caught.value.text
    assert says in caught.value.text


def test_a_missing_file_is_one_clear_fault() -> None:
    with pytest.raises(UnreadableMedia, match=f"{SVG} is missing"):
        frame(layer(), 0, {})
