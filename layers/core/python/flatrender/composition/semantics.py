"""What a well-formed composition may still get wrong: files, fonts, theme, times, sizes."""

import math
from collections.abc import Hashable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

from flatrender.composition import limits, paths, timeline
from flatrender.composition.assets import AssetInfo
from flatrender.composition.fonts import FontTable
from flatrender.composition.layers import ImageLayer, ShapeLayer, VideoLayer
from flatrender.composition.layers_base import Path
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.layers_lottie import ImageSlot, LottieLayer, TextSlot, slot_problem
from flatrender.composition.layers_svg import SvgLayer
from flatrender.composition.layers_text import CounterLayer, TextLayer
from flatrender.composition.layers_waveform import MAX_STANDING, WaveformLayer
from flatrender.composition.nested import TOO_MANY
from flatrender.composition.properties import written
from flatrender.composition.schema_faults import closest, escape
from flatrender.composition.schemas import AudioTrack, Composition, Theme
from flatrender.composition.scopes import expressions_in
from flatrender.composition.semantics_text import captions_faults, font_fault, text_faults
from flatrender.composition.semantics_text import fault as _fault
from flatrender.composition.timeline import EPSILON, PlacedLayer
from flatrender.composition.transitions import LumaMatte
from flatrender.kernel.faults import Fault

_TEXT_KEYS: Final = frozenset({"text", "prefix", "suffix", "id", "family", "default"})
_TOLERANCE: Final = 1e-3


def check(composition: Composition, document: Any, assets: Mapping[str, AssetInfo], fonts: FontTable) -> list[Fault]:
    """Every fault that the schema cannot see. `document` is the raw form of `composition`."""
    found = [*_theme(composition, document, fonts), *_times(composition), *composition.faults]
    found += _mattes(composition, assets)
    found += _lotties(composition)
    seen = set[Hashable]()
    expressions = sum(expressions_in(track) for track in composition.audio)
    for count, placed in enumerate(timeline.layers(composition), 1):
        if count > limits.MAX_LAYERS:
            found.append(TOO_MANY)
            break
        expressions += expressions_in(placed.layer)
        if expressions > limits.MAX_EXPRESSIONS:
            most = f"A composition may have at most {limits.MAX_EXPRESSIONS} expressions in all."
            found.append(_fault("", "too_many_expressions", most))
            break
        # A layer of a nested composition is the same in each use that gives it no value of its own.
        life, offset = placed.end - placed.start, placed.start - placed.parent_start
        key = (id(placed.layer), placed.pointer, placed.depth, life, offset, placed.parent_end - placed.parent_start)
        if key in seen:
            continue
        seen.add(key)
        for fault in _layer(placed, composition, assets, fonts, seen):
            found.append(fault.model_copy(update={"pointer": written(fault.pointer, placed.given)}))
    for index, track in enumerate(composition.audio):
        found += _audio(track, f"/audio/{index}", composition.duration, assets)
    # Runs that share their layer's font would each complain of it.
    return list({(fault.pointer, fault.code, fault.message): fault for fault in found}.values())


def _theme(composition: Composition, document: Any, fonts: FontTable) -> Iterator[Fault]:
    theme = composition.theme
    for role, font in theme.fonts.items():
        if font.family not in fonts.families:
            yield font_fault(f"/theme/fonts/{escape(role)}/family", font.family, fonts)
    yield from _theme_colors(theme)
    for pointer, key, value in chain(_references(document, ""), composition.references):
        if key in _TEXT_KEYS:
            continue
        name = value.removeprefix("theme:")
        if key == "font":
            # body, heading and the like are understood without a theme: they fall back to the default family.
            if name not in theme.fonts and theme.fonts:
                hint = closest(name, theme.fonts) or "."
                yield _fault(pointer, "theme_font", f"The theme has no font role {name!r}{hint}")
        elif name not in theme.colors:
            yield _fault(
                pointer, "theme_color", f"The theme has no colour {name!r}{closest(name, theme.colors) or '.'}"
            )


def _theme_colors(theme: Theme) -> Iterator[Fault]:
    for name in theme.colors:
        seen, color = {name}, theme.colors[name]
        while color.startswith("theme:"):
            target = color.removeprefix("theme:")
            if target in seen:
                yield _fault(f"/theme/colors/{escape(name)}", "theme_color", f"The colour {name!r} refers to itself.")
                break
            seen.add(target)
            color = theme.colors.get(target, "")
        if len(seen) > 6:
            yield _fault(
                f"/theme/colors/{escape(name)}", "theme_color", f"The colour {name!r} refers on more than five times."
            )


def _references(node: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    """(pointer, key, value) of every `theme:` name in the document."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(value, str):
            if value.startswith("theme:"):
                yield f"{pointer}/{escape(key)}", str(key), value
        elif key == "properties" and isinstance(value, dict):
            # Whether a text in there names a colour depends on where it goes: see `Composition.references`.
            for name, given in value.items():
                yield from _references({} if isinstance(given, str) else given, f"{pointer}/properties/{escape(name)}")
        else:
            yield from _references(value, f"{pointer}/{escape(key)}")


def _mattes(composition: Composition, assets: Mapping[str, AssetInfo]) -> Iterator[Fault]:
    for index, scene in enumerate(composition.scenes):
        if isinstance(scene.transition, LumaMatte) and scene.transition.asset is not None:
            yield from _asset(scene.transition.asset, "image", f"/scenes/{index}/transition/asset", assets)


def _times(composition: Composition) -> Iterator[Fault]:
    placed = timeline.scenes(composition)
    for scene, after in zip(placed, [*placed[1:], None], strict=True):
        outgoing = after.overlap if after else 0.0
        if scene.overlap + outgoing > scene.scene.duration + EPSILON:
            index = scene.index if scene.overlap >= outgoing or after is None else after.index
            yield _fault(
                f"/scenes/{index}/transition/duration",
                "transition_overlap",
                f"The transitions into and out of scene {scene.index} take {scene.overlap + outgoing:g} s together, "
                f"longer than the scene itself ({scene.scene.duration:g} s).",
            )
    if composition.duration > limits.MAX_DURATION:
        yield _fault(
            "/scenes",
            "duration",
            f"The video would last {composition.duration:g} s; the most is {limits.MAX_DURATION:g} s.",
        )


def _layer(
    placed: PlacedLayer,
    composition: Composition,
    assets: Mapping[str, AssetInfo],
    fonts: FontTable,
    seen: set[Hashable],
) -> Iterator[Fault]:
    layer, pointer = placed.layer, placed.pointer
    life = placed.parent_end - placed.parent_start
    if placed.depth > limits.MAX_NESTING:
        yield _fault(pointer, "too_deep", f"Groups may be nested at most {limits.MAX_NESTING} deep.")
    if layer.start >= life - EPSILON:
        yield _fault(
            f"{pointer}/start",
            "time_outside",
            f"The layer starts at {layer.start:g} s, when what holds it has ended ({life:g} s).",
        )
    elif layer.duration is not None and layer.start + layer.duration > life + _TOLERANCE:
        yield _fault(
            f"{pointer}/duration",
            "time_outside",
            f"The layer would end at {layer.start + layer.duration:g} s; what holds it ends at {life:g} s.",
        )
    box = getattr(layer, "box", None)
    if box is not None and min(box[2:]) < limits.MIN_SIDE:
        yield _fault(f"{pointer}/box", "empty_box", f"Width and height of a box must be at least {limits.MIN_SIDE:g}.")
    masks = [(f"{pointer}/mask", layer.mask)] if layer.mask is not None else []
    for where, mask in [*masks, *((f"{pointer}/masks/{index}", mask) for index, mask in enumerate(layer.masks))]:
        if mask.box is not None and min(mask.box[2:]) < limits.MIN_SIDE:
            least = f"Width and height of a mask's box must be at least {limits.MIN_SIDE:g}."
            yield _fault(f"{where}/box", "empty_box", least)
        if isinstance(mask.geometry, Path):
            yield from _path(mask.geometry, f"{where}/geometry")
    if layer.effects is not None and layer.effects.lut is not None and layer.effects.lut.asset is not None:
        yield from _asset(layer.effects.lut.asset, "lut", f"{pointer}/effects/lut/asset", assets)
    yield from _content(placed, composition, assets, fonts, seen)


def _content(  # noqa: C901, PLR0912  one case per layer type
    placed: PlacedLayer,
    composition: Composition,
    assets: Mapping[str, AssetInfo],
    fonts: FontTable,
    seen: set[Hashable],
) -> Iterator[Fault]:
    layer, pointer = placed.layer, placed.pointer
    match layer:
        case TextLayer():
            if sum(len(run.text) for run in layer.runs) > limits.MAX_TEXT:
                yield _fault(
                    f"{pointer}/runs", "text_too_long", f"A text layer may have at most {limits.MAX_TEXT} characters."
                )
            for index, run in enumerate(layer.runs):
                where = f"{pointer}/runs/{index}"
                font_pointer = f"{where}/font" if run.font else f"{pointer}/style/font"
                yield from text_faults(
                    run.text, run.font or layer.style.font, f"{where}/text", font_pointer, composition, fonts
                )
        case CounterLayer():
            for name, words in (("prefix", layer.prefix), ("suffix", layer.suffix)):
                style = f"{pointer}/style/font"
                yield from text_faults(words, layer.style.font, f"{pointer}/{name}", style, composition, fonts)
        case CaptionsLayer():
            # Uses of a nested composition that give it another style share its cues.
            cues = (id(layer.cues), layer.style.font, pointer)
            if layer.cues is None or cues not in seen:
                seen.add(cues)
                if layer.asset is not None:
                    yield from _asset(layer.asset, "captions", f"{pointer}/asset", assets)
                yield from captions_faults(layer, pointer, composition, assets, fonts)
        case WaveformLayer():
            yield from _waveform(placed, layer, composition, assets)
        case ImageLayer():
            yield from _asset(layer.asset, "image", f"{pointer}/asset", assets)
        case VideoLayer():
            yield from _asset(layer.asset, "video", f"{pointer}/asset", assets)
            yield from _trim(layer, pointer, assets)
            yield from _duck(layer.audio_role, layer, pointer)
        case SvgLayer():
            yield from _asset(layer.asset, "svg", f"{pointer}/asset", assets)
        case LottieLayer():
            yield from _asset(layer.asset, "lottie", f"{pointer}/asset", assets)
            yield from _trim(layer, pointer, assets)
            yield from _slots(layer, pointer, composition, assets, fonts)
        case ShapeLayer():
            if layer.trim is not None and layer.stroke is None:
                yield _fault(f"{pointer}/trim", "trim", "'trim' is about the stroke of a shape; this one has none.")
            if isinstance(layer.geometry, Path):
                yield from _path(layer.geometry, f"{pointer}/geometry")


def _slots(
    layer: LottieLayer, pointer: str, composition: Composition, assets: Mapping[str, AssetInfo], fonts: FontTable
) -> Iterator[Fault]:
    info = assets.get(layer.asset)
    yield from text_faults("", layer.font, pointer, f"{pointer}/font", composition, fonts)
    for name, slot in layer.slots.items():
        where = f"{pointer}/slots/{escape(name)}"
        problem = slot_problem(name, slot, info.slots if info else None)
        if problem:
            yield _fault(where, "slot", problem)
        if isinstance(slot, TextSlot):
            yield from text_faults(slot.text, layer.font, f"{where}/text", f"{pointer}/font", composition, fonts)
        elif isinstance(slot, ImageSlot):
            yield from _asset(slot.asset, "image", f"{where}/asset", assets)


def _lotties(composition: Composition) -> Iterator[Fault]:
    layers = islice(timeline.layers(composition), limits.MAX_LAYERS)
    if sum(isinstance(placed.layer, LottieLayer) for placed in layers) > limits.MAX_LOTTIES:
        yield _fault("", "too_many_layers", f"A composition may have at most {limits.MAX_LOTTIES} Lottie layers.")


def _waveform(
    placed: PlacedLayer, layer: WaveformLayer, composition: Composition, assets: Mapping[str, AssetInfo]
) -> Iterator[Fault]:
    if layer.asset is not None:
        yield from _asset(layer.asset, "audio", f"{placed.pointer}/asset", assets)
    elif (layer.track or 0) >= len(composition.audio):
        message = f"There is no track {layer.track}; 'audio' has {len(composition.audio)}, counted from 0."
        yield _fault(f"{placed.pointer}/track", "track_missing", message)
    if layer.window is None and layer.show == "amplitude" and placed.end - placed.start > MAX_STANDING:
        message = f"More than {MAX_STANDING:g} s cannot be shown at once; give a 'window'."
        yield _fault(f"{placed.pointer}/window", "too_long", message)


def _path(path: Path, pointer: str) -> Iterator[Fault]:
    data = (
        [("", path.data)]
        if isinstance(path.data, str)
        else [(f"/keyframes/{n}/value", step.value) for n, step in enumerate(path.data.keyframes)]
    )
    if sum(len(text) for _, text in data) > limits.MAX_PATHS:
        most = f"All keyframes of a path may have at most {limits.MAX_PATHS} characters."
        yield _fault(f"{pointer}/data", "path_too_long", most)
        return
    forms = []
    for where, text in data:
        try:
            forms.append(paths.form_of(text))
        except ValueError as error:
            yield _fault(f"{pointer}/data{where}", "path_data", f"This is not valid SVG path data: {error}.")
            return
        if forms[-1] != forms[0]:
            told = f"Paths of keyframes need the same commands; this one has {forms[-1][:60]}, not {forms[0][:60]}."
            yield _fault(f"{pointer}/data{where}", "path_form", told)
            return
    if min(path.view_box[2:]) < limits.MIN_SIDE:
        yield _fault(
            f"{pointer}/view_box", "empty_box", f"Width and height of a view box must be at least {limits.MIN_SIDE:g}."
        )


def _better(found: str, needed: str) -> str:
    vector = needed == "image" and found in {"svg", "lottie"}
    return f", for which there are layers of type {found!r}" if vector else ""


def _asset(asset: str, kind: str, pointer: str, assets: Mapping[str, AssetInfo]) -> Iterator[Fault]:
    info = assets.get(asset)
    if info is None:
        yield _fault(pointer, "asset_missing", f"There is no file {asset}; upload it first, or choose another.")
    elif not info.ready:
        yield _fault(pointer, "asset_not_ready", f"The file {asset} is still being checked; wait until it is ready.")
    elif info.kind != kind and not (kind == "audio" and info.kind == "video" and info.has_audio):
        needed = {
            "image": "a picture",
            "video": "a video",
            "audio": "sound",
            "captions": "a captions file",
            "lut": "a LUT",
        }.get(kind, f"a file of kind {kind!r}")
        yield _fault(
            pointer,
            "asset_kind",
            f"{needed.capitalize()} is needed here; the file {asset} is of kind {info.kind!r}"
            f"{_better(info.kind, kind)}.",
        )
    elif kind == "image" and (info.width or 0) * (info.height or 0) > limits.MAX_PICTURE_PIXELS:
        yield _fault(
            pointer,
            "asset_too_large",
            f"The picture {asset} has {info.width} x {info.height} pixels; make it smaller than "
            f"{limits.MAX_PICTURE_PIXELS / 1e6:.0f} million.",
        )


def _trim(
    part: VideoLayer | AudioTrack | LottieLayer, pointer: str, assets: Mapping[str, AssetInfo]
) -> Iterator[Fault]:
    if part.trim_end is not None and part.trim_end <= part.trim_start:
        yield _fault(f"{pointer}/trim_end", "time_outside", "'trim_end' must be later than 'trim_start'.")
    info = assets.get(part.asset)
    if info and info.duration is not None and part.trim_start >= info.duration:
        yield _fault(
            f"{pointer}/trim_start",
            "time_outside",
            f"The file lasts {info.duration:g} s; 'trim_start' lies after its end.",
        )
    if not part.loop or isinstance(part, LottieLayer):
        return
    end = min(part.trim_end or math.inf, (info.duration if info else None) or math.inf)
    lasts = (end - part.trim_start) / (part.speed if isinstance(part, VideoLayer) else 1.0)
    # A video of a single frame may be looped: it is as short as that itself, and stands still.
    chosen = isinstance(part, AudioTrack) or part.trim_start > 0 or part.trim_end is not None
    if chosen and 0 < lasts < limits.MIN_LOOP - EPSILON:
        least = f"What is looped must last at least {limits.MIN_LOOP:g} s; this lasts {lasts:g} s."
        yield _fault(f"{pointer}/loop", "loop_too_short", least)


def _duck(role: str, part: VideoLayer | AudioTrack, pointer: str) -> Iterator[Fault]:
    if part.duck is not None and part.duck.by == role:
        yield _fault(f"{pointer}/duck", "duck_itself", f"A sound of the role {role!r} cannot go down under {role}.")


def _audio(track: AudioTrack, pointer: str, duration: float, assets: Mapping[str, AssetInfo]) -> Iterator[Fault]:
    yield from _asset(track.asset, "audio", f"{pointer}/asset", assets)
    yield from _trim(track, pointer, assets)
    yield from _duck(track.role, track, pointer)
    if track.start >= duration - EPSILON:
        yield _fault(
            f"{pointer}/start",
            "time_outside",
            f"The track starts at {track.start:g} s; the video ends at {duration:g} s.",
        )
    length = (track.duration if track.duration is not None else duration) + _TOLERANCE
    if track.fade_in + track.fade_out > length:
        yield _fault(f"{pointer}/fade_out", "time_outside", "Fading in and out takes longer than the track plays.")
