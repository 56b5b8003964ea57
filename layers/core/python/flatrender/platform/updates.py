"""A change of one item, outside of any transaction, with its condition."""

from collections.abc import Sequence
from random import uniform
from time import sleep

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from flatrender.kernel.errors import Unavailable
from flatrender.platform.tables import Item
from flatrender.platform.transactions import Contended

_ATTEMPTS = 6
_FIRST_PAUSE = 0.01


def apply(item: Item, actions: Sequence[Action], condition: Condition) -> bool:
    """Changes the item, which then holds all its attributes; False when the condition failed.

    It creates the item where the condition allows for that. DynamoDB refuses it while a transaction has hold of the
    item, which is over in milliseconds.
    Raises Contended: transactions kept getting in the way; Unavailable: DynamoDB did not answer.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(uniform(0.5, 1.5) * _FIRST_PAUSE * 2 ** (attempt - 1))  # noqa: S311 - spreads retries, guards nothing
        try:
            item.update(list(actions), condition=condition)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            if error.cause_response_code != "TransactionConflictException":
                raise Unavailable from error
        else:
            return True
    raise Contended
