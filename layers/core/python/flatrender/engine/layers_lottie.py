"""Lottie files as contents of layers: their slots filled, drawn frame by frame by a child process."""

import hashlib
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

import skia

from flatrender.composition import limits
from flatrender.composition.layers_lottie import ColorSlot, ImageSlot, LottieLayer, TextSlot
from flatrender.engine import lottie_check
from flatrender.engine.faults import RejectedMedia, UnreadableMedia
from flatrender.engine.layers_base import Bounds, Content, Kit, Place
from flatrender.engine.layers_media import AssetUnreadable, encoded
from flatrender.engine.layers_svg import placed, within
from flatrender.engine.lottie_fill import Picture, covering, filled
from flatrender.engine.lottie_outline import outliner
from flatrender.engine.lottie_player import Player, PlayerFailed
from flatrender.engine.lottie_rest import rests
from flatrender.engine.shaded import Shaded
from flatrender.engine.surface import LINEAR, Affine

_PLAYERS_KEPT: Final = 8
"""Child processes that are alive at a time; one that is needed again is started again."""
_MAX_SIDE: Final = 4096
"""Pixels of a frame's longer side."""
_GRID: Final = 100
"""Steps per frame of the file: thorvg ignores smaller ones, depending on what it drew before."""

_players: OrderedDict[Hashable, Player] = OrderedDict()
_lock: Final = threading.Lock()


def _player(document: bytes, width: int, height: int) -> Player:
    """The child that draws a document at a size, alive or to be started. Call it under the lock."""
    key = os.getpid(), hashlib.sha256(document).digest(), width, height
    player = _players.get(key)
    if player is None:
        while len(_players) >= _PLAYERS_KEPT:
            _players.popitem(last=False)[1].close()
        player = _players[key] = Player(document, width, height)
    _players.move_to_end(key)
    return player


class LottieContent:
    """The animation in its box. What is drawn depends on the time alone."""

    heavy = True

    def __init__(self, layer: LottieLayer, place: Place, kit: Kit) -> None:
        self._layer, self._place = layer, place
        try:
            path = kit.assets.get(layer.asset)
            if path is None:
                raise FileNotFoundError
            animation = lottie_check.read(path.read_bytes())
            self._rate, self._frames = animation.rate, animation.frames
            self._rests = rests(animation)
            self._document = filled(animation, outliner(layer.font, kit), *_values(layer, kit))
        except OSError:
            raise UnreadableMedia(f"The Lottie {layer.asset} is missing.") from None
        except RejectedMedia as fault:
            raise UnreadableMedia(f"The Lottie {layer.asset} cannot be drawn: {fault.text}") from None
        self._box = placed(animation.width, animation.height, place, layer.fit, layer.focus)
        self.bounds: Bounds = within(self._box, place)
        wide, tall = self._box[2] - self._box[0], self._box[3] - self._box[1]
        scale = min(place.scale, _MAX_SIDE / max(wide, tall))
        # The child keeps the shape of the animation; at these sizes it fills the picture all the same.
        self._size = max(1, round(wide * scale)), max(1, round(tall * scale))
        if layer.fit == "stretch":
            self._size = self._unstretched(animation.width / animation.height)

    def _unstretched(self, ratio: float) -> tuple[int, int]:
        """A size of the animation's own shape, with no fewer pixels on either side than are seen."""
        wide, tall = self._size
        height = min(max(tall, wide / ratio), _MAX_SIDE, _MAX_SIDE / ratio)
        return max(1, round(height * ratio)), max(1, round(height))

    def _number(self, t: float) -> float:
        """The frame of the file that is seen at `t`, on a fixed grid."""
        layer = self._layer
        first = min(layer.trim_start * self._rate, self._frames)
        end = min(self._frames, layer.trim_end * self._rate if layer.trim_end is not None else math.inf)
        length = max(1 / _GRID, end - first)
        along = max(0.0, t) * layer.speed * self._rate + 1e-6
        along = along % length if layer.loop else min(along, max(0.0, length - 1))
        return self._rests(math.floor((first + along) * _GRID + 1e-3) / _GRID)

    def state(self, t: float) -> Hashable:
        return self._number(t)

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def extent(self, base: Affine, t: float) -> Bounds:  # noqa: ARG002  part of Content
        return base.bounds(*self.bounds)

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        left, top, right, bottom = self._box
        with _lock:
            try:
                pixels = _player(self._document, *self._size).frame(self._number(t))
            except PlayerFailed as failure:
                raise UnreadableMedia(f"The Lottie {self._layer.asset} cannot be drawn: {failure}.") from None
            image = skia.Image.fromarray(pixels, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType, copy=False)
            canvas.save()
            canvas.setMatrix(base.matrix())
            canvas.clipRect(skia.Rect.MakeLTRB(*self.bounds), skia.ClipOp.kIntersect, not base.upright)
            scaled = base.translate(left, top).scale((right - left) / image.width(), (bottom - top) / image.height())
            canvas.setMatrix(scaled.matrix())
            canvas.drawImage(image, 0, 0, LINEAR, paint)
            canvas.restore()


def _values(
    layer: LottieLayer, kit: Kit
) -> tuple[dict[str, str], dict[str, tuple[float, float, float]], dict[str, Picture]]:
    """The texts, colours and pictures of a layer's slots."""
    texts, colors, pictures = {}, {}, {}
    for name, slot in layer.slots.items():
        match slot:
            case TextSlot():
                texts[name] = slot.text
            case ColorSlot():
                colors[name] = kit.palette.parse(slot.color)[:3]
            case ImageSlot():
                pictures[name] = _source(slot, kit)
    return texts, colors, pictures


def _source(slot: ImageSlot, kit: Kit) -> Picture:
    def picture(width: int, height: int) -> skia.Image:
        try:
            image = encoded(slot.asset, kit)
        except AssetUnreadable as fault:
            raise UnreadableMedia(str(fault)) from fault
        if image.width() * image.height() > limits.MAX_PICTURE_PIXELS:
            raise UnreadableMedia(f"The picture {slot.asset} is too large.")
        return covering(image, width, height, slot.fit == "cover")

    return picture


def lottie(layer: LottieLayer, place: Place, kit: Kit) -> Content:
    """A Lottie layer's content. Raises UnreadableMedia."""
    playing = LottieContent(layer, place, kit)
    return Shaded(playing, layer.shadow, place, kit, playing.state) if layer.shadow else playing
