"""Runs of text as one-line paragraphs of skia, which shapes them with HarfBuzz and ICU.

Skia takes one list of families per style and looks for missing glyphs character by character; that breaks emoji
sequences, points and conjuncts apart. So the family of each grapheme cluster is settled here, before shaping. Styles
that differ in colour only do not divide what is shaped, so that a part of a word can be shown as it joins its
neighbours.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import skia

from flatrender.composition.han import han_language
from flatrender.engine.fonts import FontLibrary
from flatrender.engine.paints import Fill

_RLI, _PDI = "\u2067", "\u2069"
_ENDLESS: Final = 100_000.0
_CLEAR: Final = skia.Color4f(0, 0, 0, 0)
_CJK: Final = "Noto Sans CJK"
_CURSIVE: Final = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True)
class RunStyle:
    """How a run looks. `families` is the font and its fallbacks, `spacing` extra pixels between letters.

    `language` is a BCP 47 tag; without one, Chinese characters take the forms of the script beside them. With `own`, a
    gradient runs over the run and not over the whole text.
    """

    families: tuple[str, ...]
    size: float
    weight: int
    italic: bool
    underline: bool
    fill: Fill
    spacing: float
    language: str = ""
    own: bool = False


class Atom(NamedTuple):
    """A grapheme cluster: the run and the piece of the line that it belongs to, where it lies within that piece, and
    the family that draws it.
    """

    text: str
    run: int
    piece: int
    place: int
    family: str

    @property
    def cursive(self) -> bool:
        """Whether it joins its neighbours, so that nothing may come between."""
        return _CURSIVE.match(self.text) is not None

    @property
    def ideographic(self) -> bool:
        """Whether lines of it are filled by room between characters, not words."""
        return self.family == _CJK and self.text != " "


class Gaps(NamedTuple):
    """What justifying adds, in canvas units: at each space, or after each ideograph."""

    word: float
    ideograph: float


NO_GAPS: Final = Gaps(0.0, 0.0)

type Ink = Callable[[int], skia.Paint]
"""The paint of a run."""


class Shaper:
    """Makes paragraphs of the runs of one text."""

    def __init__(self, texts: Sequence[str], styles: Sequence[RunStyle], fonts: FontLibrary) -> None:
        self._styles, self._fonts = styles, fonts
        self._han = han_language("".join(texts))

    def atoms(self, pieces: Sequence[tuple[str, int]]) -> list[Atom]:
        """The clusters of a line that is made of `(text, run)` pieces."""
        found: list[Atom] = []
        start = 0
        while start < len(pieces):
            run, end = pieces[start][1], start
            while end < len(pieces) and pieces[end][1] == run:
                end += 1
            owners = [piece for piece in range(start, end) for _ in pieces[piece][0]]
            used = 0
            for cluster, family in self._fonts.assign(
                "".join(text for text, _ in pieces[start:end]), self._styles[run].families[0]
            ):
                owner = owners[used]
                within = found[-1].place + 1 if found and found[-1].piece == owner else 0
                found.append(Atom(cluster, run, owner, within, family))
                used += len(cluster)
            start = end
        return found

    def paragraph(  # noqa: PLR0917  what a line is made of, then how it is painted
        self,
        atoms: Sequence[Atom],
        rtl: bool,
        factor: float,
        gaps: Gaps = NO_GAPS,
        ink: Ink | None = None,
        shows: Callable[[Atom], bool] | None = None,
    ) -> skia.textlayout.Paragraph:
        """One line. Without `ink` it is only measured; with `shows`, other clusters take their room unseen."""
        builder = skia.textlayout.ParagraphBuilder.make(
            skia.textlayout.ParagraphStyle(), self._fonts.collection, self._fonts.unicode
        )
        opened, closed = (_RLI, _PDI) if rtl else ("", "")
        for text, first, visible in _groups(atoms, shows):
            builder.pushStyle(self._text_style(first, factor, gaps, ink if visible else None, ink is not None))
            builder.addText(opened + text)
            builder.pop()
            opened = ""
        if closed and atoms:
            builder.pushStyle(self._text_style(atoms[-1], factor, NO_GAPS, None, ink is not None))
            builder.addText(opened + closed)
            builder.pop()
        paragraph = builder.Build()
        paragraph.layout(_ENDLESS)
        return paragraph

    def _text_style(
        self, atom: Atom, factor: float, gaps: Gaps, ink: Ink | None, painted: bool
    ) -> skia.textlayout.TextStyle:
        style = self._styles[atom.run]
        made = skia.textlayout.TextStyle()
        made.setFontFamilies([atom.family, *(name for name in style.families if name != atom.family)])
        made.setFontSize(style.size * factor)
        slant = skia.FontStyle.kItalic_Slant if style.italic else skia.FontStyle.kUpright_Slant
        weight = self._fonts.weight(atom.family, style.weight, style.italic)
        made.setFontStyle(skia.FontStyle(weight, skia.FontStyle.kNormal_Width, slant))
        # Letters that join cannot be drawn apart without breaking what they are.
        spacing = 0.0 if atom.cursive else style.spacing * factor
        made.setLetterSpacing(spacing + (gaps.ideograph if atom.ideographic else 0.0))
        made.setWordSpacing(gaps.word)
        language = style.language or (self._han if atom.family == _CJK else "")
        if language:
            made.setLocale(language)
        if ink is not None:
            paint = ink(atom.run)
            made.setForegroundPaint(paint)
            if style.underline:
                made.setDecoration(skia.textlayout.TextDecoration.kUnderline)
                made.setDecorationColor(paint.getColor())
        elif painted:
            made.setForegroundPaint(skia.Paint(_CLEAR))
        return made


def _groups(atoms: Sequence[Atom], shows: Callable[[Atom], bool] | None) -> list[tuple[str, Atom, bool]]:
    """Neighbours that are styled alike, as `(text, one of them, whether it is seen)`."""
    groups: list[tuple[str, Atom, bool]] = []
    key: tuple[object, ...] = ()
    for atom in atoms:
        visible = shows is None or shows(atom)
        own = (atom.run, atom.family, visible, atom.cursive, atom.ideographic)
        if groups and own == key:
            groups[-1] = (groups[-1][0] + atom.text, groups[-1][1], visible)
        else:
            groups.append((atom.text, atom, visible))
            key = own
    return groups
