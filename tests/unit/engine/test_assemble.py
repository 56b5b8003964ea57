from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from tests.unit.engine import media

from flatrender.engine.assemble import assemble
from flatrender.engine.faults import AssemblyFailed

WITH_B_FRAMES = media.Settings(preset="veryfast")


def test_decoded_frames_are_those_of_the_chunks_and_time_is_exact(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [70, 1, 2, 47], WITH_B_FRAMES)
    silence = media.write_aac(tmp_path / "sound.m4a", np.zeros((2, 4 * media.RATE)))
    out = tmp_path / "out.mp4"
    assemble(paths, silence, out)
    before = [frame for path in paths for frame in media.pictures(path)]
    after = media.pictures(out)
    assert len(after) == 120
    assert all((one == other).all() for one, other in zip(before, after, strict=True))
    with av.open(str(out)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert picture.start_time == sound.start_time == 0
        assert picture.duration * picture.time_base == 4
        assert sound.duration * sound.time_base == 4
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert times == pytest.approx([number / 30 for number in range(120)], abs=1e-6)


def test_a_chunk_need_only_be_there_while_it_is_read(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [30, 20, 10], WITH_B_FRAMES)
    silence = media.write_aac(tmp_path / "sound.m4a", np.zeros((2, 2 * media.RATE)))
    assemble(paths, silence, tmp_path / "whole.mp4")
    for path in paths:
        path.rename(path.with_suffix(".later"))

    def coming() -> Iterator[Path]:
        for path in paths:
            path.with_suffix(".later").rename(path)
            yield path
            path.unlink()

    assemble(coming(), silence, tmp_path / "out.mp4", counts=[30, 20, 10])

    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_sound_keeps_its_place_and_length(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [30, 30])
    samples = np.zeros((2, 2 * media.RATE))
    for at in (0, 40_000, 90_000):
        samples[:, at : at + 8] = 0.8
    assemble(paths, media.write_aac(tmp_path / "s.m4a", samples), tmp_path / "out.mp4")
    heard = media.sound(tmp_path / "out.mp4")
    assert heard.shape == samples.shape
    for at in (40_000, 90_000):
        around = np.abs(heard[0, at - 500 : at + 500])
        assert abs(int(around.argmax()) - 500) <= 8


def test_the_index_comes_first(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [10])
    assemble(paths, None, tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_sound_and_picture_are_interleaved(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [60, 60])
    silence = media.write_aac(tmp_path / "s.m4a", np.random.default_rng(1).normal(0, 0.1, (2, 4 * media.RATE)))
    assemble(paths, silence, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        packets = [packet for packet in container.demux() if packet.dts is not None]
    times = [float(packet.dts * packet.time_base) for packet in sorted(packets, key=lambda packet: packet.pos)]
    assert max(earlier - later for earlier, later in pairwise(times)) < 0.6


def test_chunks_of_another_size_or_preset_are_refused(tmp_path: Path) -> None:
    first, _ = media.chunks(tmp_path, [5])
    (tmp_path / "b").mkdir()
    other, _ = media.chunks(tmp_path / "b", [5], media.Settings(width=128))
    with pytest.raises(AssemblyFailed, match="other settings"):
        assemble([*first, *other], None, tmp_path / "out.mp4")
    other, _ = media.chunks(tmp_path / "b", [5], WITH_B_FRAMES)
    with pytest.raises(AssemblyFailed, match="other settings"):
        assemble([*first, *other], None, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_chunk_is_refused(tmp_path: Path, keep: float) -> None:
    paths, _ = media.chunks(tmp_path, [30, 30])
    assemble([paths[1]], None, tmp_path / "fast.mp4")  # index first, so that the cut takes frames only
    data = (tmp_path / "fast.mp4").read_bytes()
    paths[1].write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(AssemblyFailed):
        assemble(paths, None, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_missing_parts_are_named(tmp_path: Path) -> None:
    paths, _ = media.chunks(tmp_path, [5])
    with pytest.raises(AssemblyFailed):
        assemble([], None, tmp_path / "out.mp4")
    with pytest.raises(AssemblyFailed):
        assemble([*paths, tmp_path / "gone.mp4"], None, tmp_path / "out.mp4")
    with pytest.raises(AssemblyFailed, match="no sound"):
        assemble(paths, paths[0], tmp_path / "out.mp4")
