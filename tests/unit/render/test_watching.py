"""How players fetch a soundtrack: the pieces that its playlist names, and how long each of them lasts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine import media

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.engine.audio import render_audio
from flatrender.engine.outputs.boxes import Piece, Pieces
from flatrender.engine.reports import AudioReport
from flatrender.render import watching

SONG = "00000000-0000-4000-8000-0000000000c1"
HEADER = 764


def encoded(folder: Path, seconds: float, fps: int) -> AudioReport:
    at = np.arange(2 * media.RATE) / media.RATE
    media.write_wav(folder / "song.wav", np.stack([np.sin(at * 1382), np.sin(at * 1382)]) * 0.3)
    document = {
        "canvas": {"width": 320, "height": 180, "fps": fps},
        "scenes": [{"duration": seconds}],
        "audio": [{"asset": SONG, "loop": True}],
    }
    profile = Profile(width=320, height=180, fps=fps, streaming=True)
    sounds = {SONG: folder / "song.wav"}
    report = render_audio(Composition.model_validate(document), sounds, folder / "out.mp4", settings=profile)
    assert report is not None
    return report


def reported(duration: float, *fragments: Piece) -> AudioReport:
    pieces = Pieces(HEADER, media.RATE, list(fragments))
    size = fragments[-1].offset + fragments[-1].size
    return AudioReport(
        samples=round(duration * media.RATE),
        sample_rate=media.RATE,
        channels=2,
        duration=duration,
        peak=0.5,
        size_bytes=size,
        levels=[],
        pieces=pieces,
    )


def pieces_of(report: AudioReport) -> list[Any]:
    stream = watching.of_sound(report)
    assert stream is not None
    pieces: list[Any] = stream["pieces"]
    return pieces


@pytest.mark.parametrize(("seconds", "fps", "count"), [(4.0, 30, 1), (60.16, 25, 15), (9.0, 30, 3)])
def test_every_piece_of_a_sound_lasts_and_together_they_are_the_file(
    seconds: float, fps: int, count: int, tmp_path: Path
) -> None:
    """The last packet of 4 s begins after their end; that of 60.16 s right at the end."""
    report = encoded(tmp_path, seconds, fps)
    pieces = pieces_of(report)
    assert len(pieces) == count
    assert all(length > watching.PACKET_SECONDS for _, _, length in pieces)
    assert sum(length for _, _, length in pieces) == pytest.approx(seconds, abs=1e-5)
    assert report.pieces is not None
    at = report.pieces.header_bytes
    for offset, size, _ in pieces:
        assert offset == at, "no byte is left out and none comes twice"
        at += size
    assert at == report.size_bytes


@pytest.mark.parametrize("length", [-128, 0, 1, 1000])
def test_a_last_piece_shorter_than_a_packet_goes_with_the_one_before(length: int) -> None:
    """-128 samples are what is left of 377 s. One sample is no error to a player, but 200 Mbit/s by its size."""
    starts = (0, 192_512, 385_024)
    fragments = [Piece(HEADER + 80_000 * place, 80_000, start) for place, start in enumerate(starts[:2])]
    report = reported((starts[2] + length) / media.RATE, *fragments, Piece(HEADER + 160_000, 551, starts[2]))
    first, last = pieces_of(report)
    assert first == [HEADER, 80_000, 4.010667]
    assert last == [HEADER + 80_000, 80_551, pytest.approx((192_512 + length) / media.RATE, abs=2e-6)]


def test_a_sound_of_a_single_piece_stays_one_however_short() -> None:
    assert pieces_of(reported(0.01, Piece(HEADER, 600, 0))) == [[HEADER, 600, 0.01]]


def test_a_longer_last_piece_stays_a_piece() -> None:
    report = reported(4.5, Piece(HEADER, 80_000, 0), Piece(HEADER + 80_000, 9_000, 192_512))
    assert pieces_of(report) == [[HEADER, 80_000, 4.010667], [HEADER + 80_000, 9_000, 0.489333]]


def test_a_record_of_a_piece_without_length_is_read_as_if_it_were_joined() -> None:
    """Records are kept for weeks: what says so already must not make players fail any longer."""
    stored = {"header": HEADER, "codec": watching.SOUND, "pieces": [[764, 80803, 4.010667], [81567, 549, -0.010667]]}
    assert watching._segments(stored).pieces == [watching.Piece(764, 81352, 4.0)]
