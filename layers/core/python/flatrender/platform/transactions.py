"""All-or-nothing writes over items of any context, with each condition's failure mapped to the error it means.

pynamodb reorders what is added to a transaction, and DynamoDB reports failures by position;
both are dealt with here, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from flatrender.kernel.errors import Conflict, FlatRenderError, Unavailable
from flatrender.platform.tables import Item

MAX_OPERATIONS = 100

_Kind = Literal["check", "delete", "put", "update"]
_ORDER: tuple[_Kind, ...] = ("check", "delete", "put", "update")


class Contended(Unavailable):
    """Other writers kept getting in the way."""

    message = "Too many changes to the same thing at once. Retry in a moment."


@dataclass(frozen=True)
class Operation:
    """One write. `refused` is raised when its condition fails (default: Conflict)."""

    kind: _Kind
    arguments: dict[str, Any]
    refused: FlatRenderError
    model: type[Item]


def put(item: Item, condition: Condition | None = None, refused: FlatRenderError | None = None) -> Operation:
    """Writes the whole item. Pass `condition=<Model>.pk.does_not_exist()` to create."""
    arguments = item.get_save_kwargs_from_instance(condition=condition)
    return Operation("put", arguments, refused or Conflict(), type(item))


def update(
    item: Item, actions: Sequence[Action], condition: Condition | None = None, refused: FlatRenderError | None = None
) -> Operation:
    """Changes attributes of an existing item; `item` only needs its keys.

    An update never creates: existence is always a condition.
    """
    exists = type(item).pk.exists()
    arguments = item.get_update_kwargs_from_instance(
        actions=list(actions), condition=exists if condition is None else exists & condition
    )
    return Operation("update", arguments, refused or Conflict(), type(item))


def upsert(
    item: Item, actions: Sequence[Action], condition: Condition | None = None, refused: FlatRenderError | None = None
) -> Operation:
    """Changes attributes, creating the item where there is none (counters)."""
    arguments = item.get_update_kwargs_from_instance(actions=list(actions), condition=condition)
    return Operation("update", arguments, refused or Conflict(), type(item))


def delete(item: Item, condition: Condition | None = None, refused: FlatRenderError | None = None) -> Operation:
    arguments = item.get_delete_kwargs_from_instance(condition=condition)
    return Operation("delete", arguments, refused or Conflict(), type(item))


def check(item: Item, condition: Condition, refused: FlatRenderError | None = None) -> Operation:
    """Holds the transaction to a condition on an item that it does not write."""
    arguments = type(item).get_operation_kwargs_from_class(item.pk, range_key=item.sk, condition=condition)
    return Operation("check", arguments, refused or Conflict(), type(item))


def commit(operations: Sequence[Operation], *, attempts: int = 4) -> None:
    """Writes all of `operations` (1 to 100, over distinct items) or none.

    Raises the `refused` error of the first operation whose condition failed; Contended when other writers got in the
    way at each of `attempts`; Unavailable when DynamoDB did not answer.
    """
    if not operations:
        return
    ordered = [operation for kind in _ORDER for operation in operations if operation.kind == kind]
    groups = {kind: [operation.arguments for operation in ordered if operation.kind == kind] for kind in _ORDER}
    for attempt in range(attempts):
        try:
            _connection(ordered[0].model).transact_write_items(
                condition_check_items=groups["check"],
                delete_items=groups["delete"],
                put_items=groups["put"],
                update_items=groups["update"],
            )
        except TransactWriteError as error:
            codes = [reason.code if reason else None for reason in error.cancellation_reasons]
            for operation, code in zip(ordered, codes, strict=False):
                if code == "ConditionalCheckFailed":
                    raise operation.refused from error
            if "TransactionConflict" not in codes and error.cause_response_code != "TransactionInProgressException":
                raise Unavailable() from error
            if attempt + 1 < attempts:
                _back_off(attempt)
        else:
            return
    raise Contended


def _back_off(attempt: int) -> None:
    import random
    import time

    time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - spreads retries, guards nothing


def _connection(model: type[Item]) -> Connection:
    connection: Connection = model._get_connection().connection  # noqa: SLF001 - pynamodb's own TransactWrite hides the order
    return connection
