"""Given the same frames and settings, when they are encoded on a machine in another mood, then the bytes are the same.

What an encoder or a container takes from memory that nobody wrote, or from chance, would differ: glibc fills that
memory with another value in each run.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import hashlib, sys
from pathlib import Path
from flatrender.composition.profiles import RATE
from flatrender.composition.schemas import Composition
from flatrender.composition.profiles import profile
from flatrender.engine.render import render_chunk
from tests.support.renders import composition

out = Path(sys.argv[1])
for codec, output in (("h264", "mp4"), ("hevc", "mp4"), ("av1", "mp4"), ("vp9", "webm"), ("prores", "mov")):
    document = composition()
    made = Composition.model_validate(document)
    how = profile(made, "source", "standard", output=output, codec=codec)
    for first in (0, 12):
        render_chunk(made, {}, how, first, 12, out, lambda _: None, threads=1)
        print(codec, first, hashlib.sha256(out.read_bytes()).hexdigest())
"""


def encoded(folder: Path, fill: str) -> list[str]:
    environment = {"PYTHONPATH": f"{ROOT / 'layers/core/python'}:{ROOT}", "FONTS_DIR": str(ROOT / "layers/fonts")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / f"chunk-{fill}")],
        check=True, capture_output=True, text=True,
        env={**os.environ, **environment, "MALLOC_PERTURB_": fill},
    )  # fmt: skip
    return done.stdout.splitlines()


def test_chunks_have_the_same_bytes_whatever_memory_held_before(tmp_path: Path) -> None:
    first = encoded(tmp_path, "1")
    assert len(first) == 10
    assert encoded(tmp_path, "170") == first
