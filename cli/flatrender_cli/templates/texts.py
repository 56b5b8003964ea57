"""Whether the texts of a composition have room, keep to the right side, and can be read on what lies behind them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flatrender.composition.bind import origin
from flatrender.composition.layers_text import TextLayer
from flatrender.composition.outputs import frame_at
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.template import TemplateDefinition, TextInput
from flatrender.composition.timeline import PlacedLayer
from flatrender.composition.timeline import layers as placed_layers
from flatrender_cli.documents import Media
from flatrender_cli.templates.checking import Finding
from flatrender_cli.templates.samples import Variant

type Box = tuple[float, float, float, float]

READABLE: Final = 3.0
"""Contrast that large text needs (WCAG 2.2, 1.4.3)."""
WIDTH: Final = 480
"""Pixels across the frames that contrast is measured in."""


def fits(template: TemplateDefinition, composition: Composition, variant: Variant) -> Iterator[Finding]:
    """Texts that end in an ellipsis: an error with the defaults, else something to know."""
    for placed, layer in _texts(composition):
        block = _block(layer, placed, composition)
        if not block.layout.cut:
            continue
        pointer = origin(template, variant.inputs, placed.pointer)
        names = _inputs(template, pointer)
        if variant.kind == "defaults":
            message = "Its text does not fit and is cut off; make the box larger, or 'min_size' smaller."
            yield Finding("error", pointer, "text_cut", message)
        elif names:
            lengths = ", ".join(f"{name!r} ({len(str(variant.inputs.get(name, '')))} characters)" for name in names)
            message = (
                f"{lengths} {variant.told} does not fit and is cut off; make the box larger, 'min_size' or "
                "'max_length' smaller."
            )
            yield Finding("warning", pointer, "text_cut", message)


def sides(template: TemplateDefinition, composition: Composition, variant: Variant) -> Iterator[Finding]:
    """Texts that stay on the left, or are set from left to right, when what is filled in goes from right to left."""
    for placed, layer in _texts(composition):
        pointer = origin(template, variant.inputs, placed.pointer)
        names = [name for name in _inputs(template, pointer) if name in variant.inputs]
        if not names:
            continue
        if layer.align == "left":
            message = "Right-to-left text stays on the left here; 'start' follows the text that is filled in."
            yield Finding("warning", f"{pointer}/align", "rtl_align", message)
        if layer.direction == "ltr":
            message = f"{names[0]!r} may be right-to-left, and this sets it from left to right; leave it 'auto'."
            yield Finding("warning", f"{pointer}/direction", "rtl_direction", message)


def contrast(template: TemplateDefinition, composition: Composition, media: Media) -> Iterator[Finding]:
    """Texts that are hard to tell from what lies behind them, measured in frames drawn with the defaults.

    Looks at texts in one colour that lie on the canvas as their box says; others are left to the eye.
    """
    from flatrender.engine.draw import FrameSource
    from flatrender.engine.paints import Palette
    from flatrender.kernel.errors import FlatRenderError

    canvas = composition.canvas
    plain = [(placed, layer, _plain_color(layer)) for placed, layer in _texts(composition) if placed.depth == 1]
    wanted = [(placed, layer, color) for placed, layer, color in plain if color]
    if not wanted:
        return
    tall = max(2, round(WIDTH * canvas.height / canvas.width / 2) * 2)
    palette, scale = Palette(composition.theme.colors), WIDTH / canvas.width
    try:
        source = FrameSource(composition, media.paths, Profile(width=WIDTH, height=tall, fps=canvas.fps))
        for placed, layer, color in sorted(wanted, key=lambda item: item[0].start):
            source.draw(frame_at((placed.start + placed.end) / 2, composition.duration, canvas.fps))
            left, top, right, bottom = _block(layer, placed, composition).block
            x, y = layer.box[0], layer.box[1]
            behind = _luminance_behind(source.buffer, ((x + left), y + top, x + right, y + bottom), scale)
            if behind is None:
                continue
            ratio = _ratio(_luminance(np.array(palette.parse(color)[:3])), behind)
            if ratio < (2.0 if layer.shadow else READABLE):
                message = (
                    f"Its contrast with what lies behind is {ratio:.1f} : 1; {READABLE:g} : 1 is the least to be read "
                    "easily. A plate, a shadow or a darker picture helps."
                )
                yield Finding("warning", origin(template, {}, placed.pointer), "contrast", message)
    except FlatRenderError as error:
        yield Finding("error", "", "drawing", error.text)


def _texts(composition: Composition) -> Iterator[tuple[PlacedLayer, TextLayer]]:
    for placed in placed_layers(composition):
        if isinstance(placed.layer, TextLayer):
            yield placed, placed.layer


def _block(layer: TextLayer, placed: PlacedLayer, composition: Composition) -> Any:
    """The laid-out text of a layer, in its own units."""
    from flatrender.engine.contents import finished
    from flatrender.engine.fonts import default_dir, library
    from flatrender.engine.layers_base import Kit, Place
    from flatrender.engine.layers_text import TextContent
    from flatrender.engine.paints import Palette

    theme = composition.theme
    kit = Kit(Palette(theme.colors), library(default_dir()), theme.fonts, {}, 1.0, 1 / composition.canvas.fps, finished)
    place = Place(layer.box[2], layer.box[3], (0.0, 0.0), max(0.1, placed.end - placed.start), 1.0)
    bare = layer.model_copy(update={"animation": None, "exit_animation": None})
    return TextContent(bare, place, kit).block


def _inputs(template: TemplateDefinition, pointer: str) -> list[str]:
    """The text inputs that the layer at a pointer into the template shows."""
    node: Any = {"composition": template.composition}
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        inner = node.get(key) if isinstance(node, Mapping) else None
        node = node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else inner
    texts = {spec.name for spec in template.inputs if isinstance(spec, TextInput)}
    runs = node.get("runs") if isinstance(node, Mapping) else None
    return list(dict.fromkeys(name for name in _named(runs) if name in texts))


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$input"), str):
            yield node["$input"]
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _plain_color(layer: TextLayer) -> str | None:
    """The one colour of a text that nothing moves, turns or outlines; None for others."""
    if layer.style.stroke or layer.matte or layer.blend != "normal" or not any(run.text.strip() for run in layer.runs):
        return None
    pose = layer.transform.model_dump(exclude={"anchor", "opacity"})
    if any(value != (1.0 if name.startswith("scale") else 0.0) for name, value in pose.items()):
        return None
    if layer.transform.opacity != 1.0:
        return None
    fill = layer.runs[0].fill or layer.style.fill
    return fill if isinstance(fill, str) else None


def _luminance(color: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Relative luminance (WCAG) of colours in 0…1, the last axis red, green, blue."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    luminance: npt.NDArray[Any] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminance


def _luminance_behind(pixels: npt.NDArray[np.uint8], box: Box, scale: float) -> float | None:
    """The median luminance in a box given in canvas units: most of what a text covers is not its ink."""
    height, width = pixels.shape[:2]
    left, top = (max(0, int(value * scale)) for value in box[:2])
    right, bottom = min(width, int(box[2] * scale) + 1), min(height, int(box[3] * scale) + 1)
    if right - left < 2 or bottom - top < 2:
        return None
    part = pixels[top:bottom, left:right, 2::-1].astype(np.float64) / 255
    return float(np.median(_luminance(part)))


def _ratio(one: Any, other: float) -> float:
    lighter, darker = max(float(one), other), min(float(one), other)
    return (lighter + 0.05) / (darker + 0.05)
