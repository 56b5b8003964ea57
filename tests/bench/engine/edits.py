"""What a render costs after one text was changed: only the chunks that show it are drawn anew."""

import copy
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.engine import scene
from tests.bench.report import Line, Section

from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import ChunkSpec, plan
from flatrender.composition.profiles import Profile, profile
from flatrender.composition.schemas import Composition
from flatrender.engine.render import render_chunk
from flatrender.render.sizing import size

SCENES: Final = 12
SECONDS: Final = 5.0
TARGET: Final = 0.25
"""Of the whole render's time, and of its price."""


def measure() -> Section:
    """A minute of twelve scenes, each with a photo and a title; the title of the seventh is changed."""
    before, after = _document("Spring in the valley"), _document("Summer in the valley")
    assets = dict(zip(scene.IDS, scene.PHOTOS, strict=False))
    infos = {name: AssetInfo(id=name, kind="image", sha256=name, width=1920, height=1080) for name in assets}
    settings = profile(before, "360p")
    old, new = plan(before, settings, infos), plan(after, settings, infos)
    known = {chunk.key for chunk in old}
    whole = _seconds(before, settings, assets, old)
    again = _seconds(after, settings, assets, [chunk for chunk in new if chunk.key not in known])
    billed, all_of_it = size(new, known, settings).billable_seconds, size(old, (), settings).billable_seconds
    return Section(
        "A minute of video, 360p30, after one of its twelve titles was changed",
        [
            Line("drawing and encoding what is not in the cache", again, "s", whole, TARGET, of_ratio=True),
            Line("seconds billed", billed, "s", all_of_it, TARGET, of_ratio=True),
        ],
    )


def _document(changed: str) -> Composition:
    document = copy.deepcopy(scene.DOCUMENT)
    document["audio"], document["overlays"] = [], []
    document["scenes"] = [
        _scene(number, changed if number == SCENES // 2 else f"Day {number}") for number in range(SCENES)
    ]
    return Composition.model_validate(document)


def _scene(number: int, title: str) -> dict[str, Any]:
    photo, text = copy.deepcopy(scene.DOCUMENT["scenes"][number % 2]["layers"][0]), copy.deepcopy(scene.TITLE)
    text["runs"] = [{"text": title}]
    return {"duration": SECONDS, "layers": [photo, text]}


def _seconds(composition: Composition, settings: Profile, assets: Mapping[str, Path], chunks: list[ChunkSpec]) -> float:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        for chunk in chunks:
            render_chunk(
                composition,
                assets,
                settings,
                chunk.first_frame,
                chunk.frame_count,
                Path(name) / "chunk.mp4",
                lambda _: None,
                fonts_dir=scene.FONTS,
            )
    return time.perf_counter() - started
