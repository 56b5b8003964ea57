import contextlib
import hashlib
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
import skia
from tests.unit.engine import uploads

from flatrender.engine.probe import Limits, RejectedMedia, probe

TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
}
MADE: dict[str, bytes] = {}


def made(name: str) -> bytes:
    return MADE.setdefault(name, getattr(uploads, name)())


def rejected(tmp_path: Path, data: bytes, declared: str, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedMedia) as caught:
        probe(uploads.written(tmp_path, data), declared, limits)
    assert caught.value.details == {"reason": caught.value.reason}
    assert caught.value.text.endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif"])
def test_pictures_are_accepted(tmp_path: Path, name: str) -> None:
    info = probe(uploads.written(tmp_path, made(name)), TYPES[name])
    assert (info.kind, info.content_type, info.width, info.height) == ("image", TYPES[name], 64, 48)
    assert (info.duration, info.fps, info.has_audio) == (None, None, False)
    assert info.size_bytes == len(made(name))
    assert info.sha256 == hashlib.sha256(made(name)).hexdigest()


@pytest.mark.parametrize(
    ("name", "seconds", "codec"), [("mp4", 2, "h264"), ("mov", 1, "h264"), ("webm", 1, "libvpx-vp9")]
)
def test_videos_are_accepted(tmp_path: Path, name: str, seconds: float, codec: str) -> None:
    info = probe(uploads.written(tmp_path, made(name)), TYPES[name])
    assert (info.kind, info.content_type, info.width, info.height) == ("video", TYPES[name], 64, 48)
    assert info.duration == pytest.approx(seconds, abs=0.05)
    assert info.fps == pytest.approx(30, abs=0.1)
    assert info.codec in {codec, "vp9"}
    assert not info.has_audio


@pytest.mark.parametrize("name", ["mp3", "m4a", "wav", "ogg"])
def test_sounds_are_accepted(tmp_path: Path, name: str) -> None:
    info = probe(uploads.written(tmp_path, made(name)), TYPES[name])
    assert (info.kind, info.content_type, info.width, info.fps) == ("audio", TYPES[name], None, None)
    assert info.duration == pytest.approx(2, abs=0.1)
    assert info.has_audio


@pytest.mark.parametrize(
    ("name", "alias"), [("jpeg", "image/JPG; q=1"), ("mp4", "video/quicktime"), ("wav", "audio/x-wav")]
)
def test_other_names_of_the_same_type_are_accepted(tmp_path: Path, name: str, alias: str) -> None:
    assert probe(uploads.written(tmp_path, made(name)), alias).content_type == TYPES[name]


@pytest.mark.parametrize("name", TYPES)
def test_what_was_declared_must_be_what_it_is(tmp_path: Path, name: str) -> None:
    other = "image/png" if name != "png" else "image/jpeg"
    assert rejected(tmp_path, made(name), other) == "type_mismatch"


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("keep", [0.2, 0.6, 0.97])
def test_truncated_files_are_rejected(tmp_path: Path, name: str, keep: float) -> None:
    data = made(name)
    assert rejected(tmp_path, data[: int(len(data) * keep)], TYPES[name]) in {"truncated", "damaged"}


@pytest.mark.parametrize("name", TYPES)
def test_a_zip_behind_the_end_is_rejected(tmp_path: Path, name: str) -> None:
    assert rejected(tmp_path, made(name) + uploads.zip_file(), TYPES[name]) == "polyglot"


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("tail", [b"<?php system($_GET[0]);", b"<script>alert(1)</script>", b"\x01\x02\x03\x04" * 9])
def test_anything_behind_the_end_is_rejected(tmp_path: Path, name: str, tail: bytes) -> None:
    assert rejected(tmp_path, made(name) + tail, TYPES[name]) == "polyglot"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("body", [b"<?php eval($_POST[1]); ?>", b"<ScRiPt src=//x>", b"<!DOCTYPE html><html>"])
def test_markup_inside_headers_is_rejected(tmp_path: Path, body: bytes) -> None:
    png, jpeg, gif = made("png"), made("jpeg"), made("gif")
    assert rejected(tmp_path, png[:33] + png_chunk(b"tEXt", b"k\0" + body) + png[33:], "image/png") == "polyglot"
    comment = b"\xff\xfe" + struct.pack(">H", len(body) + 2) + body
    assert rejected(tmp_path, jpeg[:2] + comment + jpeg[2:], "image/jpeg") == "polyglot"
    extension = b"\x21\xfe" + bytes([len(body)]) + body + b"\0"
    assert rejected(tmp_path, gif[:-1] + extension + b";", "image/gif") == "polyglot"


def test_a_zip_inside_a_chunk_is_rejected(tmp_path: Path) -> None:
    png = made("png")
    hidden = png[:-12] + png_chunk(b"prVt", uploads.zip_file()) + png[-12:]
    assert rejected(tmp_path, hidden, "image/png") == "polyglot"


def test_pictures_that_are_scripts_are_rejected(tmp_path: Path) -> None:
    gif = made("gif")
    assert rejected(tmp_path, gif[:6] + b"/*" + gif[8:] + b"*/=1;alert(1)//", "image/gif") == "polyglot"
    jpeg = b"\xff\xd8\xff\xe0/*" + b"\0" * 0x2F28 + made("jpeg")[2:]
    assert rejected(tmp_path, jpeg, "image/jpeg") == "polyglot"


def test_harmless_text_and_pictures_of_phones_pass(tmp_path: Path) -> None:
    png, jpeg = made("png"), made("jpeg")
    text = png[:33] + png_chunk(b"tEXt", b"Comment\0Dawn, 5 < 6 & <b>") + png[33:]
    assert probe(uploads.written(tmp_path, text), "image/png").width == 64
    gain_map = b"\xff\xe2" + struct.pack(">H", 8) + b"MPF\0\0\0"
    assert probe(uploads.written(tmp_path, jpeg[:2] + gain_map + jpeg[2:] + jpeg), "image/jpeg").width == 64
    assert rejected(tmp_path, jpeg + jpeg, "image/jpeg") == "polyglot"


def huge_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(1 << 20), 9)
    return made("png")[:8] + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(30_000, 30_000), (2_000_000, 2), (0x7FFFFFFF, 0x7FFFFFFF)])
def test_pixel_floods_are_rejected_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    tracemalloc.start()
    started = time.perf_counter()
    assert rejected(tmp_path, huge_png(*size), "image/png") == "pixel_flood"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - started < 1
    assert peak < 20 << 20


def test_pixel_floods_of_other_kinds(tmp_path: Path) -> None:
    jpeg = bytearray(made("jpeg"))
    start = jpeg.index(b"\xff\xc0")
    jpeg[start + 5 : start + 9] = b"\xff\xff\xff\xff"
    assert rejected(tmp_path, bytes(jpeg), "image/jpeg") == "pixel_flood"
    gif = bytearray(made("gif"))
    gif[6:10] = b"\xff\xff\xff\xff"
    assert rejected(tmp_path, bytes(gif), "image/gif") == "pixel_flood"
    small = Limits(max_video_pixels=64 * 47)
    assert rejected(tmp_path, made("mp4"), "video/mp4", small) in {"pixel_flood", "damaged"}
    animation = Limits(max_animation_pixels=64 * 48 * 2)
    assert rejected(tmp_path, made("gif"), "image/gif", animation) == "pixel_flood"


def test_limits_of_size_and_time(tmp_path: Path) -> None:
    assert rejected(tmp_path, made("png"), "image/png", Limits(max_bytes=100)) == "too_large"
    assert rejected(tmp_path, made("png"), "image/png", Limits(max_image_bytes=100)) == "too_large"
    for name in ("mp4", "mp3", "wav"):
        assert rejected(tmp_path, made(name), TYPES[name], Limits(max_seconds=1.0)) == "too_long"


def test_what_is_none_of_these_is_refused(tmp_path: Path) -> None:
    assert rejected(tmp_path, b"", "image/png") == "empty"
    assert rejected(tmp_path, b"MZ" + bytes(500), "image/png") == "unknown_type"
    assert rejected(tmp_path, uploads.zip_file(), "image/png") == "unknown_type"
    assert rejected(tmp_path, b"<html></html>", "image/png") == "unknown_type"
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    assert rejected(tmp_path, svg, "image/svg+xml") == "svg_script"
    assert rejected(tmp_path, uploads.matroska(), "video/webm") == "unknown_type"
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    assert rejected(tmp_path, playlist, "video/mp4") == "unknown_type"


def test_damage_inside_a_picture_is_found(tmp_path: Path) -> None:
    png = bytearray(made("png"))
    png[len(png) // 2] ^= 0xFF
    assert rejected(tmp_path, bytes(png), "image/png") == "damaged"
    header_only = png[:33] + png_chunk(b"IEND", b"")
    assert rejected(tmp_path, bytes(header_only), "image/png") == "damaged"
    data = bytearray(made("mp4"))
    start = data.index(b"mdat") + 4
    length = struct.unpack_from(">I", data, start - 8)[0] - 8
    data[start : start + length] = bytes(length)
    assert rejected(tmp_path, bytes(data), "video/mp4") == "damaged"


def test_turned_photos_have_their_upright_size(tmp_path: Path) -> None:
    orientation = struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 0x0112, 3, 1, 6) + bytes(4)
    exif = b"Exif\0\0" + orientation
    jpeg = made("jpeg")
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
    info = probe(uploads.written(tmp_path, turned), "image/jpeg")
    assert (info.width, info.height) == (48, 64)


def test_random_damage_never_escapes_as_another_error(tmp_path: Path) -> None:
    """Whatever comes in, the answer is MediaInfo or RejectedMedia."""
    import random

    chance = random.Random(11)
    for name, declared in TYPES.items():
        original = made(name)
        for _ in range(12):
            data = bytearray(original)
            for _ in range(chance.choice([1, 3, 30])):
                data[
                    chance.randrange(min(len(data), 400)) if chance.random() < 0.5 else chance.randrange(len(data))
                ] = chance.randrange(256)
            with contextlib.suppress(RejectedMedia):
                assert probe(uploads.written(tmp_path, bytes(data)), declared).size_bytes == len(data)


def test_skia_can_decode_what_probe_accepts(tmp_path: Path) -> None:
    for name in ("png", "jpeg", "webp", "gif"):
        assert skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(made(name))) is not None
