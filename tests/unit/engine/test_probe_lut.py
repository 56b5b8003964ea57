"""Given an uploaded LUT, when it is probed, then it is one, or refused with the reason."""

from pathlib import Path

import pytest

from flatrender.engine.faults import RejectedMedia
from flatrender.engine.probe import probe

GOOD = b'# Made by hand\r\nTITLE "Calm"\r\n\r\nLUT_3D_SIZE 2\r\n' + b"0.1 0.2 0.3\r\n" * 8


def upload(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("declared", ["application/x-cube-lut", "application/x-cube-lut; charset=utf-8"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_lut_is_known_by_what_it_says(tmp_path: Path, declared: str, mark: bytes) -> None:
    info = probe(upload(tmp_path, mark + GOOD), declared)
    assert (info.kind, info.content_type, info.codec) == ("lut", "application/x-cube-lut", "cube")


@pytest.mark.parametrize(
    ("data", "declared", "reason", "words"),
    [
        (GOOD, "image/png", "type_mismatch", "it is application/x-cube-lut"),
        (GOOD[:-13], "application/x-cube-lut", "damaged", "7 entries instead of 8"),
        (b"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "application/x-cube-lut", "damaged", "one dimension"),
        (GOOD + b"# <script>alert(1)</script>\n", "application/x-cube-lut", "polyglot", "script"),
        (GOOD + b"#" + b" " * 16_500_000, "application/x-cube-lut", "too_large", "16 MB"),
        (b"0.1 0.2 0.3\n" * 8, "application/x-cube-lut", "unknown_type", ""),
    ],
)
def test_what_is_no_lut_is_refused(tmp_path: Path, data: bytes, declared: str, reason: str, words: str) -> None:
    with pytest.raises(RejectedMedia) as refused:
        probe(upload(tmp_path, data), declared)
    assert refused.value.reason == reason
    assert words in str(refused.value)
