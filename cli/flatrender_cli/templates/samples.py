"""What users may fill in, tried on a template: long texts, right-to-left texts, every choice, nothing at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flatrender.composition.template import ChoiceInput, Input, NumberInput, TemplateDefinition, TextInput, ToggleInput
from flatrender_cli.documents import MEDIA_INPUTS

_LATIN: Final = (
    "Every season has a story of its own, and this one begins on a quiet road between the hills, where the light "
    "stays longer than anyone expected and the evenings belong to those who walk. "
)
_PERSIAN: Final = (
    "هر فصل داستان خودش را دارد و این یکی از جاده\u200cای آرام میان تپه\u200cها آغاز می\u200cشود، جایی که نور بیشتر "  # noqa: RUF001
    "از انتظار همه می\u200cماند و عصرها از آنِ کسانی است که قدم می\u200cزنند. "  # noqa: RUF001
)
MAX_VARIANTS: Final = 60
_MAY_BE_EMPTY: Final = {"text", *MEDIA_INPUTS}


@dataclass(frozen=True)
class Variant:
    """Inputs to try; `told` ends a sentence, `kind` says which texts are in it."""

    told: str
    inputs: Mapping[str, Any]
    kind: str = "other"


def sentence(length: int, *, rtl: bool = False) -> str:
    """A text of exactly `length` characters, words of ordinary lengths, no space at its end."""
    source = _PERSIAN if rtl else _LATIN
    text = (source * (length // len(source) + 1))[:length]
    return text if text.rstrip() == text else text.rstrip() + ("\u0627" if rtl else "n") * (length - len(text.rstrip()))


def longest(template: TemplateDefinition) -> dict[str, Any]:
    """The longest text in every text input."""
    return {spec.name: sentence(spec.max_length) for spec in template.inputs if isinstance(spec, TextInput)}


def right_to_left(template: TemplateDefinition) -> dict[str, Any]:
    """Persian in every text input that takes it, as long as what is there by default."""
    return {
        spec.name: sentence(max(3, min(spec.max_length, len(spec.default) or 24)), rtl=True)
        for spec in template.inputs
        if isinstance(spec, TextInput) and spec.direction != "ltr" and spec.max_length >= 3
    }


def variants(template: TemplateDefinition) -> list[Variant]:
    """What to try, the defaults first; never more than MAX_VARIANTS."""
    return [*_variants(template)][:MAX_VARIANTS]


def _variants(template: TemplateDefinition) -> Iterator[Variant]:
    yield Variant("", {}, "defaults")
    if texts := longest(template):
        yield Variant("with the longest texts", texts, "longest")
    if texts := right_to_left(template):
        yield Variant("with Persian texts", texts, "rtl")
        long = {
            spec.name: sentence(spec.max_length, rtl=True)
            for spec in template.inputs
            if isinstance(spec, TextInput) and spec.name in texts
        }
        yield Variant("with the longest Persian texts", long, "longest")
    empty = {spec.name: "" for spec in template.inputs if not spec.required and spec.type in _MAY_BE_EMPTY}
    for name in empty:
        yield Variant(f"with {name!r} left empty", {name: ""})
    if len(empty) > 1:
        yield Variant("with all that is optional left empty", empty)
    for spec in template.inputs:
        for value in _others(spec):
            shown = str(value).lower() if isinstance(value, bool) else f"{value:g}" if value != str(value) else value
            yield Variant(f"with {spec.name} = {shown}", {spec.name: value})


def _others(spec: Input) -> Sequence[Any]:
    """The values of an input that decides something, but for its default."""
    match spec:
        case ToggleInput():
            return (not spec.default,)
        case ChoiceInput():
            return [choice.value for choice in spec.choices if choice.value != spec.default]
        case NumberInput():
            return (spec.min, spec.max)
    return ()
