"""Given an uploaded captions file, when it is probed, then it is what it was announced as, or refused with the line."""

import json
import time
import unicodedata
from pathlib import Path

import pytest

from flatrender.composition.fonts import DEFAULT_FAMILY, shipped
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.probe import probe

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n"
SRT = b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:03,000\r\nHello\r\n"


def upload(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "declared", "found", "codec", "end"),
    [
        (VTT, "text/vtt", "text/vtt", "webvtt", 2.5),
        (VTT, "text/vtt; charset=utf-8", "text/vtt", "webvtt", 2.5),
        (SRT, "application/x-subrip", "application/x-subrip", "subrip", 3.0),
        (SRT, "text/srt", "application/x-subrip", "subrip", 3.0),
    ],
)
def test_captions_are_known_by_what_they_say(  # noqa: PLR0917  one row of the table
    tmp_path: Path, data: bytes, declared: str, found: str, codec: str, end: float
) -> None:
    info = probe(upload(tmp_path, data), declared)
    assert (info.kind, info.content_type, info.codec, info.duration) == ("captions", found, codec, end)
    assert (info.width, info.has_audio, info.size_bytes) == (None, False, len(data))


@pytest.mark.parametrize(
    ("data", "declared", "reason", "words"),
    [
        (VTT, "application/x-subrip", "type_mismatch", "it is text/vtt"),
        (SRT, "image/png", "type_mismatch", "announced as image/png"),
        (b"\x89PNG\r\n\x1a\n" + VTT, "text/vtt", "", ""),
        (b"WEBVTT\n\nno cue here\n", "text/vtt", "damaged", "Line 3"),
        (b"WEBVTT\n\nNOTE nothing\n", "text/vtt", "no_streams", "no cue"),
        (b"plain words", "text/vtt", "unknown_type", "WebVTT or SRT"),
        (VTT + b"x" * 3 * 2**20, "text/vtt", "too_large", "2 MiB"),
        (b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\nx\n\n" * 20_000, "text/vtt", "too_large", "10000 cues"),
        (VTT + "\n00:03.000 --> 00:04.000\nሴ\n".encode(), "text/vtt", "glyph_missing", "ETHIOPIC SYLLABLE SEE, U+1234"),
        (VTT + b"\n00:03.000 --> 00:04.000\n\xff\xd8\xff", "text/vtt", "damaged", "UTF-8"),
    ],
)
def test_what_is_no_captions_is_refused_once(
    tmp_path: Path, data: bytes, declared: str, reason: str, words: str
) -> None:
    with pytest.raises(RejectedMedia) as refused:
        probe(upload(tmp_path, data), declared)
    if reason:
        assert refused.value.reason == reason
        assert words in refused.value.text


def test_what_only_some_fonts_have_is_told_once_with_where_it_is_said(tmp_path: Path) -> None:
    assert probe(upload(tmp_path, VTT), "text/vtt").rare is None
    said = "\n00:03.000 --> 00:04.000\nA bar \u2590\n\n00:05.000 --> 00:06.000\n\u2590\u2592 " + "and more " * 20 + "\n"
    rare = probe(upload(tmp_path, VTT + said.encode()), "text/vtt").rare
    assert rare is not None
    assert [(one.text, one.start) for one in rare] == [("\u2590", 3.0), ("\u2592", 5.0)]
    assert rare[0].cue == "A bar \u2590"
    assert rare[1].cue.startswith("\u2590\u2592 and more")
    assert len(rare[1].cue) == 61
    # Signs of the fallback fonts, emoji and letters with marks among them, are nothing to remember.
    usual = "\n00:03.000 --> 00:04.000\ne\u0301 \u0633\u0644\u0627\u0645 \U0001f389 \u4f60\u597d\n"
    assert probe(upload(tmp_path, VTT + usual.encode()), "text/vtt").rare is None


def test_however_much_a_file_says_little_is_remembered(tmp_path: Path) -> None:
    characters = [c for name in ("JetBrains Mono", "Anton", "Caveat") for c in beyond(name)]
    cues = "".join(
        f"\n{n // 60:02}:{n % 60:02}.000 --> {n // 60:02}:{n % 60:02}.900\n" + "".join(characters) * 3 + "\n"
        for n in range(1500)
    )
    started = time.perf_counter()
    rare = probe(upload(tmp_path, b"WEBVTT\n" + cues.encode()), "text/vtt").rare
    assert time.perf_counter() - started < 10
    assert rare is not None
    assert 90 < len(rare) <= 200
    assert len(json.dumps([one.model_dump() for one in rare])) < 100_000


def beyond(family: str) -> list[str]:
    """What a family has and the fallback fonts have not."""
    table = shipped()
    pages = table.families[family].pages.items()
    every = "".join(chr(page * 256 + bit) for page, bits in pages for bit in range(256) if bits >> bit & 1)
    return [c for c in table.missing(every, DEFAULT_FAMILY) if not unicodedata.combining(c)]
