"""Breaks text into lines: wrapping, shrinking to fit, balancing, ellipsis, base direction. Knows widths, not pixels."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flatrender.composition.graphemes import clusters
from flatrender.engine.text_breaks import is_space, plain, tokens

ELLIPSIS: Final = "\u2026"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that no line break may divide, `run` being the index of the run it belongs to.

    `space` pieces vanish at the end of a line; `glued` pieces must stay with the one before (a word that goes on in
    another run).
    """

    text: str
    run: int
    width: float
    space: bool = False
    glued: bool = False
    newline: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    pieces: tuple[Piece, ...]
    rtl: bool
    last: bool
    """Ends a paragraph: not justified."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`factor` is what all sizes are multiplied with; widths of the pieces are still at factor 1."""

    lines: tuple[Line, ...]
    factor: float
    cut: bool


def is_rtl(text: str) -> bool | None:
    """The direction of the first strong character; None without any."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return True
        if kind == "L":
            return False
    return None


def pieces(
    texts: Sequence[str], width: Callable[[str, int], float], thai: Callable[[], Collection[str]] = frozenset
) -> list[Piece]:
    """Cut runs into pieces; `width(text, run)` measures one at factor 1, `thai` gives the words of Thai.

    Where lines may break is seen in the whole text, so that a word or a sentence may go on in the next run.
    """
    texts = [plain(text) for text in texts]
    found: list[Piece] = []
    run, used = 0, 0
    for unit in tokens("".join(texts), thai):
        newline, space, first = unit == "\n", is_space(unit), True
        rest = unit
        while rest:
            while used == len(texts[run]):
                run, used = run + 1, 0
            part = rest[: len(texts[run]) - used]
            used, rest = used + len(part), rest[len(part) :]
            glued = not (first or space)
            found.append(Piece(part, run, 0.0 if newline else width(part, run), space, glued, newline))
            first = False
    return found


def _paragraphs(all_pieces: Sequence[Piece]) -> list[list[Piece]]:
    paragraphs: list[list[Piece]] = [[]]
    for piece in all_pieces:
        if piece.newline:
            paragraphs.append([])
        else:
            paragraphs[-1].append(piece)
    return paragraphs


def _words(paragraph: Sequence[Piece]) -> list[list[Piece]]:
    words: list[list[Piece]] = []
    for piece in paragraph:
        if piece.glued and words:
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _wrap(paragraph: Sequence[Piece], limit: float) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    used = pending = 0.0
    for word in _words(paragraph):
        width = sum(piece.width for piece in word)
        if word[0].space:
            if lines[-1]:
                lines[-1] += word
                pending += width
            continue
        if lines[-1] and used + pending + width > limit + 1e-3:
            while lines[-1] and lines[-1][-1].space:
                lines[-1].pop()
            lines.append([])
            used = pending = 0.0
        lines[-1] += word
        used += pending + width
        pending = 0.0
    while lines[-1] and lines[-1][-1].space:
        lines[-1].pop()
    return lines


def _length(line: Sequence[Piece]) -> float:
    return sum(piece.width for piece in line)


def _all_lines(paragraphs: Sequence[Sequence[Piece]], limit: float, direction: str) -> list[Line]:
    lines: list[Line] = []
    rtl = False
    for paragraph in paragraphs:
        own = is_rtl("".join(piece.text for piece in paragraph)) if direction == "auto" else direction == "rtl"
        rtl = rtl if own is None else own
        wrapped = _wrap(paragraph, limit)
        lines += [Line(tuple(line), rtl, i == len(wrapped) - 1) for i, line in enumerate(wrapped)]
    return lines


def _balanced(paragraphs: Sequence[Sequence[Piece]], limit: float, direction: str) -> list[Line]:
    """As many lines as greedy wrapping needs, but of even lengths."""
    lines = _all_lines(paragraphs, limit, direction)
    if not 1 < len(lines) <= 6:
        return lines
    low, high = limit / 3, limit
    for _ in range(10):
        middle = (low + high) / 2
        tried = _all_lines(paragraphs, middle, direction)
        fits = len(tried) == len(lines) and all(_length(line.pieces) <= limit for line in tried)
        low, high = (low, middle) if fits else (middle, high)
    return _all_lines(paragraphs, high, direction)


def lay_out(
    all_pieces: Sequence[Piece],
    *,
    width: float,
    height: float,
    line_height: Callable[[Line], float],
    measure: Callable[[str, int], float],
    max_lines: int | None,
    smallest: float,
    direction: Literal["auto", "ltr", "rtl"],
    balance: bool,
    largest: float = 1.0,
) -> Layout:
    """Fit the pieces into `width` x `height`.

    Takes the largest factor from `smallest` to `largest` at which everything fits, but 1 when both are; what does not
    fit even then is cut and ends in an ellipsis. `line_height(line)` is at factor 1.
    """
    paragraphs = _paragraphs(all_pieces)
    wrap = _balanced if balance else _all_lines

    def fits(factor: float) -> bool:
        lines = _all_lines(paragraphs, width / factor, direction)
        if max_lines is not None and len(lines) > max_lines:
            return False
        if sum(line_height(line) for line in lines) * factor > height + 0.5:
            return False
        return all(_length(line.pieces) * factor <= width + 0.5 for line in lines)

    factor = 1.0
    if fits(1.0):
        factor = _search(fits, 1.0, largest)
    elif smallest < 1.0:
        factor = _search(fits, smallest, 1.0) if fits(smallest) else smallest
    lines = wrap(paragraphs, width / factor, direction)
    return _cut(lines, factor, width, height, max_lines, line_height=line_height, measure=measure)


def _search(fits: Callable[[float], bool], low: float, high: float) -> float:
    """The largest factor from `low`, which fits, to `high` that does, to a thousandth or so."""
    if high <= low or fits(high):
        return max(low, high)
    while high - low > max(0.002, 0.004 * low):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _cut(
    lines: Sequence[Line],
    factor: float,
    width: float,
    height: float,
    max_lines: int | None,
    *,
    line_height: Callable[[Line], float],
    measure: Callable[[str, int], float],
) -> Layout:
    """The lines that have room, what was cut off marked by an ellipsis."""
    allowed, room = len(lines) if max_lines is None else max_lines, (height + 0.5) / factor + 1e-6
    kept: list[Line] = []
    for line in lines[:allowed]:
        room -= line_height(line)
        if room < 0 and kept:
            break
        kept.append(line)
    cut = len(kept) < len(lines)
    limit = width / factor
    for i, line in enumerate(kept):
        ends = cut and i == len(kept) - 1
        if ends or _length(line.pieces) > limit + 0.5 / factor + 1e-6:
            kept[i] = _shorten(line, limit, measure)
            cut = True
    return Layout(tuple(kept), factor, cut)


def _shorten(line: Line, limit: float, measure: Callable[[str, int], float]) -> Line:
    """The line cut so that it ends in an ellipsis and is no wider than `limit`."""
    kept = list(line.pieces)
    while kept:
        last = kept[-1]
        room = limit - _length(kept[:-1])
        text = last.text.rstrip(" .,;:،؛-")
        if text and measure(text + ELLIPSIS, last.run) > room:
            text = _longest(text, lambda part: measure(part + ELLIPSIS, last.run) <= room) if len(kept) == 1 else ""  # noqa: B023  used at once
        if text or len(kept) == 1:
            shown = text + ELLIPSIS
            kept[-1] = Piece(shown, last.run, measure(shown, last.run), False, last.glued)
            break
        kept.pop()
    return Line(tuple(kept), line.rtl, line.last)


def _longest(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of a text, in whole clusters, that fits; halving, because a word may be very long."""
    parts = clusters(text)
    low, high = 0, len(parts)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits("".join(parts[:middle])) else (low, middle - 1)
    return "".join(parts[:low])
