"""SVG files as contents of layers: cleaned, then drawn once per size and colour."""

from pathlib import Path
from typing import Final

import skia

from flatrender.composition.layers_svg import SvgLayer, VectorFit
from flatrender.engine.faults import RejectedMedia, UnreadableMedia
from flatrender.engine.layers_base import Bounds, Drawn, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine
from flatrender.engine.svg_clean import CleanSvg, clean

_KEPT: Final = 8
"""Drawings kept between chunks; of a large one, cleaning takes longer than a frame."""
_cleaned: dict[tuple[Path, int, int, tuple[tuple[str, str], ...]], CleanSvg] = {}


def placed(width: float, height: float, place: Place, fit: VectorFit, focus: list[float]) -> Bounds:
    """Where a drawing of `width` x `height` lies in the box of its layer."""
    if fit == "stretch":
        return 0.0, 0.0, place.width, place.height
    ratios = place.width / width, place.height / height
    scale = max(ratios) if fit == "cover" else min(ratios)
    w, h = width * scale, height * scale

    def offset(box: float, size: float, share: float) -> float:
        return (box - size) / 2 if size <= box else min(0.0, max(box - size, box / 2 - share * size))

    x, y = offset(place.width, w, focus[0]), offset(place.height, h, focus[1])
    return x, y, x + w, y + h


def within(box: Bounds, place: Place) -> Bounds:
    """The part of a drawing's place that its layer shows."""
    return max(0.0, box[0]), max(0.0, box[1]), min(place.width, box[2]), min(place.height, box[3])


def svg(layer: SvgLayer, place: Place, kit: Kit) -> Drawn:
    """An SVG layer's content. Raises UnreadableMedia."""
    drawing = _clean(layer, kit)
    document = skia.SVGDOM.MakeFromStream(skia.MemoryStream(drawing.xml))
    if document is None:
        raise UnreadableMedia(f"The SVG {layer.asset} cannot be drawn.")
    document.setContainerSize(skia.Size(drawing.width, drawing.height))
    box = placed(drawing.width, drawing.height, place, layer.fit, layer.focus)
    shown = within(box, place)
    tint = Fill(layer.tint, kit.palette) if layer.tint is not None else None

    def draw(canvas: skia.Canvas, _base: Affine, t: float) -> None:
        canvas.save()
        canvas.clipRect(skia.Rect.MakeLTRB(*shown), skia.ClipOp.kIntersect, True)
        if tint is not None:
            color = tint.paint(t, shown).getColor4f()
            canvas.saveLayer(
                None, skia.Paint(ColorFilter=skia.ColorFilters.Blend(color.toColor(), skia.BlendMode.kSrcIn))
            )
        canvas.translate(box[0], box[1])
        canvas.scale((box[2] - box[0]) / drawing.width, (box[3] - box[1]) / drawing.height)
        document.render(canvas)
        if tint is not None:
            canvas.restore()
        canvas.restore()

    return Drawn(place, shown, draw, lambda t: tint.state(t) if tint else None, layer.shadow, kit.palette)


def _clean(layer: SvgLayer, kit: Kit) -> CleanSvg:
    path = kit.assets.get(layer.asset)
    colors = {name: _hex(kit.palette.parse(color)) for name, color in layer.colors.items()}
    try:
        if path is None:
            raise FileNotFoundError
        key = path, path.stat().st_mtime_ns, path.stat().st_size, tuple(sorted(colors.items()))
        if key not in _cleaned:
            while len(_cleaned) >= _KEPT:
                _cleaned.pop(next(iter(_cleaned)), None)
            _cleaned[key] = clean(path.read_bytes(), colors)
        return _cleaned[key]
    except OSError:
        raise UnreadableMedia(f"The SVG {layer.asset} is missing.") from None
    except RejectedMedia as fault:
        raise UnreadableMedia(f"The SVG {layer.asset} cannot be drawn: {fault.text}") from None


def _hex(color: tuple[float, float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)
