"""Compositions put together at random from everything that the golden pictures show."""

import copy
from typing import Any, Final

from hypothesis import strategies as st
from tests.golden.collection import GALLERY

from flatrender.composition.profiles import Profile, profile
from flatrender.composition.schemas import Composition

FPS: Final = 12
type Document = dict[str, Any]


def _hung() -> tuple[dict[str, list[Document]], list[Document]]:
    """All layers that hang in the gallery, by type, and all transitions."""
    layers: dict[str, list[Document]] = {}
    transitions = []
    for golden in GALLERY.values():
        for scene in golden.document["scenes"]:
            for layer in scene.get("layers", ()):
                layers.setdefault(layer["type"], []).append(layer)
            if "transition" in scene:
                transitions.append(scene["transition"])
    return layers, transitions


LAYERS, TRANSITIONS = _hung()
SHARED: Final = {
    "canvas": {"width": 192, "height": 108, "fps": FPS, "background": "#10141c"},
    "theme": GALLERY["svg-colors"].document["theme"],
    "compositions": {
        **GALLERY["composition"].document["compositions"],
        **GALLERY["composition-properties"].document["compositions"],
    },
    "audio": GALLERY["waveform-played"].document["audio"],
}
TENTHS: Final = st.integers(0, 8).map(lambda tenths: tenths / 10)


@st.composite
def layers(draw: st.DrawFn) -> Document:
    """Any type of layer, at any time, moved, covered and mixed in any way."""
    kind = draw(st.sampled_from(sorted(LAYERS)))
    layer = copy.deepcopy(draw(st.sampled_from(LAYERS[kind])))
    layer["start"] = draw(TENTHS)
    if draw(st.booleans()):
        layer["duration"] = draw(st.sampled_from([0.2, 0.45, 0.9]))
    extras: list[Document] = [
        {"blend": "multiply"},
        {"blend": "screen", "transform": {"opacity": 0.6}},
        {"blur": 2.5},
        {"shadow": {"blur": 4.0}},
        {"mask": {"geometry": {"type": "ellipse"}, "feather": 2.0}},
        {"enter": {"preset": "wipe-left", "duration": 0.4}},
        {"exit": {"preset": "zoom-out", "duration": 0.3}},
        {"transform": {"rotation": 20.0, "x": {"expr": "10*time"}}},
        {"effects": {"adjust": {"saturation": 0.4}}},
        {"matte": {"layer": {"type": "solid", "color": "#808080", "box": [20, 20, 120, 60]}, "mode": "luma"}},
    ]
    for extra in draw(st.lists(st.sampled_from(extras), max_size=2, unique_by=str)):
        layer |= copy.deepcopy(extra)
    return layer


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """One or two scenes of about a second, some of them lying over each other, and perhaps something over all."""
    scenes = [{"duration": 1.0, "layers": draw(st.lists(layers(), min_size=1, max_size=3))}]
    if draw(st.booleans()):
        transition = {**draw(st.sampled_from(TRANSITIONS))}
        if transition["type"] != "cut":
            transition["duration"] = 0.5
        scenes.append({"duration": 0.9, "layers": draw(st.lists(layers(), max_size=2)), "transition": transition})
    return {**copy.deepcopy(SHARED), "scenes": scenes, "overlays": draw(st.lists(layers(), max_size=1))}


def read(document: Document) -> tuple[Composition, Profile]:
    composition = Composition.model_validate(document)
    return composition, profile(composition)
