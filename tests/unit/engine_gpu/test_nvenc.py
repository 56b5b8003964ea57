"""NVIDIA's encoders: what they are told. Whether FFmpeg knows it shows without a device: it reads options first."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from tests.unit.engine import media

from flatrender.composition.outputs import Codec
from flatrender.composition.profiles import RATE, Profile, Quality
from flatrender.engine import render
from flatrender.engine.faults import EncodeFailed
from flatrender.engine.gpu import nvenc
from flatrender.engine.outputs.codecs import recipe

ALL = tuple(nvenc.ENCODERS.values())


def settings(codec: Codec, quality: Quality = "standard", **fields: bool) -> Profile:
    crf, preset = RATE[codec][quality]
    return Profile(width=320, height=180, fps=30, codec=codec, crf=crf, preset=preset, **fields)


def opened(encoder: str, options: dict[str, str]) -> str:
    """What FFmpeg says to these options."""
    context = av.VideoCodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = 320, 180, "nv12"
    context.time_base, context.framerate, context.options = Fraction(1, 30), Fraction(30), options
    try:
        context.open(strict=True)
    except av.error.FFmpegError as error:
        return type(error).__name__
    return "opened"


@pytest.mark.parametrize("codec", list(nvenc.ENCODERS))
@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_every_option_is_known_to_ffmpeg_with_its_value(codec: Codec, quality: Quality) -> None:
    told, encoder = dict(nvenc.options(settings(codec, quality))), nvenc.ENCODERS[codec]
    assert opened(encoder, told) != "ArgumentError"
    for name in told:
        assert opened(encoder, {**told, name: "no such value"}) == "ArgumentError", name


@pytest.mark.parametrize("codec", list(nvenc.ENCODERS))
def test_quality_and_effort_follow_the_software_encoder(codec: Codec) -> None:
    efforts = []
    for quality in ("draft", "standard", "high"):
        told = nvenc.options(settings(codec, quality))
        assert (told["rc"], told["cq"], told["b"]) == ("vbr", str(RATE[codec][quality][0]), "0")
        efforts.append(told["preset"])
    assert efforts == ["p1", "p4", "p6"]


@pytest.mark.parametrize("codec", list(nvenc.ENCODERS))
def test_chunks_are_closed_and_nothing_looks_beyond_them(codec: Codec) -> None:
    told = nvenc.options(settings(codec))
    assert (told["g"], told["bf"], told["strict_gop"], told["rc-lookahead"]) == ("60", "0", "1", "0")
    if codec != "av1":
        assert (told["forced-idr"], told["no-scenecut"]) == ("1", "1")


def test_hardware_is_taken_for_what_it_encodes_and_software_for_the_rest() -> None:
    assert nvenc.chosen(settings("h264"), ALL).encoder == "h264_nvenc"
    assert nvenc.chosen(settings("av1"), ("h264_nvenc",)) == recipe(settings("av1"))
    assert nvenc.chosen(settings("vp9"), ALL) == recipe(settings("vp9"))
    assert nvenc.chosen(settings("h264"), ()) == recipe(settings("h264"))


def test_hardware_keeps_the_container_and_the_name_that_apple_reads() -> None:
    made = nvenc.chosen(settings("hevc", streaming=True), ALL)
    assert (made.encoder, made.tag, made.pixel_format) == ("hevc_nvenc", "hvc1", "nv12")
    assert made.container_options == recipe(settings("hevc", streaming=True)).container_options != {}


def test_what_fails_to_encode_is_not_found_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvenc, "ENCODERS", {"h264": "libx264", "hevc": "h264_v4l2m2m"})
    found, why = nvenc.probe()
    assert found == ("libx264",)
    assert why.startswith("h264_v4l2m2m says '")


def test_the_encoders_that_a_chunk_is_given_are_what_encodes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvenc, "ENCODERS", {"h264": "h264_v4l2m2m"})
    chunk = tmp_path / "chunk.mp4"
    with pytest.raises(EncodeFailed):
        render.encode_frames(media.Panning(), media.Settings(), 0, 3, chunk, lambda _: None, encoders=("h264_v4l2m2m",))
    assert not chunk.exists()
