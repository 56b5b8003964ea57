"""Finds out what an uploaded file really is: by its structure first, then by decoding it.

Nothing is believed: not the declared type, not the name, not the header. Before a decoder allocates a frame, the size
is read from the header and held against the limits; media are opened with the one demuxer their structure calls for.
"""

import hashlib
import mmap
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import av
import skia
from av.container.input import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from pydantic import BaseModel, ConfigDict

from flatrender.composition.assets import Rare
from flatrender.engine import probe_captions, probe_lut
from flatrender.engine import probe_containers as containers
from flatrender.engine import probe_images as images
from flatrender.engine import probe_vectors as vectors
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.media_length import read_through
from flatrender.engine.probe_foreign import Data, damaged, reject_foreign, truncated

__all__ = ["Limits", "MediaInfo", "RejectedMedia", "probe"]


class Limits(BaseModel):
    """What is accepted. Sizes in bytes, times in seconds, pixels as width times height of one frame."""

    model_config = ConfigDict(frozen=True)

    max_bytes: int = 2_000 * 1024 * 1024
    max_seconds: float = 7_200
    max_image_pixels: int = 50_000_000
    max_image_bytes: int = 64 * 1024 * 1024
    max_video_pixels: int = 4096 * 2304
    max_side: int = 16_384
    max_animation_pixels: int = 2_000_000_000
    """All frames of an animation together."""
    max_fps: float = 240
    decode_seconds: float = 20
    """Time that looking into a video or sound may take."""


class MediaInfo(BaseModel):
    """What a file is. `width` and `height` are upright pixels, `duration` seconds; `codec` as ffmpeg names it; `slots`
    what may be replaced in a Lottie, by name, and of which kind each is; `rare` what captions say that not every font
    can draw.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["image", "video", "svg", "lottie", "audio", "captions", "lut"]
    content_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    codec: str
    has_audio: bool = False
    slots: dict[str, str] | None = None
    rare: list[Rare] | None = None
    size_bytes: int
    sha256: str


_SAME: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "application/ogg": "audio/ogg",
    "text/srt": "application/x-subrip",
    "text/x-srt": "application/x-subrip",
    "application/srt": "application/x-subrip",
    "video/mp4": "video/quicktime",  # devices name one what the other is; both are the same family of boxes
    "video/x-m4v": "video/quicktime",
    "application/json": "video/lottie+json",
}
_IMAGES: Final[dict[str, tuple[Callable[[Data], images.Size], str]]] = {
    "image/png": (images.png, "png"),
    "image/jpeg": (images.jpeg, "mjpeg"),
    "image/gif": (images.gif, "gif"),
    "image/webp": (images.webp, "webp"),
}
_DEMUXERS: Final = {"iso": "mov", "webm": "matroska", "ogg": "ogg", "wav": "wav", "mp3": "mp3"}
_DECODED_FRAMES: Final = 4
"""Frames decoded at the start, the middle and the end."""
_PLACES: Final = (0.0, 0.5, 0.97)
_HEAD: Final = 65_536
"""Bytes in which a file says what it is: before its root, an SVG may hold a licence."""


def probe(path: Path, declared_type: str, limits: Limits | None = None) -> MediaInfo:
    """Examine a file that was uploaded as `declared_type` (a MIME type).

    Raises RejectedMedia, with `reason` one of: empty, too_large, unknown_type, type_mismatch, polyglot,
    pixel_flood, truncated, damaged, no_streams, too_long, too_complex, and those that begin with
    svg_ or lottie_. Time and memory are bounded by `limits`.
    """
    limits = limits or Limits()
    size = path.stat().st_size
    if size == 0:
        raise RejectedMedia("empty", "The file is empty.")
    if size > limits.max_bytes:
        raise RejectedMedia("too_large", f"The file has {size} bytes; {limits.max_bytes} are allowed.")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            head = mapped[:_HEAD]
            if (written := probe_captions.form(head)) is not None:
                _same_type(declared_type, written)
                facts = probe_captions.captions(mapped, written)
            elif probe_lut.is_lut(head):
                _same_type(declared_type, probe_lut.LUT)
                facts = probe_lut.lut(mapped)
            elif (form := _form(head)) in _IMAGES:
                _same_type(declared_type, form)
                facts = _image(mapped, form, limits)
            elif form in vectors.FORMS:
                _same_type(declared_type, form)
                facts = vectors.facts(mapped[: limits.max_image_bytes], form)
                if facts.get("duration", 0.0) > limits.max_seconds:
                    _too_long(facts["duration"], limits)
            else:
                brand = _walk(mapped, form)
                facts = _media(path, form, brand, limits)
                _same_type(declared_type, str(facts["content_type"]))
    return MediaInfo(size_bytes=size, sha256=sha256, **facts)


def _form(head: bytes) -> str:
    """An image's MIME type, or the family of a container."""
    for magic, form in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"\x1a\x45\xdf\xa3", "webm"),
        (b"OggS", "ogg"),
        (b"ID3", "mp3"),
    ):
        if head.startswith(magic):
            return form
    if head[:4] == b"RIFF" and head[8:12] in {b"WEBP", b"WAVE"}:
        return "image/webp" if head[8:12] == b"WEBP" else "wav"
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "iso"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 in {0xE2, 0xE4, 0xE6}:
        return "mp3"
    if vector := vectors.form(head):
        return vector
    raise RejectedMedia(
        "unknown_type",
        "This is not an SVG, Lottie, PNG, JPEG, WebP, GIF, MP4, MOV, WebM, MP3, M4A, WAV, Ogg, WebVTT or SRT file.",
    )


def _same_type(declared: str, found: str) -> None:
    plain = declared.partition(";")[0].strip().lower()
    if _SAME.get(plain, plain) != _SAME.get(found, found):
        raise RejectedMedia("type_mismatch", f"The file was announced as {plain or 'nothing'}, but it is {found}.")


def _image(data: Data, form: str, limits: Limits) -> dict[str, Any]:
    if len(data) > limits.max_image_bytes:
        raise RejectedMedia("too_large", f"The picture has {len(data)} bytes; {limits.max_image_bytes} are allowed.")
    walk, codec_name = _IMAGES[form]
    try:
        width, height, frames = walk(data)
    except (IndexError, struct.error):  # a header reaches over the end
        raise truncated() from None
    _check_pixels(width, height, limits.max_image_pixels, limits)
    if width * height * frames > limits.max_animation_pixels:
        raise RejectedMedia("pixel_flood", f"The animation has {frames} frames of {width} x {height} pixels: too many.")
    reject_foreign(data, everywhere=True)
    content = bytes(data)  # the codec reads from it until the end, without holding it
    try:
        codec = skia.Codec.MakeFromData(content)
    except RuntimeError:
        raise damaged("no decoder understands it") from None
    info = codec.getInfo()
    if (info.width(), info.height()) != (width, height):
        raise damaged("its header contradicts its content")
    target = info.makeColorType(skia.kBGRA_8888_ColorType)
    result = codec.getPixels(target, bytearray(target.minRowBytes() * height), target.minRowBytes())
    if result == skia.Codec.kIncompleteInput:
        raise truncated()
    if result != skia.Codec.kSuccess:
        raise damaged("it cannot be decoded")
    if codec.getOrigin() in {
        skia.kLeftTop_EncodedOrigin,
        skia.kRightTop_EncodedOrigin,
        skia.kRightBottom_EncodedOrigin,
        skia.kLeftBottom_EncodedOrigin,
    }:
        width, height = height, width
    return {"kind": "image", "content_type": form, "width": width, "height": height, "codec": codec_name}


def _check_pixels(width: int, height: int, most: int, limits: Limits) -> None:
    if width <= 0 or height <= 0:
        raise damaged("it has no size")
    if width * height > most or max(width, height) > limits.max_side:
        raise RejectedMedia(
            "pixel_flood", f"{width} x {height} pixels are too many: up to {most / 1e6:.0f} million are allowed."
        )


def _walk(data: Data, form: str) -> str:
    """Check the container from end to end; the brand or document type where there is one."""
    try:
        if form == "iso":
            brand = containers.mp4(data)
        elif form == "webm":
            brand = containers.webm(data)
            if brand != "webm":
                raise RejectedMedia("unknown_type", "Matroska is not accepted. Upload MP4 or WebM.")
        else:
            {"ogg": containers.ogg, "wav": containers.wav, "mp3": containers.mp3}[form](data)
            brand = form
    except (IndexError, struct.error):  # a header reaches over the end
        raise truncated() from None
    reject_foreign(data, everywhere=False)
    return brand


def _media(path: Path, form: str, brand: str, limits: Limits) -> dict[str, Any]:
    options = {"max_pixels": str(limits.max_video_pixels)}
    with _decoding(limits):
        container = av.open(str(path), format=_DEMUXERS[form], options=options, timeout=limits.decode_seconds)
    with container, _decoding(limits):
        streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
        picture = streams[0] if streams else None
        if picture is None and not container.streams.audio:
            raise RejectedMedia("no_streams", "The file holds neither picture nor sound.")
        if picture is not None:
            _check_pixels(picture.width, picture.height, limits.max_video_pixels, limits)
        duration = _duration(container, limits)
        facts = _decoded(container, picture, duration, limits)
    kind = "video" if picture is not None else "audio"
    video_type = "video/quicktime" if brand == "qt  " else "video/mp4"
    types = {"iso": video_type if picture else "audio/mp4", "webm": f"{kind}/webm", "ogg": f"{kind}/ogg"}
    content_type = types.get(form, {"wav": "audio/wav", "mp3": "audio/mpeg"}.get(form, ""))
    if content_type == "video/ogg":
        raise RejectedMedia("unknown_type", "Ogg video is not accepted. Upload MP4 or WebM.")
    return {"kind": kind, "content_type": content_type, "duration": duration, **facts}


@contextmanager
def _decoding(limits: Limits) -> Iterator[None]:
    """Complaints of ffmpeg in the words of a person."""
    try:
        yield
    except av.error.ExitError:
        raise RejectedMedia("too_complex", f"It takes longer than {limits.decode_seconds:.0f} s to look at.") from None
    except (av.error.FFmpegError, StopIteration) as error:
        raise damaged(f"it cannot be decoded ({error})") from error


def _duration(container: InputContainer, limits: Limits) -> float:
    """Seconds, from the packets that are really there: a header may promise more, or nothing."""
    deadline = time.monotonic() + limits.decode_seconds
    announced = (container.duration or 0) / av.time_base
    if announced > limits.max_seconds:
        _too_long(announced, limits)
    end = 0.0
    for count, (packet, end) in enumerate(read_through(container)):
        if packet.is_corrupt:
            raise truncated()
        if end > limits.max_seconds:
            _too_long(end, limits)
        if count % 256 == 0 and time.monotonic() > deadline:
            raise RejectedMedia("too_complex", f"It takes longer than {limits.decode_seconds:.0f} s to look at.")
    if announced > end + max(1.0, 0.05 * announced):
        raise truncated()
    return round(announced or end, 6)


def _too_long(seconds: float, limits: Limits) -> None:
    raise RejectedMedia("too_long", f"It lasts {seconds:.0f} s; up to {limits.max_seconds:.0f} s are allowed.")


def _decoded(container: InputContainer, picture: VideoStream | None, duration: float, limits: Limits) -> dict[str, Any]:
    """Decode at the start, in the middle and near the end; what the decoded frames say counts."""
    facts: dict[str, Any] = {"has_audio": bool(container.streams.audio)}
    stream = picture if picture is not None else container.streams.audio[0]
    stream.codec_context.options = {"max_pixels": str(limits.max_video_pixels)}
    seen = 0
    deadline = time.monotonic() + limits.decode_seconds
    for place in _PLACES:
        container.seek(round(place * duration * av.time_base) + (container.start_time or 0))
        for count, frame in enumerate(container.decode(stream), start=1):
            if isinstance(frame, av.VideoFrame):
                _check_pixels(frame.width, frame.height, limits.max_video_pixels, limits)
                turned = abs(frame.rotation) % 180 == 90
                upright = (frame.height, frame.width) if turned else (frame.width, frame.height)
                facts.setdefault("width", upright[0])
                facts.setdefault("height", upright[1])
            seen += 1
            if count == _DECODED_FRAMES or time.monotonic() > deadline:
                break
    if not seen:
        raise damaged("not one frame can be decoded")
    if picture is not None:
        rate = Fraction(str(picture.average_rate)) if picture.average_rate else Fraction(0)
        if not 0 < rate <= limits.max_fps:
            raise damaged(f"{float(rate):.0f} frames per second make no sense")
        facts["fps"] = round(float(rate), 3)
    return {**facts, "codec": stream.codec_context.name}
