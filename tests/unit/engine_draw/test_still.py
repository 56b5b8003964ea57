"""Given a composition, when a still is rendered, then it is the frame of that time in the wanted size, and quick."""

import time
from typing import Any

import pytest
import skia
from infra.seed import previews
from tests.unit.engine_draw.scenes import composition

from flatrender.composition.profiles import Profile
from flatrender.engine.draw import FrameSource
from flatrender.engine.still import render_still


def decoded(data: bytes) -> Any:
    return skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(data))


@pytest.mark.parametrize(("format_", "magic"), [("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG"), ("webp", b"RIFF")])
def test_a_still_is_a_file_of_the_wanted_format_and_size(format_: Any, magic: bytes) -> None:
    made = composition(scenes=[{"duration": 1, "background": "#ff0000"}, {"duration": 1, "background": "#0000ff"}])
    data = render_still(made, {}, 1.0, 640, format_)
    image = decoded(data)
    assert data.startswith(magic)
    assert (image.width(), image.height()) == (640, 360)
    assert decoded(render_still(made, {}, 0.99, None, "png")).toarray()[5, 5, 2] == 255
    assert decoded(render_still(made, {}, 99.0, None, "png")).toarray()[5, 5, 0] == 255


@pytest.mark.parametrize("code", sorted(previews.MOMENTS))
def test_a_template_is_previewed_quickly_at_full_size(code: str) -> None:
    made = previews.compose(previews.templates()[code], {})
    started = time.process_time()
    image = decoded(render_still(made, previews.files(), previews.MOMENTS[code].picture))
    assert time.process_time() - started < 2.0
    assert (image.width(), image.height()) == (made.canvas.width, made.canvas.height)


@pytest.mark.parametrize("code", sorted(previews.MOMENTS))
def test_a_template_is_drawn_fast_enough(code: str) -> None:
    """Far below the target, so that a busy machine passes; a layer that falls off its cache does not."""
    made = previews.compose(previews.templates()[code], {})
    canvas = made.canvas
    source = FrameSource(made, previews.files(), Profile(width=canvas.width, height=canvas.height, fps=30))
    first = 70
    source.draw(first)
    started = time.process_time()
    for index in range(first + 1, first + 21):
        source.draw(index)
    assert (time.process_time() - started) / 20 < 0.035
