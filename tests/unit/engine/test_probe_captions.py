"""Given an uploaded captions file, when it is probed, then it is what it was announced as, or refused with the line."""

from pathlib import Path

import pytest

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
