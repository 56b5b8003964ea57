"""Every built-in template can be drawn: with its defaults, with texts as long as they may be, right to left, and with
no more than it needs.
"""

import hashlib
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import skia
from infra.seed import previews
from tests.unit.seed.lone_texts import lone_texts, outside

from flatrender.composition.bind import bind
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.engine.draw import FrameSource

CODES = sorted(previews.MOMENTS)
FOLDER = Path(previews.SEED) / "templates"
LATIN = "A quick brown fox jumps over lazy dogs while Wolfgang measures seventeen uncommonly long headlines. "
PERSIAN = "آرزو می‌کنیم این روزهای روشن برای شما و همهٔ عزیزان سرشار از سلامتی، شادی و آرامش باشد. "
EMPTY = ("text", "image", "video", "svg", "audio", "captions")
VARIANTS = ("defaults", "longest", "right-to-left", "bare")


@lru_cache
def template(code: str) -> TemplateDefinition:
    return previews.templates()[code]


def inputs(code: str, variant: str) -> dict[str, Any]:
    """What fills the template; right to left all that leans to one side leans to the right, and what is not required is
    left empty in a bare one.
    """
    given: dict[str, Any] = {}
    if variant == "bare":
        return {spec.name: "" for spec in template(code).inputs if spec.type in EMPTY and not spec.required}
    if variant == "defaults":
        return given
    for spec in template(code).inputs:
        if spec.type == "text":
            sentence = LATIN if variant == "longest" else PERSIAN
            given[spec.name] = (sentence * 20)[: spec.max_length].strip()
        elif variant == "right-to-left" and spec.name in ("side", "digits"):
            given[spec.name] = {"side": "right", "digits": "persian"}[spec.name]
        elif variant == "right-to-left" and spec.name == "from_right":
            given[spec.name] = True
    return given


def drawn(code: str, variant: str, moments: list[float], side: int = 240) -> list[Any]:
    """Pictures of some seconds; `side` is the longer one, in pixels."""
    composition = previews.compose(template(code), inputs(code, variant), previews.BACKDROP)
    width, height = previews.size(composition, side)
    source = FrameSource(composition, previews.files(), Profile(width=width, height=height, fps=composition.canvas.fps))
    pictures = []
    for moment in moments:
        source.draw(int(moment * composition.canvas.fps))
        pictures.append(source.buffer[..., :3].astype(np.int16))
    return pictures


def test_the_built_in_templates_are_all_there_in_every_aspect() -> None:
    assert sorted(previews.templates()) == CODES
    assert len(CODES) == 12
    assert {template(code).aspect for code in CODES} == {"16:9", "9:16", "1:1"}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("code", CODES)
def test_no_frame_is_empty_and_something_moves(code: str, variant: str) -> None:
    length = template(code).duration
    first, *pictures = drawn(code, variant, [length * part for part in (0.03, 0.1, 0.3, 0.5, 0.7, 0.9)])
    assert all(picture.std() > 4 for picture in pictures)
    moved = [np.abs(a - b).max(axis=-1) > 30 for a, b in combinations([first, *pictures], 2)]
    assert max(int(changed.sum()) for changed in moved) > 100


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("code", CODES)
def test_texts_stay_inside_the_canvas_whole_and_apart(code: str, variant: str) -> None:
    document, faults = bind(template(code), inputs(code, variant))
    assert document is not None, faults
    texts = list(lone_texts(document))
    assert texts
    assert [text.pointer for text in texts if not text.mask.any()] == []
    assert [text.pointer for text in texts if outside(text.mask)] == []
    assert [text.pointer for text in texts if text.cut] == []
    clashing = [
        (one.pointer, other.pointer)
        for one, other in combinations(texts, 2)
        if one.scene == other.scene and (one.mask & other.mask).sum() > 3
    ]
    assert clashing == []


@pytest.mark.parametrize("code", CODES)
def test_a_composition_that_was_written_down_is_read_again(code: str) -> None:
    composition = previews.compose(template(code), {})
    assert Composition.model_validate_json(composition.model_dump_json()) == composition


def test_the_pictures_on_the_shelf_differ_and_are_those_of_the_templates() -> None:
    pictures = {code: (FOLDER / f"{code}.jpg").read_bytes() for code in CODES}
    assert len({hashlib.sha256(picture).digest() for picture in pictures.values()}) == len(CODES)
    for code, picture in pictures.items():
        image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture))
        composition = previews.compose(template(code), {}, previews.BACKDROP)
        assert (image.width(), image.height()) == previews.size(composition, previews.SIDE), code
        [now] = drawn(code, "defaults", [previews.MOMENTS[code].picture], previews.SIDE)
        shown = image.toarray(colorType=skia.kBGRA_8888_ColorType)[..., :3].astype(np.int16)
        assert np.abs(shown - now).mean() < 6, f"{code}.jpg shows something else: run infra/seed/previews.py {code}"


def _clip_size(composition: Composition) -> dict[str, int]:
    return dict(zip(("width", "height"), previews.size(composition, previews.CLIP_SIDE), strict=True))


@pytest.mark.parametrize("code", CODES)
def test_a_clip_is_small_silent_and_shows_the_template(code: str) -> None:
    path = FOLDER / f"{code}.mp4"
    assert path.stat().st_size <= previews.CLIP_BYTES
    composition = previews.compose(template(code), {}, previews.BACKDROP)
    moments = previews.MOMENTS[code]
    with av.open(str(path)) as container:
        [stream] = container.streams
        assert isinstance(stream, av.VideoStream)
        assert (stream.width, stream.height) == previews.size(composition, previews.CLIP_SIDE)
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(stream)]
    assert len(frames) == round(min(moments.seconds, composition.duration - moments.start) * previews.CLIP_RATE)
    source = FrameSource(composition, previews.files(), Profile(**_clip_size(composition), fps=previews.CLIP_RATE))
    source.draw(round(moments.start * previews.CLIP_RATE) + 60)
    assert np.abs(frames[60].astype(np.int16) - source.buffer[..., :3]).mean() < 10
