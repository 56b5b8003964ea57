"""Given any composition, when it is cut, then it is cut where its picture changes, evenly, and an edit moves only the
cuts around it.
"""

import copy
import random
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.composition.documents import text

from flatrender.composition import cuts
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition

FPS = 30
WORTHS = st.dictionaries(st.integers(-5, 4000), st.sampled_from([0.05, 0.1, 0.15, 0.4]), max_size=60)


def film(*scenes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"canvas": {"width": 64, "height": 64, "fps": FPS}, "scenes": list(scenes), **fields}


def starts(document: dict[str, Any], seconds: float = 2.5) -> list[float]:
    """In seconds."""
    composition = Composition.model_validate(document)
    total = round(composition.duration * FPS)
    return [round(frame / FPS, 3) for frame in cuts.cuts(composition, FPS, total, seconds)]


def titled(length: float, **fields: Any) -> dict[str, Any]:
    return {"duration": length, "layers": [text("Title", **fields)]}


@given(WORTHS, st.integers(1, 4000), st.integers(1, 300))
def test_there_is_no_gap_no_overlap_and_no_piece_out_of_bounds(worths: dict[int, float], total: int, aim: int) -> None:
    made, bound = cuts.divided(worths, total, aim), cuts.bounds(aim)
    assert made[0] == 0
    lengths = [end - first for first, end in pairwise([*made, total])]
    assert sum(lengths) == total
    assert max(lengths) <= bound.longest
    assert min(lengths) >= min(bound.shortest, total)


@given(WORTHS, st.integers(1, 4000), st.integers(1, 300), st.data())
def test_a_change_moves_no_cut_that_is_far_from_it(
    worths: dict[int, float], total: int, aim: int, data: st.DataObject
) -> None:
    changed, removed = copy.deepcopy(worths), data.draw(st.sampled_from(sorted(worths) or [0]), label="removed")
    changed.pop(removed, None)
    added = data.draw(st.integers(0, total), label="added")
    changed[added] = data.draw(st.sampled_from([0.05, 0.15, 0.4]), label="worth")
    moved = set(cuts.divided(worths, total, aim)) ^ set(cuts.divided(changed, total, aim))
    assert all(min(abs(frame - removed), abs(frame - added)) <= cuts.REACH * aim for frame in moved)


@given(st.integers(1, 60), st.integers(1, 100))
def test_where_nothing_changes_the_pieces_are_even(pieces: int, aim: int) -> None:
    assert cuts.divided({}, pieces * aim, aim) == list(range(0, pieces * aim, aim))


def test_scenes_begin_a_chunk_and_long_ones_are_divided() -> None:
    lengths = [4.2, 3.1, 7.4, 2.6]
    begins = [0.0, 4.2, 7.3, 14.7]
    made = starts(film(*({"duration": length} for length in lengths)))
    assert set(begins) <= set(made)
    assert len(made) == 7


def test_a_title_lies_in_chunks_that_show_it_and_nothing_else() -> None:
    made = starts(film(titled(20, start=6.2, duration=4)))
    assert 6.2 in made
    assert 10.2 in made


@pytest.mark.parametrize(
    ("fields", "begins"),
    [
        ({"enter": {"preset": "fade", "duration": 2.4}}, 2.4),
        ({"exit": {"preset": "fade", "duration": 2.7}}, 7.3),
        ({"transform": {"x": {"keyframes": [{"time": 2.2, "value": 0}, {"time": 7.8, "value": 9}]}}}, 7.8),
        ({"masks": [{"feather": {"keyframes": [{"time": 2.2, "value": 0}]}}]}, 2.2),
    ],
)
def test_a_chunk_begins_where_a_layer_comes_to_rest_or_sets_out(fields: dict[str, Any], begins: float) -> None:
    assert begins in starts(film(titled(10, **fields)))


def test_what_is_in_a_group_counts_unless_it_runs_in_a_time_of_its_own() -> None:
    group = {"type": "group", "start": 1, "layers": [text("In", start=2.1, duration=3.7)]}
    assert {3.1, 6.8} <= set(starts(film({"duration": 20, "layers": [group]})))
    slow = {**group, "time": {"speed": 0.5}}
    assert starts(film({"duration": 20, "layers": [slow]})) == starts(
        film({"duration": 20, "layers": [{**slow, "layers": []}]})
    )


def test_overlays_and_captions_count() -> None:
    overlay = text("Over", start=3.3, duration=4.4)
    assert {3.3, 7.7} <= set(starts(film({"duration": 20}, overlays=[overlay])))
    cues = [{"start": at, "end": at + 2, "text": "Said"} for at in (2.2, 5.1, 7.7, 10.4)]
    captions = {"type": "captions", "cues": cues}
    assert {2.2, 5.1, 7.7, 10.4} <= set(starts(film({"duration": 13, "layers": [captions]})))


@given(st.integers(0, 11), st.text(min_size=1, max_size=30).filter(str.strip))
@settings(max_examples=20)
def test_words_move_no_cut(number: int, words: str) -> None:
    before = film(*(titled(4.3, start=0.4, duration=3.1) for _ in range(12)))
    after = copy.deepcopy(before)
    after["scenes"][number]["layers"][0]["runs"][0]["text"] = words
    assert starts(before) == starts(after)


@given(st.integers(0, 11), st.floats(0, 3), st.floats(0.1, 4))
@settings(max_examples=40)
def test_another_time_of_a_layer_moves_only_cuts_near_it(number: int, start: float, duration: float) -> None:
    before = film(*(titled(4.3, start=0.4, duration=3.1) for _ in range(12)))
    after = copy.deepcopy(before)
    after["scenes"][number]["layers"][0].update(start=start, duration=duration)
    moved = set(starts(before)) ^ set(starts(after))
    assert all(abs(second - 4.3 * (number + 0.5)) <= cuts.REACH * 2.5 + 4.3 for second in moved)


def test_a_longer_end_leaves_the_beginning_as_it_was() -> None:
    lengths = [random.Random(7).uniform(1.5, 8) for _ in range(12)]
    before = starts(film(*({"duration": length} for length in lengths)))
    after = starts(film(*({"duration": length} for length in [*lengths[:-1], lengths[-1] + 3.7])))
    end = sum(lengths) - cuts.REACH * 2.5
    assert [at for at in before if at < end] == [at for at in after if at < end]


def test_ten_thousand_changes_in_an_hour_are_cut_at_once() -> None:
    chance = random.Random(5)
    worths = {chance.randrange(3600 * 60): chance.choice([0.05, 0.15, 0.4]) for _ in range(200_000)}
    started = time.process_time()
    made = cuts.divided(worths, 3600 * 60, 10 * 60)
    assert time.process_time() - started < 1
    assert len(made) <= 2 * cuts.MOST


def profile(width: int = 1920, height: int = 1080, fps: int = 30) -> Profile:
    return Profile(width=width, height=height, fps=fps)


def test_short_renders_are_cut_so_that_each_worker_has_something_to_do() -> None:
    assert cuts.fitted(5, profile(), 10, workers=8) == cuts.SHORTEST_AIM
    assert len(cuts.divided({}, 300, round(cuts.fitted(5, profile(), 10, workers=8) * 30))) == 8
    assert cuts.fitted(5, profile(), 10, workers=2) == 5
    assert cuts.fitted(2.5, profile(), 10, workers=2) == 2.5
    assert cuts.fitted(5, profile(), 60, workers=40) == 2.5
    assert cuts.fitted(5, profile(), 600, workers=40) == 5
    assert cuts.fitted(1, profile(), 1, workers=40) == 1
    assert cuts.fitted(5, profile(3840, 2160, 60), 10, workers=None) == 5


def test_large_pictures_are_cut_finer() -> None:
    assert cuts.fitted(5, profile(fps=60), 600, workers=1) == 2.5
    assert cuts.fitted(5, profile(3840, 2160), 600, workers=1) == 2.5


@given(st.floats(0.1, 3600), st.floats(0.2, 30), st.integers(1, 1000))
def test_there_are_never_thousands_of_chunks(duration: float, seconds: float, workers: int) -> None:
    aim = cuts.fitted(seconds, profile(), duration, workers)
    assert duration / aim <= cuts.MOST
    assert aim >= min(seconds, cuts.SHORTEST_AIM)
