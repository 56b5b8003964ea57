"""NVIDIA's encoders: whether they work here, and what they are told.

As with the software encoders every chunk is closed in itself and has the same headers as the others: a key frame at
fixed places and nowhere else, no frames out of order, nothing that looks ahead beyond the chunk.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final, cast

import av
import av.logging
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from flatrender.composition.outputs import Codec
from flatrender.engine.outputs.codecs import GOP_SECONDS, Recipe, VideoSettings, recipe

ENCODERS: Final[Mapping[Codec, str]] = {"h264": "h264_nvenc", "hevc": "hevc_nvenc", "av1": "av1_nvenc"}

_EFFORT: Final[Mapping[Codec, Mapping[str, str]]] = {
    "h264": {"ultrafast": "p1", "veryfast": "p4", "medium": "p6"},
    "hevc": {"ultrafast": "p1", "veryfast": "p4", "fast": "p6"},
    "av1": {"12": "p1", "10": "p4", "8": "p6"},
}
"""The software encoder's preset → NVENC's, from p1 (fastest) to p7."""
_SIDE: Final = 256
"""Pixels of the picture that is tried: NVENC refuses much smaller ones."""


def chosen(settings: VideoSettings, encoders: Collection[str]) -> Recipe:
    """How chunks with these settings are encoded by a device that has `encoders`: in hardware if it can be."""
    encoder = ENCODERS.get(settings.codec)
    if encoder is None or encoder not in encoders or settings.alpha:
        return recipe(settings)
    software = recipe(settings)
    return replace(software, encoder=encoder, pixel_format="nv12", options=options(settings))


def options(settings: VideoSettings) -> Mapping[str, str]:
    """FFmpeg's options. The constant quality is the software encoder's rate factor, whose scale it shares."""
    told = {
        "preset": _EFFORT[settings.codec].get(settings.preset, "p4"),
        "tune": "hq",
        "rc": "vbr",
        "cq": str(settings.crf),
        "b": "0",
        "g": str(settings.fps * GOP_SECONDS),
        "bf": "0",
        "rc-lookahead": "0",
        "strict_gop": "1",
        "b_ref_mode": "disabled",
        "multipass": "disabled",
        "spatial-aq": "1",
    }
    if settings.codec != "av1":
        told |= {"no-scenecut": "1", "forced-idr": "1"}
    return told


def probe() -> tuple[tuple[str, ...], str]:
    """The encoders that really encode a picture here, and what the others say."""
    found: list[str] = []
    why: dict[str, str] = {}
    for encoder in ENCODERS.values():
        fault = _try(encoder)
        if fault is None:
            found.append(encoder)
        else:
            why.setdefault(fault, encoder)
    return tuple(found), "; ".join(f"{encoder} says '{fault}'" for fault, encoder in why.items())


def _try(encoder: str) -> str | None:
    """None: it works; else why not."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as said:
            try:
                context = cast(VideoCodecContext, av.CodecContext.create(encoder, "w"))
                context.width = context.height = _SIDE
                context.pix_fmt, context.time_base, context.framerate = "nv12", Fraction(1, 30), Fraction(30)
                packets = [*context.encode(VideoFrame(_SIDE, _SIDE, "nv12")), *context.encode(None)]
            except (av.error.FFmpegError, ValueError) as error:
                return next((text.strip() for _, _, text in said if text.strip()), str(error))
            return None if packets else "no picture came out"
    finally:
        av.logging.set_level(level)
