"""Given any composition and a change to it, then the chunks whose frames change have new keys, and no key changes of
chunks that the change has no part in.
"""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.golden.materials import LOTTIE, SONG, SUBTITLES, VIDEO
from tests.unit.engine_properties.strategies import FPS, Document, documents, layers, read
from tests.unit.engine_properties.test_frames import EXAMPLES, QUICKLY, drawn

from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import ChunkSpec, audio_key, plan
from flatrender.composition.validate import asset_ids

CHUNK_SECONDS = 0.25
KINDS = {VIDEO: "video", SONG: "audio", SUBTITLES: "captions", LOTTIE: "lottie"}

CHANGES: list[Callable[[Document], Any]] = [
    lambda layer: layer.update(transform={"x": 7.0}),
    lambda layer: layer.update(transform={"opacity": 0.35}),
    lambda layer: layer.update(blur=3.5),
    lambda layer: layer.update(blend="difference"),
    lambda layer: layer.update(start=layer.get("start", 0.0) + 0.1),
    lambda layer: layer.update(duration=0.3),
    lambda layer: layer.update(enter={"preset": "drop", "duration": 0.3}),
    lambda layer: layer.update(effects={"adjust": {"brightness": 0.2}}),
    lambda layer: layer.update(mask={"geometry": {"type": "ellipse"}}),
    lambda layer: layer.pop("shadow", None),
    lambda layer: layer.update(id="another"),
]


def infos(document: Document) -> dict[str, AssetInfo]:
    found = {}
    for asset in asset_ids(document):
        kind: Any = KINDS.get(asset, "image")
        found[asset] = AssetInfo(
            id=asset, sha256=asset.replace("-", "") * 2, kind=kind, width=9, height=9, duration=2.0
        )
    return found


def chunks(document: Document) -> list[ChunkSpec]:
    composition, profile = read(document)
    return plan(composition, profile, infos(document), seconds=CHUNK_SECONDS)


def frames_of(chunk: ChunkSpec) -> range:
    return range(chunk.first_frame, chunk.first_frame + chunk.frame_count)


@given(documents(), st.sampled_from(CHANGES))
@QUICKLY
def test_where_frames_change_keys_change(
    assets: Mapping[str, Path], document: Document, change: Callable[[Document], Any]
) -> None:
    changed = copy.deepcopy(document)
    change(changed["scenes"][-1]["layers"][0] if changed["scenes"][-1]["layers"] else changed["scenes"][0]["layers"][0])
    before, after = chunks(document), chunks(changed)
    total = sum(chunk.frame_count for chunk in before)
    old, new = drawn(document, assets, range(total)), drawn(changed, assets, range(total))
    known = {chunk.key for chunk in before}
    for chunk in after:
        if any(old[number] != new[number] for number in frames_of(chunk)):
            assert chunk.key not in known


@given(documents(), layers(), st.sampled_from(CHANGES[:4]))
@settings(QUICKLY, max_examples=EXAMPLES or 40)
def test_what_is_not_on_screen_changes_no_key(
    document: Document, layer: Document, change: Callable[[Document], Any]
) -> None:
    document["scenes"][0]["layers"].insert(0, {**layer, "start": 0.5, "duration": 0.2})
    changed = copy.deepcopy(document)
    change(changed["scenes"][0]["layers"][0])
    for one, other in zip(chunks(document), chunks(changed), strict=True):
        shown = any(0.5 - 1e-6 <= number / FPS < 0.7 - 1e-6 for number in frames_of(one))
        assert one.key == other.key or shown


@given(documents(), layers(), st.sampled_from(CHANGES), st.sampled_from(["group", "matte"]))
@QUICKLY
def test_where_frames_change_with_what_a_layer_holds_keys_change(
    assets: Mapping[str, Path], document: Document, layer: Document, change: Callable[[Document], Any], way: str
) -> None:
    """A group that is turned and half clear is drawn otherwise while it rests than while something in it comes."""
    changed = copy.deepcopy(layer)
    change(changed)
    before, after = (held(document, way, one) for one in (layer, changed))
    known, total = {chunk.key for chunk in chunks(before)}, sum(chunk.frame_count for chunk in chunks(before))
    old, new = drawn(before, assets, range(total)), drawn(after, assets, range(total))
    for chunk in chunks(after):
        if any(old[number] != new[number] for number in frames_of(chunk)):
            assert chunk.key not in known


@given(documents(), layers(), st.sampled_from(CHANGES[2:4]), st.sampled_from(["group", "matte"]))
@settings(QUICKLY, max_examples=EXAMPLES or 40)
def test_what_a_layer_holds_changes_keys_only_where_it_is_seen(
    document: Document, layer: Document, change: Callable[[Document], Any], way: str
) -> None:
    layer |= {"start": 0.5, "duration": 0.2}
    changed = copy.deepcopy(layer)
    change(changed)
    pair = (chunks(held(document, way, one)) for one in (layer, changed))
    for one, other in zip(*pair, strict=True):
        shown = any(0.5 - 1e-6 <= number / FPS < 0.7 - 1e-6 for number in frames_of(one))
        assert one.key == other.key or shown


def held(document: Document, way: str, layer: Document) -> Document:
    holder: Document = {"type": "group", "layers": [layer], "transform": {"rotation": 10.0, "opacity": 0.6}}
    if way == "matte":
        holder = {"type": "solid", "color": "#fff", "matte": {"layer": layer}}
    first, *rest = document["scenes"]
    return {**document, "scenes": [{**first, "layers": [holder, *first["layers"]]}, *rest]}


@given(documents())
@settings(QUICKLY, max_examples=EXAMPLES or 40)
def test_a_document_is_its_content_and_not_its_spelling(document: Document) -> None:
    def turned(value: Any) -> Any:
        """Fields the other way round, and whole numbers without a fraction."""
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        if isinstance(value, list):
            return [turned(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    again = turned(json.loads(json.dumps(document)))
    one, other = read(document)[0], read(again)[0]
    assert one == other
    assert json.loads(json.dumps(one.model_dump(mode="json"))) == one.model_dump(mode="json")
    assert chunks(document) == chunks(again)
    assert audio_key(one, infos(document)) == audio_key(other, infos(again))
