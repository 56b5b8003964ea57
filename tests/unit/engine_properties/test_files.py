"""Given any composition, then a chunk is drawn from the files that it is said to need, and looks as in the whole."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine_properties.strategies import Document, documents, layers, read
from tests.unit.engine_properties.test_frames import QUICKLY, drawn
from tests.unit.engine_properties.test_keys import held, infos

from flatrender.composition.chunks import files


@given(documents(), st.data())
@QUICKLY
def test_a_chunk_needs_no_other_files(assets: Mapping[str, Path], document: Document, data: st.DataObject) -> None:
    assert_alone(assets, document, data)


@given(documents(), layers(), st.sampled_from(["group", "matte"]), st.data())
@QUICKLY
def test_nor_does_one_of_layers_that_others_hold(
    assets: Mapping[str, Path], document: Document, layer: Document, way: str, data: st.DataObject
) -> None:
    assert_alone(assets, held(document, way, layer), data)


def assert_alone(assets: Mapping[str, Path], document: Document, data: st.DataObject) -> None:
    composition, profile = read(document)
    total = profile.frame_count(composition.duration)
    whole = drawn(document, assets, range(total))
    cuts = sorted(data.draw(st.sets(st.integers(1, total - 1), max_size=5), label="cuts"))
    spans = [(first, end - first) for first, end in zip([0, *cuts], [*cuts, total], strict=True)]
    for (first, count), needed in zip(spans, files(composition, profile, infos(document), spans), strict=True):
        numbers = range(first, first + count)
        there = {asset_id: assets[asset_id] for asset_id in needed}
        assert drawn(document, there, numbers) == {number: whole[number] for number in numbers}
