"""Given a volume that is a formula, when the sound is mixed, then it is as loud as the formula says at each moment."""

from pathlib import Path

import pytest
from tests.unit.engine import media
from tests.unit.engine.test_audio import TONE_LEVEL, composition, level, mix


def test_a_track_follows_its_formula(tmp_path: Path) -> None:
    tone = {media.TONE: media.tone(tmp_path / "tone.wav", 3.0)}
    formula = {"expr": "if(time < duration / 2, time, input.low)", "inputs": {"low": 0.25}}
    _, heard = mix(tmp_path, composition(3.0, [{"asset": media.TONE, "start": 1.0, "volume": formula}]), tone)
    assert level(heard, 0.0, 0.95) < 0.01
    assert level(heard, 1.45, 1.55) == pytest.approx(TONE_LEVEL * 0.5, rel=0.1)
    assert level(heard, 1.85, 1.95) == pytest.approx(TONE_LEVEL * 0.9, rel=0.1)
    assert level(heard, 2.1, 2.9) == pytest.approx(TONE_LEVEL * 0.25, rel=0.1)


def test_a_moment_of_sound_in_a_long_silence_is_heard(tmp_path: Path) -> None:
    tone = {media.TONE: media.tone(tmp_path / "tone.wav", 2.0)}
    blip = {"asset": media.TONE, "loop": True, "volume": {"expr": "if(abs(time - 30.1) < 0.05, 1, 0)"}}
    _, heard = mix(tmp_path, composition(60.0, [blip]), tone)
    assert level(heard, 30.08, 30.12) > 0.8 * TONE_LEVEL
    assert level(heard, 29.0, 29.9) < 0.01
    assert level(heard, 30.3, 40.0) < 0.01


def test_a_video_follows_its_formula_wherever_it_lies(tmp_path: Path) -> None:
    clip = media.tone(tmp_path / "tone.wav", 3.0)
    talk = {"type": "video", "asset": media.TONE, "start": 1.0, "volume": {"expr": "width / 64 * progress"}}
    group = {"type": "group", "box": [0.0, 0.0, 32.0, 32.0], "layers": [talk]}
    _, heard = mix(tmp_path, composition(3.0, layers=[group]), {media.TONE: clip})
    assert level(heard, 1.95, 2.05) == pytest.approx(TONE_LEVEL * 0.25, rel=0.1)
    assert level(heard, 2.8, 2.9) == pytest.approx(TONE_LEVEL * 0.46, rel=0.1)
