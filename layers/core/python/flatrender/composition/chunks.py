"""Cuts a render into chunks, each keyed by exactly what it draws.

A chunk is a closed group of pictures; `cuts` says where they begin. Its key covers the layers that are on screen within
it, the content of the files they name, the fonts, the engine and the profile; so a change at second 8 leaves the chunks
before it in the cache.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from flatrender.composition import cuts, timeline
from flatrender.composition.assets import AssetInfo
from flatrender.composition.audio import AudioTrack
from flatrender.composition.fonts import DEFAULT_FAMILY, FontTable, shipped
from flatrender.composition.han import han_language
from flatrender.composition.heard import Sound, sounds
from flatrender.composition.layers import GroupLayer, ImageLayer, Layer, VideoLayer
from flatrender.composition.layers_captions import CaptionsLayer, inline
from flatrender.composition.layers_lottie import ImageSlot, LottieLayer
from flatrender.composition.layers_svg import SvgLayer
from flatrender.composition.layers_text import CounterLayer, TextLayer
from flatrender.composition.layers_waveform import WaveformLayer
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition, Scene
from flatrender.composition.scopes import expressions_in
from flatrender.composition.version import ENGINE_VERSION

CHUNK_SECONDS: Final = 2.5
_SOUND: Final = {"audio_codec", "audio_rate", "audio_bitrate", "streaming"}
_HEARD: Final = {"trim_start", "trim_end", "speed", "loop", "volume", "audio_role", "duck"}
_WHEN: Final = {"start", "duration", "trim_start", "trim_end", "loop"}
_UNSEEN: Final = {
    "id", "asset", "layers", "matte", "source", "volume", "audio_role", "duck", "start", "duration", "cues",
}  # fmt: skip
"""What is no part of how a layer looks, or is told apart: files by their content, times from the timeline."""
_WORDS: Final = {"text", "prefix", "suffix"}
"""What is shown as it is written, even if that is how a colour of the theme is named."""
_CLEAR: Final = {"transform", "enter", "exit"}
"""What may leave nothing to be seen of a layer."""


class ChunkSpec(BaseModel):
    """Frames `first_frame` … `first_frame + frame_count - 1` of the whole; `key` is a SHA-256 in hex."""

    model_config = ConfigDict(frozen=True)

    index: int
    first_frame: int
    frame_count: int
    key: str


def plan(
    composition: Composition,
    profile: Profile,
    assets: Mapping[str, AssetInfo],
    seconds: float = CHUNK_SECONDS,
    fonts: FontTable | None = None,
    *,
    only: int | None = None,
) -> list[ChunkSpec]:
    """The chunks of a render, in order, without gap or overlap, about `seconds` long; with `only`, a chunk of that one
    frame.

    Every asset of the composition must be in `assets`.
    """
    keys = _Keys(composition, profile, assets, fonts or shipped())
    if only is not None:
        return [ChunkSpec(index=0, first_frame=only, frame_count=1, key=keys.key(only, 1))]
    total = profile.frame_count(composition.duration)
    starts = cuts.cuts(composition, profile.fps, total, seconds)
    return [
        ChunkSpec(index=index, first_frame=first, frame_count=end - first, key=keys.key(first, end - first))
        for index, (first, end) in enumerate(pairwise([*starts, total]))
    ]


def files(
    composition: Composition,
    profile: Profile,
    assets: Mapping[str, AssetInfo],
    spans: Iterable[tuple[int, int]],
    fonts: FontTable | None = None,
) -> list[set[str]]:
    """The ids of the files that are opened to draw each of `spans` (first frame, frames); no other need be there."""
    keys = _Keys(composition, profile, assets, fonts or shipped())
    return [keys.files(first, count) for first, count in spans]


def sound_files(composition: Composition, assets: Mapping[str, AssetInfo]) -> set[str]:
    """The ids of the files that are opened for the soundtrack: of all that is heard."""
    return {sound.part.asset for sound in _audible(composition, assets)}


def audio_key(composition: Composition, assets: Mapping[str, AssetInfo], profile: Profile | None = None) -> str | None:
    """The hash of all that is heard, and of how it is encoded; None for a silent composition or profile."""
    if profile is not None and profile.audio_codec is None:
        return None
    heard: list[Any] = []
    for sound in _audible(composition, assets):
        part, info = sound.part, assets[sound.part.asset]
        scope = None if sound.scope is None else astuple(sound.scope)
        if isinstance(part, AudioTrack):
            heard.append(["track", info.sha256, _plain(part), scope])
        else:
            how = part.model_dump(mode="json", include=_HEARD)
            heard.append(["layer", info.sha256, sound.start, sound.until, how, scope])
    loudness = _plain(composition.loudness) if composition.loudness else None
    coded = profile.model_dump(mode="json", include=_SOUND) if profile else None
    # The sound lasts as long as the picture, which is whole frames, and so not the same at any rate of them.
    lasts = [composition.duration, composition.canvas.fps]
    return _hash([ENGINE_VERSION, lasts, loudness, coded, heard]) if heard else None


def _audible(composition: Composition, assets: Mapping[str, AssetInfo]) -> list[Sound]:
    """Sounds without those of videos that have none."""
    return [
        sound
        for sound in sounds(composition)
        if isinstance(sound.part, AudioTrack) or assets[sound.part.asset].has_audio
    ]


def _plain(model: BaseModel) -> Any:
    return model.model_dump(mode="json", exclude={"id", "asset"})


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class _Seen(NamedTuple):
    """The times of a chunk's first and last frame, and of those beside it.

    Whether a layer rests in a frame is seen from the frames beside it: from its state there. So these belong to what a
    chunk depends on, too. A layer that is in none of the chunk's own frames has no state in them; of one in a group, or
    of a matte, it then counts whether it has one in the frame beside, and nothing else.
    """

    first: float
    last: float
    begin: float
    until: float
    held: bool = False
    """Whether this is asked for what a layer holds."""

    @classmethod
    def of(cls, first: int, count: int, fps: int) -> "_Seen":
        return cls(first / fps, (first + count - 1) / fps, (first - 1) / fps, (first + count) / fps)

    def inside(self) -> "_Seen":
        """The same for what a layer holds. It adds times up, and so may differ from these by a rounding."""
        if self.held:
            return self
        off = timeline.EPSILON
        return _Seen(self.first - off, self.last + off, self.begin - off, self.until + off, held=True)

    def shows(self, start: float, end: float) -> bool:
        """Whether something from `start` until `end` is in one of the frames; the terms are those of drawing."""
        return start - timeline.EPSILON <= self.last and self.first < end - timeline.EPSILON

    def touches(self, start: float, end: float) -> bool:
        """Whether something that a layer holds is in a frame beside them."""
        return self.held and start - timeline.EPSILON <= self.until and self.begin < end - timeline.EPSILON


_ALWAYS: Final = _Seen(-math.inf, math.inf, -math.inf, math.inf)


class _Noted(dict[str, AssetInfo]):
    """The files of a composition, and which of them were asked for."""

    def __init__(self, assets: Mapping[str, AssetInfo]) -> None:
        super().__init__(assets)
        self.asked: set[str] = set()

    def __getitem__(self, asset_id: str) -> AssetInfo:
        self.asked.add(asset_id)
        return super().__getitem__(asset_id)


class _Keys:
    """What chunks depend on: whatever draws other pixels when it changes, and so every file that is drawn."""

    def __init__(
        self, composition: Composition, profile: Profile, assets: Mapping[str, AssetInfo], fonts: FontTable
    ) -> None:
        self._composition, self._profile, self._fonts = composition, profile, fonts
        self._assets = _Noted(assets)
        self._scenes = timeline.scenes(composition)
        self._picture = profile.model_dump(mode="json", exclude={"audio_codec", "audio_rate", "audio_bitrate"})
        self._languages: dict[int, str] = {}

    def key(self, first: int, count: int) -> str:
        """The key of the chunk that starts at frame `first`."""
        canvas = self._composition.canvas
        begin: list[Any] = [ENGINE_VERSION, self._picture, canvas.width, canvas.height, first, count]
        seen = _Seen.of(first, count, self._profile.fps)
        return _hash(self._resolved(begin + self._parts(seen, seen)))

    def files(self, first: int, count: int) -> set[str]:
        """The files of the chunk that starts at frame `first`.

        Those of layers in the frames beside it belong to them: drawing asks for their state there.
        """
        self._assets.asked.clear()
        fps = self._profile.fps
        self._parts(_Seen.of(first, count, fps), _Seen.of(first - 1, count + 2, fps))
        return set(self._assets.asked)

    def _parts(self, seen: "_Seen", layers_seen: "_Seen") -> list[Any]:
        """What is in the frames of `seen`; of the scenes that are, the layers that are in those of `layers_seen`."""
        canvas, parts = self._composition.canvas, list[Any]()
        for placed in self._scenes:
            # After the end of the last scene it is that which is shown.
            last = placed is self._scenes[-1]
            if not seen.shows(placed.start, math.inf if last else placed.end):
                continue
            scene = placed.scene
            background = scene.background if scene.background is not None else canvas.background
            shown = self._layers(scene.layers, placed.start, placed.end, layers_seen)
            overlaps = placed.overlap and seen.first < placed.start + placed.overlap
            parts.append(
                [
                    placed.start,
                    self._resolved({"background": _value(background)}),
                    self._transition(scene) if overlaps else None,
                    placed.end < seen.until,
                    shown,
                ]
            )
        parts.append(self._layers(self._composition.overlays, 0.0, self._composition.duration, layers_seen))
        return parts

    def _transition(self, scene: Scene) -> Any:
        asset = getattr(scene.transition, "asset", None)
        return [_plain(scene.transition), self._assets[asset].sha256 if asset else None]

    def _layers(  # noqa: C901  one case per layer type
        self, layers: list[Layer], start: float, end: float, seen: "_Seen"
    ) -> list[Any]:
        shown: list[Any] = []
        for index, layer in enumerate(layers):
            first, last = timeline.span(layer, start, end)
            if not seen.shows(first, last):
                if seen.touches(first, last):
                    shown.append([first, last, index, layer.model_dump(mode="json", include=_CLEAR)])
                continue
            own = layer.model_dump(mode="json", exclude=_UNSEEN)
            entry: dict[str, Any] = {"layer": own, "start": first, "end": last}
            if expressions_in(layer, _UNSEEN):
                entry["index"] = index
            if isinstance(layer, LottieLayer):
                entry |= self._lottie(layer, own)
            if isinstance(layer, (ImageLayer, VideoLayer, SvgLayer, LottieLayer)):
                entry["asset"] = self._assets[layer.asset].sha256
            elif isinstance(layer, (TextLayer, CounterLayer)):
                entry["fonts"] = self._fonts.hashes(self._families(layer))
            elif isinstance(layer, CaptionsLayer):
                entry |= self._captions(layer, seen.begin - first, seen.until - first)
            elif isinstance(layer, WaveformLayer):
                # Which track it is, by its number, is told by what that track is.
                own.pop("track")
                entry["sound"] = self._sound(layer)
            elif isinstance(layer, GroupLayer):
                # In a time of its own any child may be on screen at any time.
                within = seen.inside() if layer.time is None else _ALWAYS
                entry["layers"] = self._layers(layer.layers, *timeline.inner(layer, first, last), within)
            if layer.matte is not None:
                matte = self._layers([layer.matte.layer], first, last, seen.inside())
                entry["matte"] = [layer.matte.mode, matte]
            shown.append(entry | self._lut(layer, own))
        return shown

    def _lut(self, layer: Layer, own: dict[str, Any]) -> dict[str, Any]:
        """The content of a layer's LUT, whose file's id it takes out of what the layer says itself."""
        lut = layer.effects.lut if layer.effects is not None else None
        if lut is None or lut.asset is None:
            return {}
        own["effects"]["lut"]["asset"] = None
        return {"lut": self._assets[lut.asset].sha256}

    def _captions(self, layer: CaptionsLayer, begin: float, until: float) -> dict[str, Any]:
        return {
            "fonts": self._fonts.hashes(self._families(layer)),
            "asset": self._assets[layer.asset].sha256 if layer.asset else None,
            "cues": [_plain(cue) for cue in layer.seen(begin, until)],
            "language": self._language(layer),
        }

    def _language(self, layer: CaptionsLayer) -> str | None:
        """In which language's shapes the Chinese characters of a layer's cues are drawn: all cues tell that of each.

        Those of a file are part of its content. Uses of a nested composition share their cues.
        """
        if layer.cues is None or layer.style.language is not None:
            return None
        told = self._languages.get(id(layer.cues))
        if told is None:
            told = self._languages[id(layer.cues)] = han_language("".join(cue.text for cue in inline(layer)))
        return told

    def _sound(self, layer: WaveformLayer) -> Any:
        if layer.asset is not None:
            return self._assets[layer.asset].sha256
        track = self._composition.audio[layer.track or 0]
        return [self._assets[track.asset].sha256, track.model_dump(mode="json", include=_WHEN)]

    def _families(self, layer: TextLayer | CounterLayer | CaptionsLayer) -> list[str]:
        names = [
            layer.style.font,
            *([run.font for run in layer.runs if run.font] if isinstance(layer, TextLayer) else []),
        ]
        roles = self._composition.theme.fonts
        families = []
        for name in names:
            role = roles.get(name.removeprefix("theme:")) if name.startswith("theme:") else None
            families.append(role.family if role else DEFAULT_FAMILY if name.startswith("theme:") else name)
        return families

    def _lottie(self, layer: LottieLayer, own: dict[str, Any]) -> dict[str, Any]:
        for name, slot in layer.slots.items():
            if isinstance(slot, ImageSlot):
                own["slots"][name]["asset"] = self._assets[slot.asset].sha256
        font = self._resolved(layer.font, "font")
        family = font[0] if isinstance(font, list) else DEFAULT_FAMILY if font.startswith("theme:") else font
        return {"fonts": self._fonts.hashes([family])}

    def _resolved(self, value: Any, key: str = "") -> Any:
        """The value with `theme:` names replaced by what they mean, so that an unused theme entry changes no key."""
        if isinstance(value, dict):
            return {name: self._resolved(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner, key) for inner in value]
        if isinstance(value, str) and value.startswith("theme:") and key not in _WORDS:
            name = value.removeprefix("theme:")
            if key == "font":
                role = self._composition.theme.fonts.get(name)
                return [role.family, role.weight] if role else value
            return self._resolved(self._composition.theme.colors.get(name, value + "?"), key)
        return value


def _value(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
