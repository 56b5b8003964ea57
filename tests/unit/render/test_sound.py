"""Given a soundtrack to mix, when it takes long, then the worker shows that it moves, and stops when it is unwanted."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from tests.unit.engine import media

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.render import worker
from flatrender.render.errors import JobEnded
from flatrender.render.order import WorkOrder
from flatrender.render.pulse import Pulse

PROFILE = Profile(width=320, height=180, fps=30)
SONG = "00000000-0000-4000-8000-0000000000c1"


class Watched:
    """Stands for a pulse: counts its touches, and ends the job at one of them."""

    def __init__(self, ends_at: int | None = None) -> None:
        self.touches, self.allowed = 0, 0.0
        self._ends_at = ends_at

    def touch(self, frames_done: int | None = None) -> None:
        assert frames_done is None
        self.touches += 1
        if self.touches == self._ends_at:
            raise JobEnded

    def allow(self, seconds: float) -> None:
        self.allowed = seconds


def mix(folder: Path, pulse: Watched) -> Any:
    at = np.arange(2 * media.RATE) / media.RATE
    media.write_wav(folder / "song.wav", np.stack([np.sin(at * 1382), np.sin(at * 1382)]) * 0.3)
    document = {
        "canvas": {"width": 320, "height": 180, "fps": 30},
        "scenes": [{"duration": 8.0}],
        "audio": [{"asset": SONG, "loop": True}],
    }
    composition = Composition.model_validate(document)
    order = cast("WorkOrder", SimpleNamespace(composition=composition, profile=PROFILE, infos={}))
    return worker._sound(order, {SONG: folder / "song.wav"}, folder / "out.mp4", cast("Pulse", pulse))


def test_every_half_second_of_sound_is_a_sign_of_life(tmp_path: Path) -> None:
    pulse = Watched()
    report = mix(tmp_path, pulse)
    assert report.samples == 8 * media.RATE
    assert pulse.touches >= 16
    assert pulse.allowed == worker.FIRST_SOUND_SECONDS


def test_a_soundtrack_that_is_not_wanted_any_more_is_put_down(tmp_path: Path) -> None:
    pulse = Watched(ends_at=4)
    with pytest.raises(JobEnded):
        mix(tmp_path, pulse)
    assert pulse.touches == 4
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]
