"""One render in a process of its own: `python -m tests.bench.engine.growth_child WIDTH HEIGHT SECONDS`.

Prints its CPU seconds, of drawing and encoding alone, and its peak memory in MB.
"""

import copy
import sys
import tempfile
import time
from math import ceil
from pathlib import Path
from typing import Final

from tests.bench.engine import scene
from tests.support.memory import peak_megabytes

from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.engine.render import render_chunk

SCENE_SECONDS: Final = 10.8
"""Long enough for ten minutes of them to be within what a document may hold."""


def main(width: int, height: int, seconds: int) -> None:
    document = copy.deepcopy(scene.DOCUMENT)
    document["audio"] = []
    pair = [part | {"duration": SCENE_SECONDS} for part in document["scenes"]]
    document["scenes"] = [copy.deepcopy(pair[number % 2]) for number in range(ceil(seconds / (SCENE_SECONDS - 1)))]
    composition = Composition.model_validate(document)
    settings = profile(composition).model_copy(update={"width": width, "height": height})
    assets = dict(zip(scene.IDS, scene.PHOTOS, strict=False))
    with tempfile.TemporaryDirectory() as name:
        started = time.process_time()
        render_chunk(
            composition,
            assets,
            settings,
            0,
            seconds * settings.fps,
            Path(name) / "out.mp4",
            lambda _: None,
            threads=1,
            fonts_dir=scene.FONTS,
        )
        print(time.process_time() - started, peak_megabytes())


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
