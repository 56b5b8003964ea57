"""Forms of delivery: what a profile makes of them, what they can hold, and whether a composition is transparent."""

from pathlib import Path
from typing import Any

import pytest

from flatrender.composition import chunks
from flatrender.composition.outputs import CHUNK_SUFFIX, FORMATS, SOUND_SUFFIX, SUFFIXES, frame_at, limits
from flatrender.composition.profiles import RATE, SOUND_RATE, profile
from flatrender.composition.schemas import Composition
from flatrender.composition.transparency import transparent


def film(background: Any = "#102030", scene: Any = None, **theme: str) -> Composition:
    one: dict[str, Any] = {"duration": 2.0, "background": scene} if scene else {"duration": 2.0}
    return Composition.model_validate(
        {
            "canvas": {"width": 320, "height": 180, "fps": 24, "background": background},
            "theme": {"colors": theme},
            "scenes": [one, {"duration": 2.0}],
        }
    )


def keys(composition: Composition, **asked: Any) -> set[str]:
    return {spec.key for spec in chunks.plan(composition, profile(composition, **asked), {})}


def fading(to: str) -> dict[str, Any]:
    return {"keyframes": [{"time": 0, "value": "#102030"}, {"time": 1, "value": to}]}


@pytest.mark.parametrize(
    ("made", "clear"),
    [
        (film(), False),
        (film("#fff"), False),
        (film("#102030ff"), False),
        (film("transparent"), True),
        (film("#00000000"), True),
        (film("#102030fe"), True),
        (film(scene="#10203080"), True),
        (film("transparent", scene="#000000"), True),
        (film("theme:ground", ground="#102030"), False),
        (film("theme:ground", ground="#10203000"), True),
        (film(fading("#405060")), False),
        (film(fading("transparent")), True),
        (
            film({"type": "linear", "stops": [{"offset": 0, "color": "#000"}, {"offset": 1, "color": "#00000000"}]}),
            True,
        ),
    ],
)
def test_a_composition_is_transparent_where_any_background_is(made: Composition, clear: bool) -> None:
    assert transparent(made) is clear


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_every_format_has_settings_in_every_quality(form: Any) -> None:
    for quality in ("draft", "standard", "high"):
        for codec in form.codecs or (None,):
            made = profile(film("transparent"), quality=quality, output=form.name, codec=codec)
            assert made.alpha is (form.alpha and codec != "av1")
            assert made.audio_codec == form.sound
            if codec:
                assert (made.crf, made.preset) == RATE[codec][quality]
                assert made.codec in CHUNK_SUFFIX
            if form.sound:
                assert made.audio_bitrate == SOUND_RATE[form.sound][quality]
                assert form.sound in SOUND_SUFFIX
    assert form.name in SUFFIXES.values()


def test_formats_share_chunks_only_where_these_are_equal() -> None:
    opaque, clear = film(), film("transparent")
    assert keys(opaque, output="gif") == keys(opaque, output="apng") == keys(opaque, output="gif", quality="high")
    assert keys(clear, output="webp") == keys(clear, output="png-sequence")
    different: list[dict[str, Any]] = [
        {}, {"codec": "hevc"}, {"codec": "av1"}, {"output": "webm"}, {"output": "mov"}, {"output": "gif"},
        {"streaming": True}, {"quality": "high"}, {"resolution": "360p"},
    ]  # fmt: skip
    found = [keys(clear, **asked) for asked in different]
    assert len(set.union(*found)) == sum(len(one) for one in found)
    assert not keys(clear, output="jpeg") & keys(clear, output="png"), "one has a ground, the other none"


def test_a_ground_counts_only_where_it_is_seen() -> None:
    assert keys(film(), ground="#ff0000") == keys(film())
    assert not keys(film("transparent"), ground="#ff0000") & keys(film("transparent"))
    assert keys(film("transparent"), ground="#ff0000", output="webm") == keys(film("transparent"), output="webm")


@pytest.mark.parametrize(
    ("at", "frame"), [(None, 24), (0.0, 0), (0.99, 23), (1.0, 24), (1.999, 47), (2.0, 47), (99.0, 47)]
)
def test_a_still_is_the_frame_that_is_shown_then(at: float | None, frame: int) -> None:
    assert frame_at(at, 2.0, 24) == frame


def test_limits_say_what_to_do() -> None:
    gif = FORMATS["gif"]
    assert limits(gif, width=640, height=360, fps=30, frames=1800) == []
    found = limits(gif, width=1920, height=1080, fps=60, frames=3660, root="/body/output")
    assert [(fault.pointer, fault.code) for fault in found] == [
        ("/body/output/fps", "format_fps"),
        ("/body/output/format", "format_duration"),
        ("/body/output/resolution", "format_size"),
    ]
    (only,) = limits(gif, width=1080, height=608, fps=30, frames=1800)
    assert only.message == (
        "gif holds at most 500 million pixels in all frames together; these are 1182. "
        "Choose a lower output.resolution or output.fps, or make it shorter."
    )
    assert limits(FORMATS["mp4"], width=4096, height=2304, fps=60, frames=216_000) == []


def test_the_guide_names_the_settings_that_are_used() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/guide/outputs.md").read_text(encoding="utf-8")
    rows = {cells[0].strip("`"): cells[-3:] for line in page.split("\n") if len(cells := _cells(line)) in {4, 5}}
    for codec, rates in RATE.items():
        if codec != "png":
            assert rows[codec] == [f"{crf} {preset}" for crf, preset in rates.values()]
    for sound, rates in SOUND_RATE.items():
        if sound != "pcm":
            assert rows[sound] == [str(rate // 1000) for rate in rates.values()]
    for form in FORMATS.values():
        (line,) = [line for line in page.split("\n") if line.startswith("|") and f"`{form.name}`" in _cells(line)[0]][
            :1
        ]
        for limit in (form.max_side, form.max_fps, form.max_megapixels):
            assert limit is None or f"{limit:,}" in line or str(limit) in line, (form.name, limit)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
