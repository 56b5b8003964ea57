"""Waveforms and spectra: bars or a line whose heights follow a sound.

What a frame shows follows from the samples around its time alone. Where neighbouring frames look the same, as in
silence, nothing is drawn anew.
"""

import math
from collections.abc import Callable, Hashable
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import skia

from flatrender.composition.audio import AudioTrack
from flatrender.composition.layers_waveform import MAX_BARS, WaveformLayer
from flatrender.engine import envelope
from flatrender.engine.audio_source import RATE, sound_duration
from flatrender.engine.envelope import CELL, HOP, Values
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.layers_base import Bounds, Kit, Place
from flatrender.engine.paints import Fill
from flatrender.engine.surface import Affine

_FLOOR_DB: Final = -44.0
_TOP_DB: Final = -10.0
"""Mean levels between which an amplitude is drawn, of a sound that is mixed as usual."""
_SPECTRUM_FLOOR: Final = -58.0
_SPECTRUM_TOP: Final = -14.0
_CURVE: Final = 1.8
_SPECTRUM_CURVE: Final = 1.5
"""Above 1, quiet parts are drawn smaller than decibels would have them: they are felt so."""
_LONGEST_FALL: Final = 60
"""Spectra that one can still see the peak of another after."""
_GRAIN: Final = 16
"""Steps of a canvas unit that heights are rounded to."""
_EPSILON: Final = 1e-6

type Clock = Callable[[float], float | None]
"""Seconds of the layer → seconds of the file, or None where nothing is heard."""


class Bars(NamedTuple):
    """What is drawn at one time: bar centres and heights in steps of 1/16 unit, and up to where it was heard."""

    centers: bytes
    heights: bytes
    played: int | None


class WaveformContent:
    """A waveform layer."""

    heavy = False

    def __init__(self, layer: WaveformLayer, place: Place, kit: Kit, start: float) -> None:
        self._layer, self._place = layer, place
        self._path, self._clock = _sound(layer, kit, start)
        self._fill = Fill(layer.fill, kit.palette)
        self._played = Fill(layer.played, kit.palette) if layer.played is not None else None
        radial = layer.style == "radial"
        side = min(place.width, place.height)
        room = math.pi * side * layer.inner if radial else place.width
        pitch = max(layer.bar_width + layer.gap, room / MAX_BARS)
        self._count = max(3, int((room + (0 if radial else layer.gap)) / pitch))
        if radial:
            self._count += self._count % 2
        self._pitch = room / self._count if radial else pitch
        self._bar = min(layer.bar_width * pitch / (layer.bar_width + layer.gap), self._pitch)
        self._radius = self._bar / 2 if layer.radius is None else min(layer.radius, self._bar / 2)
        self._tall = (side / 2) * (1 - layer.inner) if radial else place.height
        self._values: dict[int, float] = {}
        self._last: tuple[float, Bars] | None = None
        self.bounds: Bounds = (-self._bar, -self._bar, place.width + self._bar, place.height + self._bar)

    def state(self, t: float) -> Hashable:
        played = self._played.state(t) if self._played else None
        return self._bars(t), self._fill.state(t), played

    def opaque(self, t: float) -> bool:  # noqa: ARG002  part of Content
        return False

    def extent(self, base: Affine, t: float) -> Bounds:  # noqa: ARG002  part of Content
        return base.bounds(*self.bounds)

    def _bars(self, t: float) -> Bars:
        if self._last is None or self._last[0] != t:
            self._last = (t, self._made(t))
        return self._last[1]

    def _made(self, t: float) -> Bars:
        layer, width = self._layer, self._place.width
        spare = (width - (self._count * self._pitch - layer.gap)) / 2
        centers = spare + self._bar / 2 + self._pitch * np.arange(self._count)
        played: float | None = None
        if layer.show == "spectrum":
            heights = self._spectrum(t)
        elif layer.style == "radial":
            heights = self._ripples(t)
        elif layer.window is None:
            step = self._place.life / self._count
            heights = np.array([self._amplitude(index, step) for index in range(self._count)])
            played = width * t / self._place.life if self._place.life else width
        else:
            step = layer.window * self._pitch / width
            # Bars have their places in time and pass by; those at the edges come and go by growing and shrinking.
            first = math.floor((t - layer.window / 2) / step) - 1
            index = np.arange(first, first + math.ceil(layer.window / step) + 3)
            centers = ((index + 0.5) * step - t) / layer.window * width + width / 2
            near = np.clip(np.minimum(centers, width - centers) / (2 * self._pitch), 0, 1)
            kept = near > 0
            heights = np.array([self._amplitude(int(bar), step) for bar in index[kept]]) * near[kept]
            centers, played = centers[kept], width / 2
        return Bars(
            np.round(centers * _GRAIN).astype(np.int32).tobytes(),
            np.round(heights * self._tall * _GRAIN).astype(np.int32).tobytes(),
            None if played is None or self._played is None else round(played * _GRAIN),
        )

    def _amplitude(self, index: int, step: float) -> float:
        """How tall the bar is that stands for the seconds `index * step` … of the layer, 0…1."""
        own = 1 - self._layer.smoothing / 2
        beside = self._layer.smoothing / 4
        value = own * self._level(index, step)
        if beside:
            value += beside * (self._level(index - 1, step) + self._level(index + 1, step))
        return value

    def _level(self, index: int, step: float) -> float:
        known = self._values.get(index)
        if known is not None:
            return known
        if len(self._values) > 4 * MAX_BARS:
            self._values.clear()
        at = self._clock((index + 0.5) * step)
        value = 0.0
        if at is not None:
            cells = max(1, round(step * RATE / CELL))
            mean = float(envelope.power(self._path, math.floor(at * RATE / CELL - cells / 2 + 0.5), cells).mean())
            value = float(_shaped(10 * math.log10(mean + 1e-12) + self._layer.gain, _FLOOR_DB, _TOP_DB) ** _CURVE)
        self._values[index] = value
        return value

    def _ripples(self, t: float) -> Values:
        """What is heard now at the top, and what was heard runs down both sides."""
        half = self._count // 2
        step = (self._layer.window or self._place.life or 1.0) / max(1, half)
        last = math.floor(t / step)
        share = t / step - last
        values = [self._amplitude(last - back, step) for back in range(half + 2)]
        run = np.array([values[k] * share + values[k + 1] * (1 - share) for k in range(half + 1)])
        return np.concatenate([run, run[half - 1 : 0 : -1]])

    def _spectrum(self, t: float) -> Values:
        radial = self._layer.style == "radial"
        bands = self._count // 2 + 1 if radial else self._count
        found = self._decayed(t, bands)
        return np.concatenate([found, found[-2:0:-1]]) if radial else found

    def _decayed(self, t: float, bands: int) -> Values:
        """Bands at `t`, coming down from the peaks before it."""
        at = self._clock(t)
        fall = 0.02 + 0.5 * (1 - self._layer.smoothing) ** 3
        steps = 1 if self._layer.smoothing == 0 else min(_LONGEST_FALL, math.ceil(1 / fall))
        if at is None:
            return np.zeros(bands)
        last = math.floor(at * RATE / HOP + _EPSILON)
        levels = envelope.spectra(self._path, last - steps + 1, steps, bands) + self._layer.gain
        heights = _shaped(levels, _SPECTRUM_FLOOR, _SPECTRUM_TOP) ** _SPECTRUM_CURVE
        back = np.arange(steps - 1, -1, -1)[:, None]
        found: Values = np.clip(heights - back * fall, 0.0, 1.0).max(axis=0)
        return found

    def draw(self, canvas: skia.Canvas, base: Affine, t: float, paint: skia.Paint) -> None:
        bars = self._bars(t)
        centers = np.frombuffer(bars.centers, np.int32) / _GRAIN
        heights = np.frombuffer(bars.heights, np.int32) / _GRAIN
        line = self._layer.style == "line"
        path = self._line(centers, heights) if line else self._path_of(centers, heights)
        canvas.save()
        canvas.setMatrix(base.matrix())
        if bars.played is None:
            self._paint(canvas, path, self._fill, t, paint)
        else:
            edge, (left, top, right, bottom) = bars.played / _GRAIN, self.bounds
            for fill, side in ((self._played, (left, edge)), (self._fill, (edge, right))):
                canvas.save()
                canvas.clipRect(skia.Rect.MakeLTRB(side[0], top, side[1], bottom), skia.ClipOp.kIntersect, True)
                if fill is not None:
                    self._paint(canvas, path, fill, t, paint)
                canvas.restore()
        canvas.restore()

    def _paint(self, canvas: skia.Canvas, path: skia.Path, fill: Fill, t: float, paint: skia.Paint) -> None:
        own = fill.paint(t, (0.0, 0.0, self._place.width, self._place.height))
        own.setAlphaf(own.getAlphaf() * paint.getAlphaf())
        own.setBlendMode(paint.getBlendMode())
        if self._layer.style == "line":
            own.setStyle(skia.Paint.kStroke_Style)
            own.setStrokeWidth(self._bar)
            own.setStrokeJoin(skia.Paint.kRound_Join)
            own.setStrokeCap(skia.Paint.kRound_Cap)
        canvas.drawPath(path, own)

    def _path_of(self, centers: Values, heights: Values) -> skia.Path:
        path, style = skia.Path(), self._layer.style
        low, width = self._place.height, self._place.width
        if style == "radial":
            return self._circle(heights)
        for x, height in zip(centers.tolist(), heights.tolist(), strict=True):
            bar = min(self._bar, 2 * max(0.0, min(x, width - x)))
            radius = min(self._radius, bar / 2)
            tall = max(bar, height)
            top = low - tall if style == "bars" else (low - tall) / 2
            path.addRoundRect(skia.Rect.MakeXYWH(x - bar / 2, top, bar, tall), radius, radius)
        return path

    def _circle(self, heights: Values) -> skia.Path:
        path, bar = skia.Path(), self._bar
        x, y = self._place.width / 2, self._place.height / 2
        inner = min(x, y) * self._layer.inner
        for index, height in enumerate(heights.tolist()):
            one = skia.Path()
            one.addRoundRect(
                skia.Rect.MakeXYWH(-bar / 2, -inner - max(bar, height), bar, max(bar, height)),
                self._radius,
                self._radius,
            )
            turn = skia.Matrix.RotateDeg(360 * index / len(heights))
            turn.postTranslate(x, y)
            path.addPath(one, turn)
        return path

    def _line(self, centers: Values, heights: Values) -> skia.Path:
        path = skia.Path()
        tops = self._place.height - self._bar / 2 - heights * (1 - self._bar / max(self._bar, self._place.height))
        points = list(zip(centers.tolist(), tops.tolist(), strict=True))
        if not points:
            return path
        path.moveTo(*points[0])
        for (x0, y0), (x1, y1) in pairwise(points):
            middle = (x0 + x1) / 2
            path.cubicTo(middle, y0, middle, y1, x1, y1)
        return path


def _shaped(decibels: "Values | float", floor: float, top: float) -> Values:
    shaped: Values = np.clip((np.asarray(decibels) - floor) / (top - floor), 0.0, 1.0)
    return shaped


def _sound(layer: WaveformLayer, kit: Kit, start: float) -> tuple[Path, Clock]:
    """The file of a layer, and which second of it is heard at each second of the layer, which starts at `start`."""
    track = kit.tracks[layer.track] if layer.track is not None else None
    asset = track.asset if track else str(layer.asset)
    path = kit.assets.get(asset)
    if path is None:
        raise UnreadableMedia(f"The sound {asset} is missing.")
    lasts = sound_duration(path)
    if lasts is None:
        raise UnreadableMedia(f"{path.name} has no sound.")
    if track is None:
        return path, lambda t: t + layer.trim_start
    return path, _heard(track, start, lasts)


def _heard(track: AudioTrack, start: float, lasts: float) -> Clock:
    end = lasts if track.trim_end is None else min(lasts, track.trim_end)
    period = max(_EPSILON, end - track.trim_start)

    def at(t: float) -> float | None:
        since = t + start - track.start
        if since < 0 or (track.duration is not None and since >= track.duration):
            return None
        if track.loop:
            since %= period
        return track.trim_start + since if since < period else None

    return at
