"""What layers are drawn from, kept while it is of use and while all of it together fits into memory.

Whoever keeps something can make it again, and it is the same then: what is let go of costs time and changes no pixel.
"""

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, Final, NamedTuple

from flatrender.engine.surface import Bitmap

BUDGET: Final = 512 * 2**20
"""Bytes of pixels: fifteen layers that fill a 4K canvas, or four as large as one may get."""

_ROUNDS: Final = 4
"""What has not been used while all others could have been this many times is of no use any more."""

_numbers: Final = count()


class _Held(NamedTuple):
    owner: "weakref.ref[Kept[Any]]"
    size: int
    used: int
    """The last time, as counted by `Room`."""


class Room:
    """Holds all that is kept to `budget` bytes. What was not used for longest is let go of first; but where more is
    used in each frame than fits, that would be what is needed next, and so what came last is not kept. Safe to use
    from several threads.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._times = 0
        self._gone: deque[int] = deque()
        self._lock = threading.Lock()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            self._sweep()
            return self._size

    def use(self, number: int) -> None:
        with self._lock:
            self._times += 1
            held = self._held.pop(number, None)
            if held is not None:
                self._held[number] = held._replace(used=self._times)

    def keep(self, kept: "Kept[Any]", number: int, size: int) -> None:
        with self._lock:
            self._sweep()
            self._remove(number)
            self._times += 1
            self._held[number] = _Held(weakref.ref(kept), size, self._times)
            self._size += size
            while self._size > self._budget:
                oldest = next(iter(self._held))
                useful = self._times - self._held[oldest].used <= _ROUNDS * len(self._held)
                leaving = number if useful and number in self._held else oldest
                owner = self._held[leaving].owner()
                self._remove(leaving)
                if owner is not None:
                    owner.forget()

    def leave(self, number: int) -> None:
        """Whoever kept it is no more. This may come at any moment, also while the lock is held."""
        self._gone.append(number)

    def _sweep(self) -> None:
        while self._gone:
            self._remove(self._gone.popleft())

    def _remove(self, number: int) -> None:
        held = self._held.pop(number, None)
        self._size -= held.size if held is not None else 0


ROOM: Final = Room()


class Kept[T]:
    """The last thing that was made, for one state, as long as there is room for it; `size` gives its bytes."""

    __slots__ = ("__weakref__", "_held", "_number", "_room", "_size")

    def __init__(self, size: Callable[[T], int], room: Room | None = None) -> None:
        self._size, self._room, self._number = size, room or ROOM, next(_numbers)
        self._held: tuple[Hashable, T] | None = None

    def get(self, state: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes in this state."""
        held = self._held
        if held is not None and held[0] == state:
            self._room.use(self._number)
            return held[1]
        self._held = held = None
        made = make()
        self._held = (state, made)
        self._room.keep(self, self._number, self._size(made))
        return made

    def forget(self) -> None:
        """Let go of it."""
        self._held = None

    def __del__(self) -> None:
        self._room.leave(self._number)


def _bytes(bitmap: Bitmap) -> int:
    return 4 * int(bitmap.image.width()) * int(bitmap.image.height())


class KeptBitmap(Kept[Bitmap]):
    """A bitmap. Where it lies stays known when its pixels are let go of."""

    __slots__ = ("_box",)

    def __init__(self, room: Room | None = None) -> None:
        super().__init__(_bytes, room)
        self._box: tuple[Hashable, tuple[float, float, float, float]] | None = None

    def box(self, state: Hashable, make: Callable[[], Bitmap]) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the bitmap in this state, in the units that it is drawn in."""
        if self._box is None or self._box[0] != state:
            self._box = (state, self.get(state, make).box)
        return self._box[1]
