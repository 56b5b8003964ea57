"""Given any sounds on a timeline, then their samples are the same however the timeline, and the work, is divided."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.golden.materials import SONG, VIDEO
from tests.unit.engine import media
from tests.unit.engine_properties.test_frames import EXAMPLES, QUICKLY

from flatrender.composition.schemas import Composition
from flatrender.engine import audio_mix
from flatrender.engine.audio_mix import Mix
from flatrender.engine.audio_source import Samples

SECONDS = 2.0
TENTHS = st.integers(0, 15).map(lambda tenths: tenths / 10)


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, Any]:
    track: dict[str, Any] = {"asset": SONG, "role": draw(st.sampled_from(["music", "speech", "effect"]))}
    track["start"], track["trim_start"] = draw(TENTHS), draw(TENTHS)
    track["loop"], track["fade_in"] = draw(st.booleans()), draw(st.sampled_from([0.0, 0.1]))
    steps = [{"time": 0.0, "value": 1.0}, {"time": 0.7, "value": 0.2}]
    track["volume"] = draw(st.sampled_from([1.0, 0.3, {"keyframes": steps}]))
    if track["role"] == "music" and draw(st.booleans()):
        track["duck"] = {}
    return track


def heard(scenes: list[float], sounds: list[dict[str, Any]], assets: Mapping[str, Path]) -> Samples:
    document = {
        "canvas": {"width": 64, "height": 64, "fps": 20},
        "scenes": [{"duration": seconds} for seconds in scenes],
        "audio": sounds,
    }
    return np.concatenate(list(Mix(Composition.model_validate(document), assets)), axis=1)


@given(st.lists(tracks(), min_size=1, max_size=3), st.integers(1, 19), st.integers(4_000, 60_000))
@settings(QUICKLY, max_examples=EXAMPLES or 12)
def test_samples_do_not_know_of_scenes_and_blocks(
    assets: Mapping[str, Path], sounds: list[dict[str, Any]], cut: int, block: int
) -> None:
    whole = heard([SECONDS], sounds, assets)
    assert whole.shape == (2, SECONDS * media.RATE)
    assert np.array_equal(heard([cut / 10, SECONDS - cut / 10], sounds, assets), whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio_mix, "BLOCK", block)
        assert np.array_equal(heard([SECONDS], sounds, assets), whole)


def test_the_video_layers_sound_is_where_the_layer_is(assets: Mapping[str, Path]) -> None:
    """The golden video is silent: a layer of it is no sound, and no fault."""
    document = {
        "canvas": {"width": 64, "height": 64, "fps": 20},
        "scenes": [{"duration": SECONDS, "layers": [{"type": "video", "asset": VIDEO}]}],
    }
    assert not Mix(Composition.model_validate(document), assets).audible
