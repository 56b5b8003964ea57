"""The storage quota holds whatever becomes of reservations."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatrender.files import usage
from flatrender.files.errors import StorageFull
from flatrender.files.usage import Usage
from flatrender.kernel.plans import FREE

PLAN = FREE.model_copy(update={"storage_bytes": 100})
NOTHING = Usage(tenant_id="t", user_id="u", used_bytes=0, reservations={}, version=0)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock."""
    return lambda second: monkeypatch.setattr(usage, "epoch", lambda: second)


def test_a_lapsed_reservation_that_still_stands_there_takes_no_space_from_others(at: Callable[[int], None]) -> None:
    at(0)
    now = NOTHING.reserve("a", "image", 50, 1, PLAN).reserve("b", "image", 50, 5, PLAN)
    at(2)
    now = now.reserve("c", "image", 50, 9, PLAN)
    at(6)
    now = now.settle("a", "image", 50, PLAN)

    with pytest.raises(StorageFull):
        now.settle("b", "image", 50, PLAN)

    assert now.settle("c", "image", 50, PLAN).used_bytes == 100


STEPS = st.tuples(st.sampled_from(["reserve", "settle"]), st.integers(0, 5), st.integers(1, 60), st.integers(0, 3))


@given(st.lists(STEPS, max_size=40))
def test_no_order_of_uploads_passes_the_quota(steps: list[tuple[str, int, int, int]]) -> None:
    now, known, second = NOTHING, {}, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage, "epoch", lambda: second)
        for step, number, size, passed in steps:
            second += passed
            name = str(number)
            try:
                if step == "reserve" and name not in known:
                    now = now.reserve(name, "image", size, second + 4, PLAN)
                    known[name] = size
                elif step == "settle" and name in known:
                    now = now.settle(name, "image", known.pop(name), PLAN)
            except StorageFull:
                continue
            assert now.used_bytes + now.reserved_bytes <= PLAN.storage_bytes
