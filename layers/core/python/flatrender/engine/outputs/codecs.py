"""What each encoder is told. Whoever changes a recipe changes every chunk: raise the engine version."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from flatrender.composition.outputs import Codec

GOP_SECONDS: Final = 2
SEGMENT: Final = "frag_custom+empty_moov+frag_discont+negative_cts_offsets+default_base_moof+skip_trailer"
"""One fragment behind its header, with the time it has in the whole."""

WORKING_FORMAT: Final = "nv12"
"""What x264 gets. It works on interleaved chroma itself."""

# SVT-AV1 greets on standard error whatever its caller says.
os.environ.setdefault("SVT_LOG", "1")


class VideoSettings(Protocol):
    """The part of `composition.profiles.Profile` that shapes the stream."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> int: ...
    @property
    def crf(self) -> int: ...
    @property
    def preset(self) -> str: ...
    @property
    def codec(self) -> Codec: ...
    @property
    def alpha(self) -> bool: ...
    @property
    def streaming(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """An encoder of FFmpeg, the pixels it gets, its options, and the container of a chunk with its own."""

    encoder: str
    pixel_format: str
    options: Mapping[str, str]
    container: str = "mp4"
    container_options: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None
    """How the container names the codec, where FFmpeg's own choice is one that Apple's players refuse."""

    @property
    def rgb(self) -> bool:
        """Full-range sRGB as drawn; else BT.709 in limited range."""
        return self.pixel_format.startswith("rgb")


def recipe(settings: VideoSettings) -> Recipe:
    """How chunks with these settings are encoded: closed groups of pictures, the same headers in every chunk."""
    return _RECIPES[settings.codec](settings)


def _gop(settings: VideoSettings) -> int:
    return settings.fps * GOP_SECONDS


def _segmented(settings: VideoSettings) -> Mapping[str, str]:
    return {"movflags": SEGMENT, "use_editlist": "0"} if settings.streaming else {}


def _h264(settings: VideoSettings) -> Recipe:
    parameters = f"keyint={_gop(settings)}:open-gop=0:stitchable=1{_assembly()}"
    if settings.streaming:  # frames in order have one time, which every player reads alike
        parameters += ":bframes=0"
    options = {"preset": settings.preset, "crf": str(settings.crf), "x264-params": parameters}
    return Recipe("libx264", WORKING_FORMAT, options, container_options=_segmented(settings))


@cache
def _assembly() -> str:
    """x264's mbtree for AVX-512 reads memory that nobody wrote, where a row is not a multiple of its step: the same
    frames then give other bytes. Without it x264 is as fast, within what can be measured.
    """
    try:
        has_it = " avx512" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return ""
    return ":asm=AVX2,FMA3,BMI2" if has_it else ""


def _hevc(settings: VideoSettings) -> Recipe:
    parameters = f"keyint={_gop(settings)}:open-gop=0:info=0:log-level=error"
    if settings.streaming:
        parameters += ":bframes=0"
    options = {"preset": settings.preset, "crf": str(settings.crf), "x265-params": parameters}
    return Recipe("libx265", "yuv420p", options, container_options=_segmented(settings), tag="hvc1")


def _av1(settings: VideoSettings) -> Recipe:
    options = {"preset": settings.preset, "crf": str(settings.crf), "g": str(_gop(settings))}
    return Recipe("libsvtav1", "yuv420p", options)


def _vp9(settings: VideoSettings) -> Recipe:
    group, effort = str(_gop(settings)), int(settings.preset)
    options = {
        "crf": str(settings.crf),
        "b": "0",
        "deadline": "realtime" if effort > 5 else "good",
        "cpu-used": settings.preset,
        "row-mt": "1",
        "tile-columns": "2",
        "g": group,
        # Colour and alpha are two streams; key frames at fixed places are in both at once.
        "keyint_min": group,
        "auto-alt-ref": "0" if settings.alpha else "1",
        "lag-in-frames": "0" if settings.alpha else "16",
    }
    # Else the container bears random numbers.
    exact = {"fflags": "+bitexact"}
    return Recipe("libvpx-vp9", "yuva420p" if settings.alpha else "yuv420p", options, "webm", exact)


def _prores(settings: VideoSettings) -> Recipe:
    options = {
        "profile": settings.preset,
        "vendor": "apl0",
        "flags": "+qscale",
        "global_quality": str(settings.crf * 118),
        "alpha_bits": "16" if settings.alpha else "0",
    }
    return Recipe("prores_ks", "yuva444p10le" if settings.alpha else "yuv444p10le", options, "mov")


def _png(settings: VideoSettings) -> Recipe:
    options = {"compression_level": settings.preset, "pred": "mixed"}
    return Recipe("png", "rgba" if settings.alpha else "rgb24", options, "mov")


_RECIPES: Final = {"h264": _h264, "hevc": _hevc, "av1": _av1, "vp9": _vp9, "prores": _prores, "png": _png}
