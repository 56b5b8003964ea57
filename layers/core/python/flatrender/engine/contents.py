"""What each type of layer shows, with its mask, effects and shadow."""

from flatrender.composition.effects import Effects
from flatrender.composition.layers import (
    GradientLayer,
    GroupLayer,
    ImageLayer,
    ProgressLayer,
    ShapeLayer,
    SolidLayer,
    VideoLayer,
)
from flatrender.composition.layers_base import LayerBase, Mask
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.layers_lottie import LottieLayer
from flatrender.composition.layers_svg import SvgLayer
from flatrender.composition.layers_text import CounterLayer, TextLayer
from flatrender.composition.layers_waveform import WaveformLayer
from flatrender.engine import layers_fill, layers_media, layers_text, layers_vector
from flatrender.engine.effect_colors import Adjusted, table
from flatrender.engine.effect_directional import Directional
from flatrender.engine.effect_grade import Graded, Grained, Recolorable
from flatrender.engine.effected import Effected
from flatrender.engine.layers import LayerNode
from flatrender.engine.layers_base import Content, Kit, Place
from flatrender.engine.layers_captions import CaptionsContent
from flatrender.engine.layers_group import GroupContent
from flatrender.engine.layers_svg import svg
from flatrender.engine.masked import Masked, Masks
from flatrender.engine.shaded import Shaded


def finished(layer: LayerBase, place: Place, kit: Kit, within: tuple[float, float]) -> Content:
    """The content of a layer, first masked, then with its effects; its shadow falls from what they made of it."""
    if layer.effects is None and layer.mask is None and not layer.masks:
        return _content(layer, place, kit, within)
    content = _content(layer.model_copy(update={"shadow": None}), place, kit, within)
    effects = layer.effects
    if effects is not None:
        # Colours first, while they are those of a file: a mask only takes away from them.
        content, effects = _colored(content, effects, place, kit)
    outline = None
    if layer.mask is not None:
        node = _mask_node(layer.mask, place, kit, within)
        content = masked = Masked(content, node, layer.mask.invert, within[0])
        outline = masked.outline
    if layer.masks:
        parts = [(_mask_node(mask, place, kit, within), mask.mode, mask.invert) for mask in layer.masks]
        together = Masks(parts, (0.0, 0.0, place.width, place.height))
        content = masked = Masked(content, together, False, within[0])
        outline = masked.outline
    if effects is not None:
        content = _effected(content, effects, place, kit)
        if effects.directional_blur is not None:
            content, outline = Directional(content, effects.directional_blur, place), None
        if effects.grain is not None:
            # Edges that repeat lie between pixels: there grain shows in the shadow, and it is another in each frame.
            repeats = effects.directional_blur is not None and effects.directional_blur.edges == "repeat"
            outline = None if repeats else outline or content.state
            content = Grained(content, effects.grain, kit)
    return Shaded(content, layer.shadow, place, kit, outline) if layer.shadow else content


def _colored(content: Content, effects: Effects, place: Place, kit: Kit) -> tuple[Content, Effects]:
    """The content with its key, adjustment and LUT where these are best done, and the effects that are left to do."""
    colors = table(effects, kit.palette, kit.assets)
    if colors is not None:
        made = isinstance(content, Recolorable) and content.recolor(colors)
        content = content if made else Graded(content, colors, place)
    elif effects.adjust is None or not (
        isinstance(content, layers_media.MovingPicture) and content.recolor(Adjusted(effects.adjust))
    ):
        return content, effects
    return content, effects.model_copy(update={"adjust": None})


def _effected(content: Content, effects: Effects, place: Place, kit: Kit) -> Content:
    if effects.adjust is not None or effects.vignette is not None or effects.glow is not None:
        content = Effected(content, effects, place, kit)
    return content


def _mask_node(mask: Mask, place: Place, kit: Kit, within: tuple[float, float]) -> LayerNode:
    shape = ShapeLayer(
        type="shape",
        box=mask.box or [0.0, 0.0, place.width, place.height],
        geometry=mask.geometry,
        transform=mask.transform,
        blur=mask.feather,
    )
    return LayerNode(shape, within, place, kit)


def _content(layer: LayerBase, place: Place, kit: Kit, within: tuple[float, float]) -> Content:  # noqa: C901, PLR0911  one case per layer type
    match layer:
        case TextLayer():
            return layers_text.TextContent(layer, place, kit)
        case ImageLayer():
            return layers_media.picture(layer, place, kit)
        case VideoLayer():
            return layers_media.video(layer, place, kit)
        case SvgLayer():
            return svg(layer, place, kit)
        case LottieLayer():
            # Reading JSON and starting processes is nothing that every preview should load.
            from flatrender.engine.layers_lottie import lottie

            return lottie(layer, place, kit)
        case ShapeLayer():
            return layers_vector.ShapeContent(layer, place, kit)
        case SolidLayer() | GradientLayer():
            return layers_fill.fill(layer, place, kit)
        case ProgressLayer():
            return layers_fill.progress(layer, place, kit)
        case CounterLayer():
            return layers_fill.counter(layer, place, kit)
        case CaptionsLayer():
            captions = CaptionsContent(layer, place, kit)
            # Colours count for its shadow: those that let more or less through, and how skia smooths letters of each.
            return Shaded(captions, layer.shadow, place, kit) if layer.shadow else captions
        case WaveformLayer():
            from flatrender.engine.layers_waveform import WaveformContent

            waveform = WaveformContent(layer, place, kit, within[0])
            return Shaded(waveform, layer.shadow, place, kit) if layer.shadow else waveform
        case GroupLayer():
            group = GroupContent(layer, place, kit, within)
            return Shaded(group, layer.shadow, place, kit) if layer.shadow else group
    raise TypeError(f"no way to draw a {type(layer).__name__}")
