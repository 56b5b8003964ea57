"""Draws the frames of a composition.

What a frame looks like depends on its number alone, never on what was drawn before it: caches hold what would be
drawn anyway, and which layers are drawn together into one cached image follows from the composition. So chunks drawn
apart join without a seam.
"""

import math
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Final

import skia

from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.timeline import EPSILON, PlacedScene, scenes
from flatrender.engine.contents import finished
from flatrender.engine.draw_mattes import Mattes
from flatrender.engine.draw_transitions import combine
from flatrender.engine.fonts import default_dir, library
from flatrender.engine.layers import LayerNode
from flatrender.engine.layers_base import Kit, Place
from flatrender.engine.layers_fill import FillContent
from flatrender.engine.outputs.ground import Doubled
from flatrender.engine.paints import Palette, color4f
from flatrender.engine.surface import NEAREST, Affine, Canvas, Pixels, Surface

_KEPT_RUNS: Final = 6
"""Cached images of resting layers per stage; a full-screen one takes 8 MB at 1080p."""

_LOOK: Final = 0.5
"""Seconds that what was drawn last is kept after its end: whether a layer rests is seen from the frames beside it."""

CLEAR: Final = skia.Color4f(0, 0, 0, 0)
_COPY: Final = skia.Paint(BlendMode=skia.BlendMode.kSrc)


class Stage:
    """Layers on one surface: a scene, or the overlays. Neighbours that rest are merged into one image."""

    def __init__(  # noqa: PLR0917 - two calls, below
        self,
        nodes: list[LayerNode],
        background: FillContent | None,
        start: float,
        kit: Kit,
        profile: Profile,
        ground: skia.Color4f | None = None,
    ) -> None:
        self._nodes, self._background, self._start, self._ground = nodes, background, start, ground
        self._fps, self._width, self._height = profile.fps, profile.width, profile.height
        self._base = Affine().scale(kit.scale, kit.scale)
        self._runs: dict[Hashable, tuple[skia.Image, int, int]] = {}
        self._states: dict[int, tuple[Hashable, ...]] = {}

    def states(self, frame: int) -> tuple[Hashable, ...]:
        """What each layer, the background first, would draw in a frame; None for those not to be seen."""
        known = self._states.get(frame)
        if known is None:
            if len(self._states) > 8:
                self._states.clear()
            time = frame / self._fps
            back = self._background.state(time - self._start) if self._background else None
            known = self._states[frame] = (back, *(node.state(time) for node in self._nodes))
        return known

    def _rests(self, frame: int, index: int) -> bool:
        """Whether a layer looks the same in the frame before or after."""
        now = self.states(frame)[index]
        return now == self.states(frame + 1)[index] or (frame > 0 and now == self.states(frame - 1)[index])

    def _covers(self, index: int, time: float) -> bool:
        if index == 0:
            return self._background is not None and self._background.opaque(time - self._start)
        return self._nodes[index - 1].covers(self._base, time, self._width, self._height)

    def draw(self, canvas: skia.Canvas, frame: int) -> None:
        """Draw onto `canvas`; with a background every pixel is covered, where that is transparent by `ground`."""
        time = frame / self._fps
        states = self.states(frame)
        items = [i for i in range(1, len(states)) if states[i] is not None]
        if self._background is not None:
            items.insert(0, 0)
        ground = next((i for i in reversed(items) if self._covers(i, time)), 0)
        if ground == 0 and self._ground is not None and not self._covers(0, time):
            canvas.clear(self._ground)
        run: list[int] = []
        for i in items:
            if i < ground:
                continue
            grounded = bool(run) and self._covers(run[0], time)
            if self._rests(frame, i) and (i == 0 or grounded or not self._nodes[i - 1].blends):
                run.append(i)
                continue
            self._flush(canvas, run, frame)
            run = []
            self._draw_one(canvas, self._base, i, time)
        self._flush(canvas, run, frame)

    def release(self, before: float = math.inf) -> None:
        """Let go of what was made for layers that have ended before that time; without a time, for all."""
        for node in self._nodes:
            if node.end < before:
                node.release()
        if before == math.inf:
            self._runs.clear()
            self._states.clear()

    def _draw_one(self, canvas: skia.Canvas, base: Affine, index: int, time: float) -> None:
        if index:
            self._nodes[index - 1].draw(canvas, base, time)
        elif self._background is not None:
            self._background.draw(canvas, base, time - self._start, skia.Paint())

    def _flush(self, canvas: skia.Canvas, run: list[int], frame: int) -> None:
        """Draw a run of resting layers from its cached image."""
        if not run:
            return
        states, time = self.states(frame), frame / self._fps
        key = tuple((i, states[i]) for i in run)
        if key not in self._runs and not self._covers(run[0], time) and not self._worth_merging(run, time):
            for i in run:
                self._draw_one(canvas, self._base, i, time)
            return
        made = self._runs.get(key)
        if made is None:
            if len(self._runs) >= _KEPT_RUNS:
                self._runs.pop(next(iter(self._runs)))
            made = self._runs[key] = self._merge(run, time)
        image, left, top = made
        canvas.resetMatrix()
        canvas.drawImage(image, left, top, NEAREST, _COPY if image.isOpaque() else None)

    def _worth_merging(self, run: list[int], time: float) -> bool:
        """Whether one image of all is less to copy than each one's own: groups and blurs cost more than a copy."""
        areas = [_area(self._clipped([i], time)) * (self._nodes[i - 1].cost(time) if i else 1) for i in run]
        return _area(self._clipped(run, time)) < sum(areas)

    def _clipped(self, run: list[int], time: float) -> tuple[int, int, int, int]:
        """The whole pixels of the canvas that some layers touch."""
        whole = (0.0, 0.0, float(self._width), float(self._height))
        edges = [self._nodes[i - 1].bounds(self._base, time) if i else whole for i in run]
        left, top = int(max(0, min(e[0] for e in edges) - 1)), int(max(0, min(e[1] for e in edges) - 1))
        right, bottom = max(e[2] for e in edges) + 2, max(e[3] for e in edges) + 2
        return left, top, max(left + 1, int(min(self._width, right))), max(top + 1, int(min(self._height, bottom)))

    def _merge(self, run: list[int], time: float) -> tuple[skia.Image, int, int]:
        solid = self._covers(run[0], time)
        left, top, right, bottom = (0, 0, self._width, self._height) if solid else self._clipped(run, time)
        target = Canvas(right - left, bottom - top, opaque=solid)
        shifted = self._base._replace(tx=-float(left), ty=-float(top))
        for i in run:
            self._draw_one(target.skia, shifted, i, time)
        return target.snapshot(), left, top


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


class FrameSource:
    """Draws a composition frame by frame into one buffer.

    `assets` maps asset ids to files, `profile` says how many pixels and frames per second, `fonts_dir` where fonts lie.
    `surface` makes what whole frames are put together on; a device's makes it there. Layers are drawn here either way.
    Raises FontMissing at once; AssetUnreadable or VideoUnreadable when a frame needs a file that cannot be used.
    """

    def __init__(
        self,
        composition: Composition,
        assets: Mapping[str, Path],
        profile: Profile,
        fonts_dir: Path | None = None,
        surface: Surface = Canvas,
    ) -> None:
        canvas, theme = composition.canvas, composition.theme
        self.frame_count = profile.frame_count(composition.duration)
        self._fps = profile.fps
        self._palette = Palette(theme.colors)
        scale = max(profile.width / canvas.width, profile.height / canvas.height)
        fonts = library(fonts_dir or default_dir())
        kit = Kit(self._palette, fonts, theme.fonts, assets, scale, 1 / profile.fps, finished, composition.audio)
        place = Place(canvas.width, canvas.height, (0.0, 0.0), composition.duration, scale)
        self._scenes = scenes(composition)
        self._stages: list[Stage] = []
        ground = CLEAR if profile.alpha else color4f(self._palette.parse(profile.ground))
        for placed in self._scenes:
            within = (placed.start, placed.end)
            nodes = [LayerNode(layer, within, place, kit, n) for n, layer in enumerate(placed.scene.layers)]
            background = FillContent(placed.scene.background or canvas.background, place, kit)
            self._stages.append(Stage(nodes, background, placed.start, kit, profile, ground))
        whole = (0.0, composition.duration)
        above = [LayerNode(layer, whole, place, kit, n) for n, layer in enumerate(composition.overlays)]
        self._overlays = Stage(above, None, 0.0, kit, profile)
        self._alpha = profile.alpha
        self._doubled: Doubled | None = None
        self._mattes = Mattes(assets, profile.width, profile.height)
        self._target = surface(profile.width, profile.height, opaque=not profile.alpha)
        # Mixing scenes with alpha is done here, pixel by pixel.
        self._surface: Surface = Canvas if profile.alpha else surface
        self._sides: list[tuple[Hashable, Canvas]] = []
        self._size = profile.width, profile.height
        self._drawn: Hashable = None
        self._made: set[int] = set()
        self._swept = 0.0

    @property
    def buffer(self) -> Pixels:
        """Height x width x 4 uint8, BGRA; the same memory for every frame.

        Opaque; or premultiplied, with the profile's alpha.
        """
        return self._target.pixels

    def draw(self, frame_index: int) -> bool:
        """Draw a frame of the timeline into `buffer`. False: it is identical to what the buffer held already."""
        frame = min(max(0, frame_index), self.frame_count - 1)
        time = frame / self._fps
        active = [p for p in self._scenes if p.start - EPSILON <= time < p.end - EPSILON] or [self._scenes[-1]]
        states = tuple((p.index, self._stages[p.index].states(frame)) for p in active)
        newest = active[-1]
        progress = (time - newest.start) / newest.overlap if len(active) > 1 else None
        key = (states, progress, self._overlays.states(frame))
        if key == self._drawn:
            return False
        self._drawn = key
        if progress is None:
            self._stages[newest.index].draw(self._target.skia, frame)
        else:
            self._transition(active[-2], newest, progress, frame)
        self._overlays.draw(self._target.skia, frame)
        self._target.finish()
        self._release({placed.index for placed in active}, time)
        return True

    def _release(self, active: set[int], time: float) -> None:
        """Let go of what is over, so that memory does not grow with the length. The next frame may still look back."""
        for index in self._made - active:
            if not self._scenes[index].start - _LOOK < time < self._scenes[index].end + _LOOK:
                self._stages[index].release()
                self._made.discard(index)
        self._made |= active
        if time >= self._swept + _LOOK or time < self._swept:
            self._swept = time
            for stage in (*(self._stages[index] for index in active), self._overlays):
                stage.release(time - _LOOK)

    def _transition(self, old: PlacedScene, new: PlacedScene, progress: float, frame: int) -> None:
        while len(self._sides) < 2:
            self._sides.append((None, self._surface(*self._size, opaque=not self._alpha)))

        def scene(side: int, placed: PlacedScene) -> Canvas:
            stage, (held, canvas) = self._stages[placed.index], self._sides[side]
            key = (placed.index, stage.states(frame))
            if held != key:
                stage.draw(canvas.skia, frame)
                self._sides[side] = (key, canvas)
            return canvas

        if self._alpha:
            self._transition_through(scene(old.index % 2, old), scene(new.index % 2, new), new, progress)
            return
        self._target.skia.resetMatrix()
        combine(
            self._target.skia,
            new.scene.transition,
            progress,
            old=lambda: scene(old.index % 2, old),
            new=lambda: scene(new.index % 2, new),
            old_here=lambda: self._stages[old.index].draw(self._target.skia, frame),
            palette=self._palette,
            mattes=self._mattes,
        )

    def _transition_through(self, old: Canvas, new: Canvas, placed: PlacedScene, progress: float) -> None:
        def mix(canvas: Canvas, old: Canvas, new: Canvas) -> None:
            combine(
                canvas.skia,
                placed.scene.transition,
                progress,
                old=lambda: old,
                new=lambda: new,
                old_here=lambda: canvas.skia.drawImage(old.image(), 0, 0, NEAREST, _COPY),
                palette=self._palette,
                mattes=self._mattes,
            )

        doubled = self._doubled = self._doubled or Doubled(*self._size)
        self._target.fill(lambda target: doubled.draw(target, old, new, mix))
