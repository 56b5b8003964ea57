"""Pictures and videos as contents of layers."""

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING

import skia

from flatrender.composition.layers import ImageLayer, KenBurns, VideoLayer, View
from flatrender.engine import picture_cache, resample
from flatrender.engine.easing import curve
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.kept import Kept
from flatrender.engine.layers_base import Bounds, Content, Drawn, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.shaded import Shaded
from flatrender.engine.surface import CUBIC, LINEAR, Affine, Canvas, shrink

if TYPE_CHECKING:
    from flatrender.engine.effect_grade import Colors
    from flatrender.engine.layers_video import VideoReader


class AssetUnreadable(UnreadableMedia):
    """A file that a composition names is not there or cannot be decoded."""


def encoded(asset: str, kit: Kit) -> skia.Image:
    """The picture of an asset, upright, its size known but its pixels not yet decoded."""
    path = kit.assets.get(asset)
    data = skia.Data.MakeFromFileName(str(path)) if path is not None else None
    image = skia.Image.MakeFromEncoded(data) if data is not None else None
    if image is None:
        raise AssetUnreadable(f"The picture {asset} is missing or is none.")
    return image


def scaled(image: skia.Image, asset: str, kit: Kit, width: int, height: int) -> skia.Image:
    """The pixels of the picture `image` (as `encoded` gives it) of an asset at `width` x `height`, from the cache or
    made now. At full size they are not kept: there they take a hundred megabytes and are needed once.
    """

    def make() -> skia.Image:
        raster = image.makeRasterImage()
        if raster is None:
            raise AssetUnreadable(f"The picture {asset} cannot be decoded.")
        return _in_srgb(shrink(raster, width, height), raster.colorSpace())

    return picture_cache.CACHE.get(kit.assets[asset], width, height, make)


def _in_srgb(image: skia.Image, space: skia.ColorSpace | None) -> skia.Image:
    """An image whose colours are those of `space`, such as the Display P3 of phones, in those of our canvases."""
    if space is None or space.isSRGB():
        return image
    return image.reinterpretColorSpace(space).makeColorSpace(skia.ColorSpace.MakeSRGB()) or image


def fitted(width: float, height: float, place: Place, cover: bool, view: View) -> Bounds:
    """Where a picture of `width` x `height` lies in the box so that it covers it (or is contained in it) under a
    view.
    """
    ratios = (place.width / width, place.height / height)
    scale = (max(ratios) if cover else min(ratios)) * view.zoom
    w, h = width * scale, height * scale

    def offset(box: float, size: float, focus: float) -> float:
        return (box - size) / 2 if size <= box else min(0.0, max(box - size, box / 2 - focus * size))

    x, y = offset(place.width, w, view.focus[0]), offset(place.height, h, view.focus[1])
    return x, y, x + w, y + h


def still_picture(layer: ImageLayer, place: Place, kit: Kit) -> Drawn:
    """A picture that does not move within its box: laid out once."""
    image = encoded(layer.asset, kit)
    view = View(focus=layer.focus)
    box = fitted(image.width(), image.height(), place, layer.fit == "cover", view)
    shown = (max(0.0, box[0]), max(0.0, box[1]), min(place.width, box[2]), min(place.height, box[3]))
    stroke = Fill(layer.stroke.color, kit.palette) if layer.stroke else None
    line = layer.stroke.width if layer.stroke else 0.0

    def draw(canvas: skia.Canvas, base: Affine, t: float) -> None:
        width, height = (box[2] - box[0]) * abs(base.a), (box[3] - box[1]) * abs(base.d)
        wide, tall = max(1, round(width)), max(1, round(height))
        # Of what is enlarged only what is shown is made: all of a narrow picture that covers a box may be endless.
        larger = wide > image.width() or tall > image.height()
        wide, tall = (image.width(), image.height()) if larger else (wide, tall)
        small = scaled(image, layer.asset, kit, wide, tall)
        outline = skia.RRect.MakeRectXY(skia.Rect.MakeLTRB(*shown), layer.radius, layer.radius)
        canvas.save()
        if layer.radius:
            canvas.clipRRect(outline, skia.ClipOp.kIntersect, True)
        elif layer.fit == "cover":
            canvas.clipRect(skia.Rect.MakeLTRB(*shown), skia.ClipOp.kIntersect, False)
        source = skia.Rect.MakeWH(small.width(), small.height())
        canvas.drawImageRect(small, source, skia.Rect.MakeLTRB(*box), CUBIC if larger else LINEAR)
        canvas.restore()
        if stroke:
            paint = stroke.paint(t, shown)
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(line)
            canvas.drawRRect(outline, paint)

    full = image.isOpaque() and layer.fit == "cover" and not layer.radius
    grow = line / 2
    return Drawn(
        place,
        (shown[0] - grow, shown[1] - grow, shown[2] + grow, shown[3] + grow),
        draw,
        lambda t: stroke.state(t) if stroke else None,
        layer.shadow,
        kit.palette,
        lambda _t: full,
    )


class MovingPicture:
    """A picture under a slow move: shrunk once to the largest size at which it is seen, then drawn bilinear."""

    heavy = True

    def __init__(self, layer: ImageLayer, move: KenBurns, place: Place, kit: Kit) -> None:
        self._layer, self._place, self._move = layer, place, move
        self.bounds: Bounds = (0.0, 0.0, place.width, place.height)
        image = encoded(layer.asset, kit)
        self._size = image.width(), image.height()
        self._curve = curve(move.easing)
        box = fitted(*self._size, place, True, View(zoom=max(move.start.zoom, move.end.zoom)))
        factor = (box[2] - box[0]) * place.scale / image.width()
        width, height = (math.ceil(side * factor) if factor < 1 else side for side in self._size)
        self._image = scaled(image, layer.asset, kit, width, height)
        self._solid = bool(self._image.isOpaque())
        self._table: Colors | None = None
        self._colored: Kept[skia.Image] = Kept(lambda made: 4 * int(made.width()) * int(made.height()))
        self._stroke = Fill(layer.stroke.color, kit.palette) if layer.stroke else None

    def _view(self, t: float) -> View:
        p = self._curve(t / self._place.life if self._place.life else 1.0)
        a, b = self._move.start, self._move.end
        zoom = a.zoom * (b.zoom / a.zoom) ** p
        focus = [x + (y - x) * p for x, y in zip(a.focus, b.focus, strict=True)]
        return View.model_construct(zoom=max(1.0, zoom), focus=focus)

    def state(self, t: float) -> Hashable:
        view = self._view(t)
        return view.zoom, *view.focus, self._stroke.state(t) if self._stroke else None

    def outline(self, t: float) -> Hashable:
        """What its shadow depends on: an opaque picture fills its box however it moves."""
        stroke = self._stroke.state(t) if self._stroke else None
        return (True, stroke) if self._solid else (False, self.state(t))

    def recolor(self, table: "Colors") -> bool:
        """Show the picture in other colours; its frame keeps its own."""
        if self._stroke is not None:
            return False
        self._table, self._solid = table, self._solid and not table.clear
        return True

    def _picture(self) -> skia.Image:
        table = self._table
        return self._image if table is None else self._colored.get(None, lambda: self._recolored(table))

    def _recolored(self, table: "Colors") -> skia.Image:
        canvas = Canvas(self._image.width(), self._image.height())
        canvas.skia.drawImage(self._image, 0, 0)
        table.apply(canvas.pixels, bool(self._image.isOpaque()))
        alpha = skia.kOpaque_AlphaType if self._solid else skia.kPremul_AlphaType
        return skia.Image.fromarray(canvas.pixels, skia.kBGRA_8888_ColorType, alpha)

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return self._solid and not self._layer.radius

    def extent(self, base: Affine, t: float) -> Bounds:  # noqa: ARG002  part of Content
        line = self._layer.stroke.width / 2 if self._layer.stroke else 0.0
        left, top, right, bottom = self.bounds
        return base.bounds(left - line, top - line, right + line, bottom + line)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        left, top, right, _ = fitted(*self._size, self._place, True, self._view(t))
        draw_in_box(canvas, base, self._place, self._layer.radius, self._picture(), (left, top, right), paint)
        if self._stroke and self._layer.stroke:
            line = self._stroke.paint(t, self.bounds)
            line.setStyle(skia.Paint.kStroke_Style)
            line.setStrokeWidth(self._layer.stroke.width)
            line.setAlphaf(line.getAlphaf() * paint.getAlphaf())
            canvas.setMatrix(base.matrix())
            canvas.drawRoundRect(skia.Rect.MakeLTRB(*self.bounds), self._layer.radius, self._layer.radius, line)


def draw_in_box(  # noqa: PLR0917  what Content.draw is given, and what is drawn
    canvas: skia.Canvas,
    base: Affine,
    place: Place,
    radius: float,
    image: skia.Image,
    span: tuple[float, float, float],
    paint: skia.Paint,
) -> None:
    """Draw an image from (`left`, `top`) to `right` (the `span`), clipped to the box of the layer.

    What is seen of it has the corners, also where it does not fill the box.
    """
    left, top, right = span
    scale = (right - left) / image.width()
    canvas.save()
    canvas.setMatrix(base.matrix())
    if radius:
        bottom = min(place.height, top + scale * image.height())
        seen = skia.Rect.MakeLTRB(max(0.0, left), max(0.0, top), min(place.width, right), bottom)
        canvas.clipRRect(skia.RRect.MakeRectXY(seen, radius, radius), skia.ClipOp.kIntersect, True)
    else:
        canvas.clipRect(skia.Rect.MakeWH(place.width, place.height), skia.ClipOp.kIntersect, not base.upright)
    resample.draw(canvas, image, base.translate(left, top).scale(scale, scale), paint)
    canvas.restore()


class VideoContent:
    """A playing video. Frames are decoded in order and at the size at which they are seen."""

    heavy = False

    def __init__(self, layer: VideoLayer, place: Place, kit: Kit) -> None:
        path = kit.assets.get(layer.asset)
        if path is None:
            raise AssetUnreadable(f"The video {layer.asset} is missing.")
        self._layer, self._place, self._path = layer, place, path
        self.bounds: Bounds = (0.0, 0.0, place.width, place.height)
        self._reader: VideoReader | None = None
        self._table: Colors | None = None

    def recolor(self, table: "Colors") -> bool:
        """Play in other colours."""
        self._table = table
        return True

    def _open(self) -> "VideoReader":
        if self._reader is None:
            # Most stills show no video, and PyAV takes longer to load than they take to draw.
            from flatrender.engine.layers_video import VideoReader

            layer, place = self._layer, self._place

            def size(width: int, height: int) -> tuple[int, int]:
                box = fitted(width, height, place, layer.fit == "cover", View(focus=layer.focus))
                scale = min(1.0, (box[2] - box[0]) * place.scale / width)
                return max(2, round(width * scale)), max(2, round(height * scale))

            self._reader = VideoReader(self._path, size, self._table)
        return self._reader

    def _source_time(self, t: float) -> float:
        """The time in the file that is seen at `t`."""
        layer, reader = self._layer, self._open()
        end = min(reader.duration, layer.trim_end if layer.trim_end is not None else math.inf)
        length = max(1e-3, end - layer.trim_start)
        along = t * layer.speed
        along = along % length if layer.loop else min(along, length - 1e-3)
        return layer.trim_start + along

    def state(self, t: float) -> Hashable:
        return round(self._source_time(t), 5)

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        clear = self._table is not None and self._table.clear
        return self._layer.fit == "cover" and not self._layer.radius and not clear

    def extent(self, base: Affine, t: float) -> Bounds:  # noqa: ARG002  part of Content
        return base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        image = self._open().frame(self._source_time(t))
        view = View(focus=self._layer.focus)
        left, top, right, _ = fitted(image.width(), image.height(), self._place, self._layer.fit == "cover", view)
        draw_in_box(canvas, base, self._place, self._layer.radius, image, (left, top, right), paint)


def picture(layer: ImageLayer, place: Place, kit: Kit) -> Content:
    """An image layer's content."""
    if layer.ken_burns is None:
        return still_picture(layer, place, kit)
    moving = MovingPicture(layer, layer.ken_burns, place, kit)
    return Shaded(moving, layer.shadow, place, kit, moving.outline) if layer.shadow else moving


def video(layer: VideoLayer, place: Place, kit: Kit) -> Content:
    """A video layer's content. All its frames have one outline."""
    playing = VideoContent(layer, place, kit)
    return Shaded(playing, layer.shadow, place, kit, lambda _t: None) if layer.shadow else playing
