"""The texts of a composition one at a time: white on black, on a canvas with room around it, and nothing else."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from infra.seed import previews

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.timeline import scenes
from flatrender.composition.validate import validate
from flatrender.engine.draw import FrameSource
from flatrender.engine.layers import LayerNode
from flatrender.engine.layers_text import TextContent

WIDE: Final = 480
"""Pixels along the longer side of the canvas itself."""
ROOM: Final = 0.2
"""On every side, as a fraction of the canvas' longer side."""
_TEXTS: Final = ("text", "counter", "captions")

type Mask = npt.NDArray[np.bool_]


class LoneText(NamedTuple):
    """`pointer` names the layer, `mask` is where its ink lies, `cut` whether it ends in an ellipsis."""

    pointer: str
    scene: int
    mask: Mask
    cut: bool


def lone_texts(document: dict[str, Any]) -> Iterator[LoneText]:
    """Every text of every scene late in its scene, when all has arrived."""
    whole, faults = validate(document, previews.infos())
    assert whole is not None, faults
    for index, placed in enumerate(scenes(whole)):
        following = scenes(whole)[index + 1 : index + 2]
        end = following[0].start if following else placed.end
        moment = placed.start + (end - placed.start) * 0.85
        layers = document["scenes"][index].get("layers", [])
        for pointer in _pointers(layers, ""):
            source = _source(document, index, pointer)
            source.draw(int(moment * whole.canvas.fps))
            yield LoneText(pointer, index, source.buffer[..., 0] > 100, any(_cut(source, index)))


def outside(mask: Mask) -> bool:
    """Whether any of it lies within 2 % of the canvas' edge, or beyond."""
    height, width = mask.shape
    room = round(max(width, height) * ROOM / (1 + 2 * ROOM))
    inset = room + round(0.02 * WIDE)
    return int(mask.sum()) > int(mask[inset : height - inset, inset : width - inset].sum())


def _pointers(layers: list[dict[str, Any]], above: str) -> Iterator[str]:
    for index, layer in enumerate(layers):
        if layer["type"] in _TEXTS and any(run["text"] for run in layer.get("runs", [{"text": "0"}])):
            yield f"{above}/{index}"
        yield from _pointers(layer.get("layers", []), f"{above}/{index}")


def _source(document: dict[str, Any], scene: int, pointer: str) -> FrameSource:
    canvas = document["canvas"]
    side = max(canvas["width"], canvas["height"])
    room = round(side * ROOM)
    width, height = canvas["width"] + 2 * room, canvas["height"] + 2 * room
    shown = []
    for index, one in enumerate(document["scenes"]):
        kept = _lone(one["layers"], pointer.split("/")[1:]) if index == scene else []
        box = [room, room, canvas["width"], canvas["height"]]
        shown.append({**one, "background": "#000000", "layers": [{"type": "group", "box": box, "layers": kept}]})
    lone = {**document, "scenes": shown, "overlays": [], "audio": []}
    lone["canvas"] = {**canvas, "width": width, "height": height, "background": "#000000"}
    made, faults = validate(lone, previews.infos())
    assert isinstance(made, Composition), faults
    scale = WIDE / side
    pixels = Profile(width=round(width * scale / 2) * 2, height=round(height * scale / 2) * 2, fps=canvas["fps"])
    return FrameSource(made, previews.files(), pixels)


def _lone(layers: list[dict[str, Any]], path: list[str]) -> list[dict[str, Any]]:
    layer = dict(layers[int(path[0])])
    for field in ("plate", "shadow", "blend", "mask"):
        layer.pop(field, None)
    if len(path) > 1:
        return [{**layer, "layers": _lone(layer["layers"], path[1:])}]
    if "runs" in layer:
        layer["runs"] = [{key: value for key, value in run.items() if key != "fill"} for run in layer["runs"]]
    if layer["type"] == "captions":
        layer["plate"] = None
        layer.pop("highlight", None)
    layer["transform"] = {**layer.get("transform", {}), "opacity": 1}
    return [{**layer, "style": {**layer.get("style", {}), "fill": "#ffffff"}}]


def _cut(source: FrameSource, scene: int) -> Iterator[bool]:
    def blocks(nodes: list[LayerNode]) -> Iterator[bool]:
        for node in nodes:
            if isinstance(node.content, TextContent):
                yield node.content.block.layout.cut
            yield from blocks(getattr(node.content, "_nodes", []))

    return blocks(source._stages[scene]._nodes)
