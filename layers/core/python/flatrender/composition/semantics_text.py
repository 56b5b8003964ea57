"""What texts may get wrong: fonts that are not there, and characters that they lack."""

from collections.abc import Iterator, Mapping

from flatrender.composition.assets import AssetInfo
from flatrender.composition.fonts import DEFAULT_FAMILY, FontTable, named
from flatrender.composition.layers_captions import CaptionsLayer
from flatrender.composition.schema_faults import closest
from flatrender.composition.schemas import Composition
from flatrender.kernel.faults import Fault


def fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)


def text_faults(  # noqa: PLR0917  what is said of text and of its font lie in two places
    text: str, font: str, pointer: str, font_pointer: str, composition: Composition, fonts: FontTable
) -> Iterator[Fault]:
    """What is wrong with a text and with the font that it is set in."""
    if not font.startswith("theme:") and font not in fonts.families:
        yield font_fault(font_pointer, font, fonts)
    missing = fonts.missing(text, family_of(font, composition))
    if missing:
        yield fault(pointer, "glyph_missing", f"No font has these characters: {named(missing)}.")


def family_of(font: str, composition: Composition) -> str:
    """The family that a font's name stands for."""
    if not font.startswith("theme:"):
        return font
    role = composition.theme.fonts.get(font.removeprefix("theme:"))
    return role.family if role else DEFAULT_FAMILY


def font_fault(pointer: str, family: str, fonts: FontTable) -> Fault:
    """A family that does not ship, with the one that may have been meant."""
    names = ", ".join(sorted(fonts.families))
    return fault(
        pointer,
        "font_missing",
        f"The font {family!r} is not available{closest(family, fonts.families) or '.'} There are: {names}.",
    )


def captions_faults(
    layer: CaptionsLayer, pointer: str, composition: Composition, assets: Mapping[str, AssetInfo], fonts: FontTable
) -> Iterator[Fault]:
    """What is wrong with what a captions layer says, in the document or in its file."""
    if layer.asset is not None:
        yield from _rare(layer, f"{pointer}/asset", composition, assets, fonts)
    if (problem := layer.problem()) is not None:
        yield fault(f"{pointer}/cues", "captions", problem)
        return
    font, style = layer.style.font, f"{pointer}/style/font"
    for where, words in [*layer.texts(), ("style", "")]:
        yield from text_faults(words, font, f"{pointer}/{where}", style, composition, fonts)


def _rare(
    layer: CaptionsLayer, pointer: str, composition: Composition, assets: Mapping[str, AssetInfo], fonts: FontTable
) -> Iterator[Fault]:
    """What the file of a captions layer says that the layer's font cannot draw."""
    info, family = assets.get(layer.asset or ""), family_of(layer.style.font, composition)
    lacking = [one for one in (info.rare if info else None) or () if fonts.missing(one.text, family)]
    if lacking:
        characters = dict.fromkeys(character for one in lacking for character in fonts.missing(one.text, family))
        first = f"The first is in {lacking[0].cue!r} at {lacking[0].start:g} s."
        told = f"The font {family!r} lacks characters of the captions: {named([*characters])}. {first}"
        yield fault(pointer, "glyph_missing", told)
