"""The reference scene: ten seconds of 1080p at 30 fps.

A gradient, two photos with a slow move and a cross-fade, a title that slides in with shadow and blur, a lower third
mixing Persian and English, music. MoviePy draws the same in `moviepy_scene.py`.
"""

from pathlib import Path
from typing import Any

import numpy as np
from tests.unit.engine import media

from flatrender.composition.profiles import Profile, profile
from flatrender.composition.schemas import Composition

ROOT = Path(__file__).parents[3]
PHOTOS = (ROOT / "infra/seed/assets/mountains.jpg", ROOT / "infra/seed/assets/sunset.jpg")
FONTS = ROOT / "layers/fonts"
IDS = [f"00000000-0000-4000-8000-00000000000{place}" for place in range(3)]

SHADE = {
    "type": "linear",
    "angle": 90,
    "stops": [{"offset": 0, "color": "#00000000"}, {"offset": 1, "color": "#000000b0"}],
}


def _photo(place: int, end: float) -> dict[str, Any]:
    views = {"start": {"zoom": 1.0}, "end": {"focus": [0.6, 0.4], "zoom": end}}
    return {"type": "image", "asset": IDS[place], "ken_burns": views}


def _text(text: str, box: list[float], size: float, **more: Any) -> dict[str, Any]:
    style = {"font": "Vazirmatn", "size": size, "weight": 700}
    return {"type": "text", "box": box, "runs": [{"text": text}], "style": style, **more}


TITLE = _text(
    "Winter in the mountains",
    [120.0, 380.0, 1680.0, 200.0],
    110,
    start=0.5,
    duration=4.0,
    align="center",
    enter={"preset": "slide-left", "duration": 0.8, "distance": 200},
    exit={"preset": "fade", "duration": 0.5},
    shadow={"blur": 16},
    blur={"keyframes": [{"time": 0.0, "value": 20.0}, {"time": 0.8, "value": 0.0}]},
)
LOWER_THIRD = {
    "type": "group",
    "start": 2.0,
    "duration": 7.0,
    "enter": {"preset": "slide-right", "duration": 0.7, "distance": 300},
    "exit": {"preset": "fade"},
    "layers": [
        {
            "type": "shape",
            "box": [100.0, 850.0, 900.0, 130.0],
            "geometry": {"type": "rectangle", "radius": 18.0},
            "fill": "#0b1f33d0",
        },
        _text("سلام دنیا — FlatRender ۱۴۰۵", [130.0, 870.0, 840.0, 90.0], 52, direction="rtl"),
    ],
}
BACKDROP = {
    "type": "linear",
    "angle": 45,
    "stops": [{"offset": 0, "color": "#101820"}, {"offset": 1, "color": "#30506a"}],
}
DOCUMENT: dict[str, Any] = {
    "canvas": {"width": 1920, "height": 1080, "fps": 30, "background": BACKDROP},
    "theme": {"fonts": {"body": {"family": "Vazirmatn"}}},
    "scenes": [
        {"duration": 5.4, "layers": [_photo(0, 1.2), TITLE]},
        {"duration": 5.4, "transition": {"type": "cross-fade", "duration": 0.8}, "layers": [_photo(1, 1.25)]},
    ],
    "overlays": [{"type": "gradient", "gradient": SHADE, "box": [0.0, 700.0, 1920.0, 380.0]}, LOWER_THIRD],
    "audio": [{"asset": IDS[2], "loop": True, "fade_in": 0.5, "fade_out": 1.5, "volume": 0.8}],
}


def ready(folder: Path, preset: str = "veryfast") -> tuple[Composition, Profile, dict[str, Path]]:
    """The composition, its profile, and its files, once `make_music` has run in `folder`."""
    composition = Composition.model_validate(DOCUMENT)
    settings = profile(composition).model_copy(update={"preset": preset})
    return composition, settings, dict(zip(IDS, (*PHOTOS, folder / "music.wav"), strict=True))


def make_music(folder: Path) -> None:
    at = np.arange(4 * media.RATE) / media.RATE
    chord = sum(np.sin(at * 2 * np.pi * pitch) for pitch in (220.0, 277.2, 329.6)) * 0.2
    media.write_wav(folder / "music.wav", np.stack([chord, chord]))
