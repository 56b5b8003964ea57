"""Everything that the format can draw hangs in the gallery: every model of a layer, effect, transition, mask and so on,
and every named choice of each, easings among them.
"""

import types
from collections.abc import Iterator
from typing import Any, Literal, TypeAliasType, get_args, get_origin

from pydantic import BaseModel
from tests.golden.collection import GALLERY
from tests.golden.hung_text import SCRIPTS

from flatrender.composition import fonts
from flatrender.composition.nested import UsedComposition
from flatrender.composition.schemas import Composition
from flatrender.composition.values import EasingName

HEARD = {"AudioTrack", "Duck", "Loudness"}
NOT_DRAWN = {
    "Composition.format", "VideoLayer.audio_role", "AudioTrack.role", "Loudness.target", "Duck.by",
    "CompositionLayer.type",
}  # fmt: skip
"""What is heard, says which format this is, or is a group when it is drawn."""


def name_of(model: type[BaseModel]) -> str:
    """Generic models count once, whatever they hold."""
    if model is UsedComposition:
        return "CompositionLayer"
    origin = model.__pydantic_generic_metadata__["origin"] or model
    return origin.__name__


def choices(annotation: Any) -> Iterator[Any]:
    """The values of all literals within an annotation, models left out."""
    if isinstance(annotation, TypeAliasType):
        yield from choices(annotation.__value__)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) is not None or isinstance(annotation, types.UnionType):
        for part in get_args(annotation):
            yield from choices(part)


def home_of(model: type[BaseModel], field: str, value: Any) -> str:
    """What counts as one choice: what all layers share counts once, and so do the names of easings."""
    if isinstance(value, str) and value in get_args(EasingName):
        return f"easing={value}"
    defining = next(base for base in reversed(model.__mro__) if field in getattr(base, "model_fields", {}))
    return f"{name_of(defining)}.{field}={value}"


def models(annotation: Any, found: dict[str, type[BaseModel]]) -> None:
    """All models that a field of this annotation may hold, however deep."""
    if isinstance(annotation, TypeAliasType):
        models(annotation.__value__, found)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        known = found.setdefault(name_of(annotation), annotation)
        if known is annotation and annotation not in _looked_into:
            _looked_into.add(annotation)
            for field in annotation.model_fields.values():
                models(field.annotation, found)
                for extra in field.metadata:
                    models(extra, found)
    else:
        for part in get_args(annotation):
            models(part, found)


_looked_into: set[type[BaseModel]] = set()


def shown(value: Any, seen: set[str]) -> None:
    """What a composition makes use of: `Model`, and `Model.field=choice`."""
    if isinstance(value, BaseModel):
        name = name_of(type(value))
        seen.add(name)
        for field in type(value).model_fields:
            inner = getattr(value, field)
            if isinstance(inner, str):
                seen.add(home_of(type(value), field, inner))
            shown(inner, seen)
    elif isinstance(value, (list, tuple)):
        for item in value:
            shown(item, seen)
    elif isinstance(value, dict):
        for item in value.values():
            shown(item, seen)


def test_every_model_and_every_choice_hangs_in_the_gallery() -> None:
    possible: dict[str, type[BaseModel]] = {}
    models(Composition, possible)
    assert {"TextLayer", "LumaMatte", "Grain", "Matte", "CompositionLayer", "Spring", "Keyframe"} <= set(possible)
    seen: set[str] = set()
    for golden in GALLERY.values():
        shown(golden.composition, seen)
    missing = set(possible) - seen - HEARD
    for name, model in possible.items():
        for field, info in model.model_fields.items():
            if f"{name}.{field}" not in NOT_DRAWN:
                missing |= {home_of(model, field, choice) for choice in choices(info.annotation)} - seen
    assert not missing, f"no golden picture has {sorted(missing)}"


def test_every_family_for_a_script_of_its_own_has_one() -> None:
    assert set(fonts.FALLBACK) - {font for font, _, _ in SCRIPTS.values()} <= {"Noto Emoji", "Noto Color Emoji"}
