"""How long one frame of each kind of layer takes to draw, at 1080p, moving and at rest."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.engine import scene
from tests.bench.report import Line, Section

from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.engine.draw import FrameSource

FRAMES: Final = 45
SKIPPED: Final = 5
"""The first frames decode and shrink pictures, shape text; what is asked here is the next frame."""

BOX: Final = [300.0, 200.0, 1200.0, 600.0]
SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    + "".join(f'<circle cx="{x}" cy="{y}" r="4" fill="#e25"/>' for x in range(5, 100, 10) for y in range(5, 100, 10))
    + "</svg>"
)
PHOTO: Final = {"type": "image", "asset": scene.IDS[0], "box": BOX}
TEXT: Final = {
    "type": "text",
    "box": BOX,
    "runs": [{"text": "Winter in the mountains, and nobody there to see it"}],
    "style": {"font": "Vazirmatn", "size": 110},
}
LAYERS: Final[Mapping[str, dict[str, Any]]] = {
    "text": TEXT,
    "text with a shadow": TEXT | {"shadow": {"blur": 16}},
    "image": PHOTO,
    "image, masked": PHOTO | {"mask": {"geometry": {"type": "ellipse"}, "feather": 8}},
    "image, adjusted": PHOTO | {"effects": {"adjust": {"saturation": 0.4}}},
    "image, glowing": PHOTO | {"effects": {"glow": {"radius": 24}}},
    "image, under grain": PHOTO | {"effects": {"grain": {}}},
    "image, blurred": PHOTO | {"blur": 12},
    "shape": {"type": "shape", "box": BOX, "geometry": {"type": "ellipse"}, "fill": "#e25"},
    "gradient": {"type": "gradient", "gradient": scene.BACKDROP},
    "progress": {"type": "progress", "box": [300.0, 500.0, 1200.0, 40.0]},
    "counter": {"type": "counter", "box": BOX, "to_value": 9999, "style": {"size": 200}},
    "captions": {
        "type": "captions",
        "cues": [{"start": 0, "end": 10, "text": "Nobody there to see it"}],
        "highlight": {},
    },
    "waveform": {"type": "waveform", "asset": scene.IDS[2], "box": BOX},
    "svg": {"type": "svg", "asset": "00000000-0000-4000-8000-000000000009", "box": BOX},
    "group of three": {
        "type": "group",
        "layers": [PHOTO, TEXT, {"type": "shape", "box": BOX, "geometry": {"type": "ellipse"}, "fill": "#e2500040"}],
    },
}


def measure() -> Section:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene.make_music(folder)
        drawing = folder / "drawing.svg"
        drawing.write_text(SVG)
        files = (*scene.PHOTOS, folder / "music.wav")
        assets = dict(zip(scene.IDS, files, strict=True)) | {str(LAYERS["svg"]["asset"]): drawing}
        lines = []
        for kind, layer in LAYERS.items():
            moving = _milliseconds(layer | {"transform": _moves()}, assets)
            lines.append(Line(f"{kind}: moving, against at rest", moving, "ms", baseline=_milliseconds(layer, assets)))
    return Section(
        "One frame of each kind of layer, 1080p, drawn alone over a colour",
        lines,
        "At rest, what does not change by itself is not drawn at all: that is what the smallest baselines show.",
    )


def _moves() -> dict[str, Any]:
    steps = [{"time": 0.0, "value": 0.0, "easing": "linear"}, {"time": 2.0, "value": 200.0}]
    return {"x": {"keyframes": steps}}


def _milliseconds(layer: dict[str, Any], assets: Mapping[str, Path]) -> float:
    composition = Composition.model_validate(
        {
            "format": "flatrender.composition/1",
            "canvas": {"width": 1920, "height": 1080, "fps": 30, "background": "#101820"},
            "theme": {"fonts": {"body": {"family": "Vazirmatn"}}},
            "scenes": [{"duration": 2.0, "layers": [layer]}],
        }
    )
    source = FrameSource(composition, assets, profile(composition), scene.FONTS)
    spent = []
    for number in range(FRAMES):
        started = time.perf_counter()
        source.draw(number)
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent[SKIPPED:])
