"""Given any composition, then a frame looks as its number says, whatever was drawn before it, and by whom."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unit.engine_properties.strategies import Document, documents, read

from flatrender.engine.draw import FrameSource

type Pictures = dict[int, str]
"""Hashes by number of frame."""

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
"""For whoever has time to look for more; else the same few each time."""

QUICKLY = settings(
    max_examples=EXAMPLES or 25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=not EXAMPLES,
)


def drawn(document: Document, assets: Mapping[str, Path], numbers: Iterable[int]) -> Pictures:
    """By one source, in this order."""
    composition, profile = read(document)
    source, found = FrameSource(composition, assets, profile), {}
    for number in numbers:
        source.draw(number)
        found[number] = hashlib.sha256(source.buffer).hexdigest()
    return found


@given(documents(), st.randoms(use_true_random=False), st.data())
@QUICKLY
def test_chunked_shuffled_and_alone_are_the_whole(
    assets: Mapping[str, Path], document: Document, shuffle: "st.random.Random", data: st.DataObject
) -> None:
    composition, profile = read(document)
    total = profile.frame_count(composition.duration)
    whole = drawn(document, assets, range(total))
    cuts = sorted(data.draw(st.sets(st.integers(1, total - 1), max_size=3), label="cuts"))
    for first, end in zip([0, *cuts], [*cuts, total], strict=True):
        assert drawn(document, assets, range(first, end)) == {n: whole[n] for n in range(first, end)}
    numbers = list(range(total))
    shuffle.shuffle(numbers)
    assert drawn(document, assets, numbers) == whole
    alone = data.draw(st.integers(0, total - 1), label="alone")
    assert drawn(document, assets, [alone]) == {alone: whole[alone]}


@given(documents())
@settings(QUICKLY, max_examples=EXAMPLES or 10)
def test_a_frame_said_to_be_unchanged_is_unchanged(assets: Mapping[str, Path], document: Document) -> None:
    composition, profile = read(document)
    source, before = FrameSource(composition, assets, profile), b""
    for number in range(profile.frame_count(composition.duration)):
        changed = source.draw(number)
        now = source.buffer.tobytes()
        assert changed or now == before
        before = now
