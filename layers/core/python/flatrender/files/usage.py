"""The storage quota: bytes used, and bytes reserved by uploads that are under way.

A reservation lapses by itself, at the moment at which its pending file does, so uploads that never arrive hold
nothing for good. The record is written under a version check in the transaction that changes the file: two uploads at
once cannot both take the last byte.
"""

from dataclasses import dataclass, replace
from typing import Self

from flatrender.files.errors import StorageFull, TooManyUploads
from flatrender.kernel.clock import epoch

MAX_RESERVATIONS = 100


@dataclass(frozen=True)
class Usage:
    """One user's storage, in bytes. `version` 0: nothing was ever stored."""

    tenant_id: str
    user_id: str
    used_bytes: int
    reservations: dict[str, tuple[int, int]]
    version: int

    @property
    def reserved_bytes(self) -> int:
        now = epoch()
        return sum(size for size, until in self.reservations.values() if until > now)

    def reserve(self, file_id: str, size_bytes: int, until: int, quota_bytes: int) -> Self:
        """Raises StorageFull, TooManyUploads."""
        now = epoch()
        live = {key: held for key, held in self.reservations.items() if held[1] > now}
        if len(live) >= MAX_RESERVATIONS:
            raise TooManyUploads
        current = replace(self, reservations=live)
        current.check(size_bytes, quota_bytes)
        return replace(current, reservations={**live, file_id: (size_bytes, until)})

    def settle(self, file_id: str, size_bytes: int, quota_bytes: int) -> Self:
        """A file arrived. Raises StorageFull: its reservation had lapsed, and others took the space."""
        if file_id not in self.reservations:
            self.check(size_bytes, quota_bytes)
        return replace(self.release(file_id), used_bytes=self.used_bytes + size_bytes)

    def release(self, file_id: str) -> Self:
        return replace(self, reservations={key: held for key, held in self.reservations.items() if key != file_id})

    def free(self, size_bytes: int) -> Self:
        return replace(self, used_bytes=max(0, self.used_bytes - size_bytes))

    def check(self, size_bytes: int, quota_bytes: int) -> None:
        """Raises StorageFull."""
        taken = self.used_bytes + self.reserved_bytes
        if taken + size_bytes > quota_bytes:
            raise StorageFull(quota_bytes=quota_bytes, used_bytes=taken, needed_bytes=size_bytes)
