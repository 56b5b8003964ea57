"""Memory must follow the size of the frame, never the length of the video."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.engine import media

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from pathlib import Path
from flatrender.engine.assemble import assemble
from flatrender.engine.render import encode_frames
from flatrender.engine.reports import Expected
from flatrender.engine.verify import verify
from tests.support.memory import peak_megabytes
from tests.unit.engine import media

folder, settings = Path(sys.argv[1]), media.Settings(width=320, height=180)
source = media.Panning(320, 180)

def run(frames):
    report = encode_frames(source, settings, 0, frames, folder / "c.mp4", lambda _: None, threads=1)
    assemble([folder / "c.mp4"], None, folder / "v.mp4")
    assert verify(folder / "v.mp4", Expected.of([report], None, 30)) == []
    return peak_megabytes()

run(60)
print(run(120), run(1800))
"""


def peaks(script: str, folder: Path) -> tuple[float, float]:
    """Peak memory in MB of a process of its own, after something short and after something long."""
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT / 'layers/core/python'}:{ROOT}"},
    )
    if run.returncode:
        pytest.fail(run.stderr)
    short, long = (float(word) for word in run.stdout.split())
    return short, long


def test_peak_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Fifteen times the frames (1,680 more, 96 MB as 4:2:0) may cost a few MB of bookkeeping."""
    short, long = peaks(SCRIPT, tmp_path)
    assert long - short < 20


SOUND = """
import sys
from pathlib import Path
from flatrender.composition.schemas import Composition
from flatrender.engine.audio import render_audio
from tests.support.memory import peak_megabytes
from tests.unit.engine import media

folder = Path(sys.argv[1])
files = {media.TONE: folder / "tone.wav", media.BEEP: folder / "words.wav"}

def run(seconds):
    render_audio(Composition.model_validate({
        "canvas": {"width": 64, "height": 64, "fps": 30},
        "scenes": [{"duration": seconds}],
        "audio": [
            {"asset": media.TONE, "role": "music", "duck": {}},
            {"asset": media.BEEP, "role": "speech", "start": 2},
        ],
        "loudness": {"target": "podcast"},
    }), files, folder / "out.m4a")
    return peak_megabytes()

print(run(15), run(195))
"""


def test_peak_memory_of_sound_does_not_grow_with_length(tmp_path: Path) -> None:
    """Three minutes more (69 MB of samples), ducked and brought to a loudness."""
    media.tone(tmp_path / "tone.wav", 195.0)
    media.tone(tmp_path / "words.wav", 1.0)
    short, long = peaks(SOUND, tmp_path)
    assert long - short < 15
