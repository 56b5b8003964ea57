"""What a render takes, costs, and where it runs."""

from hypothesis import given
from hypothesis import strategies as st

from flatrender.composition.chunks import ChunkSpec
from flatrender.composition.profiles import Profile
from flatrender.render.sizing import Sizing, billable, choose, size

FACTS = Sizing(chunk_seconds=2, batch_megapixels=1000, batch_height=2160, batch_available=True, cache_days=28)


def specs(*lengths: int, keys: str = "abcdefghij") -> list[ChunkSpec]:
    first, found = 0, []
    for index, length in enumerate(lengths):
        found.append(ChunkSpec(index=index, first_frame=first, frame_count=length, key=keys[index]))
        first += length
    return found


def profile(width: int = 1920, height: int = 1080) -> Profile:
    return Profile(width=width, height=height, fps=30)


def test_seconds_are_rounded_up_once_over_the_whole() -> None:
    sized = size(specs(10, 10, 10, 1), set(), profile())
    assert (sized.frames, sized.seconds, sized.billable_seconds) == (31, 2, 2)


def test_cached_and_repeated_chunks_cost_nothing() -> None:
    sized = size(specs(30, 30, 30, keys="aab"), {"b"}, profile())
    assert (sized.billable_seconds, sized.chunks_total, sized.chunks_cached) == (1, 3, 2)


def test_all_cached_costs_nothing() -> None:
    assert size(specs(30, 30), {"a", "b"}, profile()).billable_seconds == 0


def test_what_nobody_has_paid_for_is_reused_and_billed_once() -> None:
    sized = size(specs(30, 30, 30, keys="aab"), {"a", "b"}, profile(), unpaid=["a"])
    assert (sized.chunks_cached, sized.billable_seconds) == (3, 1)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=10), st.sets(st.sampled_from("abcdefghij")))
def test_what_is_billed_is_never_more_than_the_whole(lengths: list[int], cached: set[str]) -> None:
    sized = size(specs(*lengths), cached, profile())
    assert 0 <= sized.billable_seconds <= sized.seconds == billable(sum(lengths), 30)


def test_short_jobs_burst_and_long_or_tall_ones_go_to_batch() -> None:
    assert choose("auto", 300, profile(), FACTS).name == "burst"
    assert choose("auto", 600, profile(), FACTS).name == "batch"
    assert choose("auto", 1, profile(3840, 2160), FACTS).name == "batch"
    assert choose("burst", 600, profile(3840, 2160), FACTS).name == "burst"


def test_a_deployment_without_batch_bursts() -> None:
    choice = choose("batch", 1, profile(), FACTS.model_copy(update={"batch_available": False}))
    assert (choice.name, bool(choice.reason)) == ("burst", True)
