"""How many logins may fail before the next has to wait.

Counted for each address on the network that asks, so that a stranger who guesses makes himself wait and not the owner;
and, much higher, for the account as a whole, so that many strangers together do not guess on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple, Self

FREE_ATTEMPTS: Final = 5
"""So many logins in a row may fail before a visitor has to wait."""
FREE_ATTEMPTS_OF_ALL: Final = 200
"""So many may fail within `KEPT_SECONDS`, whoever tries, before all have to wait. One visitor alone cannot reach it."""
KEPT_SECONDS: Final = 24 * 3600
_FIRST_WAIT, _LONGEST_WAIT = 30, 15 * 60


class Visitor(NamedTuple):
    """Failed logins in a row from one place; the epoch seconds until which it waits, and of the last attempt."""

    failures: int = 0
    locked_until: int = 0
    last: int = 0


@dataclass(frozen=True)
class Failures:
    """The failed logins of one account, or of an address without one.

    `total` of all visitors since the epoch second `since`; `stamp` is another after each change, None before the first.
    """

    visitors: Mapping[str, Visitor] = field(default_factory=dict)
    total: int = 0
    since: int = 0
    locked_until: int = 0
    stamp: str | None = None

    def wait(self, visitor: str, now: int) -> int:
        """Seconds before the visitor may try; 0 when they may at once."""
        own = self.visitors.get(visitor, Visitor())
        return max(own.locked_until, self.locked_until, now) - now

    def counted(self, visitor: str, now: int) -> Self:
        """With one more attempt, taken for failed until it is known to be right."""
        fresh = {name: known for name, known in self.visitors.items() if known.last + KEPT_SECONDS > now}
        failures = fresh.get(visitor, Visitor()).failures + 1
        fresh[visitor] = Visitor(failures, now + _pause(failures - FREE_ATTEMPTS), now)
        total, since = (self.total + 1, self.since) if self.since + KEPT_SECONDS > now else (1, now)
        locked_until = now + _pause(total - FREE_ATTEMPTS_OF_ALL)
        return replace(self, visitors=fresh, total=total, since=since, locked_until=locked_until)

    def forgiven(self, visitor: str) -> Self:
        """After the visitor knew the password; what others tried still counts."""
        own = self.visitors.get(visitor, Visitor())
        others = {name: known for name, known in self.visitors.items() if name != visitor}
        return replace(self, visitors=others, total=max(self.total - own.failures, 0), locked_until=0)


def visitor_at(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 of IPv6 that a provider gives to one customer."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def _pause(excess: int) -> int:
    """Seconds until the next attempt, should this one fail too: nothing while some are free, then 30, 60, 120 … 900."""
    if excess < 0:
        return 0
    return int(min(_FIRST_WAIT * 2 ** min(excess, 10), _LONGEST_WAIT))
