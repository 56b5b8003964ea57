"""Gives the expressions of a layer what they know of it."""

from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel

from flatrender.composition.expressions import Scope
from flatrender.composition.values import Expression

_HELD = frozenset({"layers", "layer"})
"""Fields that hold layers with lives of their own."""


def bound[M: BaseModel](model: M, scope: Scope) -> M:
    """The model with every expression in it tied to `scope`; itself when it holds none. Layers within are left out."""
    changed: dict[str, Any] = {}
    for name in model.model_fields_set:
        if name not in _HELD:
            value = getattr(model, name)
            own = _bound(value, scope)
            if own is not value:
                changed[name] = own
    return model.model_copy(update=changed) if changed else model


def _bound(value: Any, scope: Scope) -> Any:
    if isinstance(value, Expression):
        return value.within(scope)
    if isinstance(value, BaseModel):
        return bound(value, scope)
    if isinstance(value, list) and value and isinstance(value[0], BaseModel):
        parts = [_bound(part, scope) for part in value]
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    return value


def expressions_in(model: BaseModel, but: AbstractSet[str] = frozenset()) -> int:
    """How many expressions a layer holds, those of layers within it and of the fields `but` not counted."""
    return sum(_count(getattr(model, name)) for name in model.model_fields_set - _HELD - but)


def _count(value: Any) -> int:
    if isinstance(value, Expression):
        return 1
    if isinstance(value, BaseModel):
        return expressions_in(value)
    if isinstance(value, list) and value and isinstance(value[0], BaseModel):
        return sum(_count(part) for part in value)
    return 0
