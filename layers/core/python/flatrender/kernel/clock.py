"""Time as the contracts want it: ISO 8601 with a timezone, seconds as numbers."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def isoformat(moment: datetime) -> str:
    """`2026-05-27T10:15:00.123Z`: fixed width, so that text order is time order (sort keys rely on it)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def timestamp() -> str:
    return isoformat(now())


def epoch() -> int:
    """Whole seconds since 1970, as DynamoDB's time to live wants them."""
    return int(now().timestamp())
