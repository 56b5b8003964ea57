"""Queries over item collections that hold more than one type of item, which pynamodb's own query cannot tell apart."""

from collections.abc import Iterator
from typing import Any

from pynamodb.expressions.condition import Condition

from flatrender.platform.tables import Item


def newest(
    table: type[Item],
    partition: str,
    limit: int,
    *,
    index: str | None = None,
    after: Condition | None = None,
    only: Condition | None = None,
    start: dict[str, dict[str, str]] | None = None,
    sift: bool = False,
    consistent: bool = False,
) -> Iterator[dict[str, Any]]:
    """Raw items of a partition in descending order, about `limit` of them (at least as many, where there are).

    `after` is a condition on the range key, `only` one on other attributes, `start` the key to go on behind. One call
    unless `only` leaves too little of what it reads; `sift` is for when it does: each call then reads all that it may.
    """
    while limit > 0:
        answer = table._get_connection().query(  # noqa: SLF001 - see above
            partition,
            range_key_condition=after,
            filter_condition=only,
            index_name=index,
            exclusive_start_key=start,
            limit=None if sift else limit,
            scan_index_forward=False,
            consistent_read=consistent,
        )
        yield from answer["Items"]
        limit -= len(answer["Items"])
        start = answer.get("LastEvaluatedKey")
        if not start:
            return
