"""The storage quota: bytes used, bytes reserved by uploads that are under way, and how many files there are.

A reservation lapses by itself, at the moment at which its pending file does, so uploads that never arrive hold
nothing for good. The record is written under a version check in the transaction that changes the file: two uploads at
once cannot both take the last byte.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from flatrender.files.errors import StorageFull, TooManyUploads
from flatrender.kernel.clock import epoch
from flatrender.kernel.plans import Plan

MAX_RESERVATIONS = 100

MAX_PASSING = 300
"""Uploads under way and rejected ones that are still shown; they are kept in one item."""


@dataclass(frozen=True)
class Usage:
    """One user's storage, in bytes. `version` 0: nothing was ever stored."""

    tenant_id: str
    user_id: str
    used_bytes: int
    reservations: dict[str, tuple[int, int]]
    version: int
    ready: dict[str, int] = field(default_factory=dict)
    """How many ready files there are of each kind."""
    passing: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Pending and rejected files: kind, and the epoch second from which they are not shown any more."""

    def count(self, kind: str | None = None) -> int:
        """Files that are shown: of one kind, or of all."""
        now = epoch()
        passing = sum(until > now and kind in {None, its} for its, until in self.passing.values())
        return passing + sum(number for its, number in self.ready.items() if kind in {None, its})

    @property
    def reserved_bytes(self) -> int:
        now = epoch()
        return sum(size for size, until in self.reservations.values() if until > now)

    def reserve(self, file_id: str, kind: str, size_bytes: int, until: int, plan: Plan) -> Self:
        """Raises StorageFull, TooManyUploads."""
        now = epoch()
        live = {key: held for key, held in self.reservations.items() if held[1] > now}
        passing = {key: shown for key, shown in self.passing.items() if shown[1] > now}
        if len(live) >= MAX_RESERVATIONS:
            raise TooManyUploads
        if len(passing) >= MAX_PASSING:
            raise TooManyUploads("Too many of your uploads were rejected lately. Delete those first.")
        current = replace(self, reservations=live, passing=passing)
        current.check(size_bytes, plan)
        return replace(
            current,
            reservations={**live, file_id: (size_bytes, until)},
            passing={**passing, file_id: (kind, until)},
        )

    def settle(self, file_id: str, kind: str, size_bytes: int, plan: Plan) -> Self:
        """A file arrived. Raises StorageFull: its reservation had lapsed, and others took the space.

        A lapsed one is worth nothing even while it still stands here: `check` did not count it for the others.
        """
        _, until = self.reservations.get(file_id, (0, 0))
        if until <= epoch():
            self.check(size_bytes, plan)
        ready = {**self.ready, kind: self.ready.get(kind, 0) + 1}
        return replace(self.release(file_id), used_bytes=self.used_bytes + size_bytes, ready=ready)

    def reject(self, file_id: str, kind: str, until: int) -> Self:
        """A file did not pass; it is shown for a while."""
        released = self.release(file_id)
        return replace(released, passing={**released.passing, file_id: (kind, until)})

    def release(self, file_id: str) -> Self:
        """A pending or rejected file is no more."""
        return replace(
            self,
            reservations={key: held for key, held in self.reservations.items() if key != file_id},
            passing={key: shown for key, shown in self.passing.items() if key != file_id},
        )

    def free(self, kind: str, size_bytes: int) -> Self:
        """A ready file is no more."""
        ready = {**self.ready, kind: max(0, self.ready.get(kind, 0) - 1)}
        return replace(self, used_bytes=max(0, self.used_bytes - size_bytes), ready=ready)

    def check(self, size_bytes: int, plan: Plan) -> None:
        """Whether one more file fits. Raises StorageFull."""
        taken = self.used_bytes + self.reserved_bytes
        if taken + size_bytes > plan.storage_bytes:
            raise StorageFull(quota_bytes=plan.storage_bytes, used_bytes=taken, needed_bytes=size_bytes)
        now = epoch()
        files = sum(self.ready.values()) + sum(until > now for _, until in self.reservations.values())
        if files >= plan.max_files:
            message = (
                f"Your plan keeps up to {plan.max_files} files. Delete some that you no longer need, "
                "or choose a larger plan."
            )
            raise StorageFull(message, max_files=plan.max_files)
