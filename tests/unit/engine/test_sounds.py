"""Every encoding of sound: as long as the picture, at its time, and found out when it is another one."""

import itertools
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.resampler import AudioResampler
from tests.unit.engine import media

from flatrender.composition.outputs import SOUND_SUFFIX, FormatName, SoundCodec
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.engine.assemble import assemble
from flatrender.engine.audio import render_audio
from flatrender.engine.outputs.boxes import pieces
from flatrender.engine.outputs.finish import finish
from flatrender.engine.render import encode_frames
from flatrender.engine.reports import AudioReport, Expected
from flatrender.engine.verify import verify

SECONDS = 6
BEEPS = [0.5, 2.25, 5.5]


def settings(sound: SoundCodec, **given: Any) -> Profile:
    return Profile(width=64, height=36, fps=24, audio_codec=sound, audio_bitrate=160_000, **given)


def mixed(folder: Path, profile: Profile) -> tuple[Path, AudioReport]:
    media.beeps(folder / "beeps.wav", SECONDS, BEEPS)
    film = Composition.model_validate(
        {
            "canvas": {"width": 64, "height": 36, "fps": 24},
            "scenes": [{"duration": float(SECONDS)}],
            "audio": [{"asset": media.BEEP}],
        }
    )
    out = folder / f"sound.{SOUND_SUFFIX[profile.audio_codec or 'aac']}"
    report = render_audio(film, {media.BEEP: folder / "beeps.wav"}, out, settings=profile)
    assert report is not None
    return out, report


def heard(path: Path) -> np.ndarray:
    resampler = AudioResampler(format="fltp")
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


@pytest.mark.parametrize("codec", ["aac", "opus", "mp3", "pcm"])
def test_every_beep_is_at_its_time(tmp_path: Path, codec: SoundCodec) -> None:
    path, report = mixed(tmp_path, settings(codec))
    samples = heard(path)[0]
    assert report.samples == SECONDS * media.RATE
    assert len(samples) == report.samples
    for beep in BEEPS:
        begin = round(beep * media.RATE)
        around = np.abs(samples[begin - 480 : begin + 480])
        assert abs(int(np.argmax(around)) - 480) <= 12


def test_sound_for_a_stream_comes_in_pieces_that_follow_each_other(tmp_path: Path) -> None:
    path, report = mixed(tmp_path, settings("aac", streaming=True))
    assert report.pieces is not None
    assert report.pieces == pieces(path)
    header, scale, fragments = report.pieces
    assert (scale, len(fragments)) == (media.RATE, 2)
    assert fragments[0].offset == header
    for one, other in itertools.pairwise(fragments):
        assert one.offset + one.size == other.offset
        assert one.time < other.time
    assert fragments[-1].offset + fragments[-1].size == path.stat().st_size


@pytest.mark.parametrize(
    ("form", "codec", "streaming"),
    [("mp4", "aac", False), ("mp4", "aac", True), ("webm", "opus", False), ("mov", "pcm", False)],
)
def test_videos_are_in_time_with_their_sound(
    tmp_path: Path, form: FormatName, codec: SoundCodec, streaming: bool
) -> None:
    pictures: Any = {"mp4": "h264", "webm": "vp9", "mov": "prores"}[form]
    crf, preset = {"h264": (26, "ultrafast"), "vp9": (40, "8"), "prores": (16, "4444")}[pictures]
    profile = settings(codec, codec=pictures, crf=crf, preset=preset, streaming=streaming)
    sound, report = mixed(tmp_path, profile)
    chunk = tmp_path / "chunk"
    made = encode_frames(media.Panning(64, 36), profile, 0, SECONDS * 24, chunk, lambda _: None)
    out, expected = tmp_path / f"video.{form}", Expected.of([made], report, 24, form)
    assemble([chunk], sound, out, form)
    assert verify(out, expected) == []
    samples = heard(out)[0]
    assert abs(int(np.argmax(np.abs(samples[: media.RATE]))) - media.RATE // 2) <= 12
    assemble([chunk], None, out, form)
    assert {fault.code for fault in verify(out, expected)} == {"missing_sound"}
    other, _ = mixed(tmp_path, profile.model_copy(update={"audio_bitrate": 96_000}))
    shifted = np.roll(np.stack([heard(other)[0]] * 2), 24_000, axis=1)
    if form == "mp4":
        assemble([chunk], media.write_aac(tmp_path / "late.m4a", shifted), out, form)
        assert {fault.code for fault in verify(out, expected)} & {"wrong_sound", "out_of_sync"}


@pytest.mark.parametrize(("form", "codec"), [("m4a", "aac"), ("mp3", "mp3")])
def test_sound_alone_is_held_to_what_was_mixed(tmp_path: Path, form: FormatName, codec: SoundCodec) -> None:
    sound, report = mixed(tmp_path, settings(codec))
    expected = Expected(frames=SECONDS * 24, width=64, height=36, fps_numerator=24, audio=report, form=form)
    out = tmp_path / f"out.{form}"
    finish(form, "standard", [], sound, out)
    assert verify(out, expected) == []
    data = out.read_bytes()
    out.write_bytes(data[: len(data) // 2])
    assert verify(out, expected)
    finish(form, "standard", [], tmp_path / "beeps.wav", out)
    assert verify(out, expected)
