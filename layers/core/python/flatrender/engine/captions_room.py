"""Room for a word of captions that grows while it is said: words beside it move aside, and lines leave them room."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from flatrender.engine.layers_base import Bounds
from flatrender.engine.text import Unit
from flatrender.engine.text_layout import Layout

_INK: Final = 1.06
"""How tall letters are with what hangs below them and a little room, of their size."""
_LINE: Final = 1.21
"""From ascent to descent, which plates cover, of the size of the letters."""
_SPACE: Final = 0.25
"""How wide a space is, of the size of its letters."""


def line_height(given: float, scale: float, plate: float | None) -> float:
    """A line's height at which a word `scale` times as large meets no other line, with its plate if it has one; all of
    the size of its letters. `plate` is how far that sticks out above and below.
    """
    tall = scale * (_INK if plate is None else _LINE + 2 * plate)
    return max(given, (tall + _INK) / 2)


def word_widths(layout: Layout, words: Sequence[Unit]) -> list[float]:
    """How wide words are at the factor of their layout."""
    found = []
    for number, (line, first) in enumerate(words):
        after = words[number + 1] if number + 1 < len(words) else (line + 1, 0)
        pieces = layout.lines[line].pieces[first or 0 : after[1] if after[0] == line else None]
        found.append(layout.factor * sum(piece.width for piece in pieces if not piece.space))
    return found


def gain(width: float, scale: float, size: float, plate: float) -> float:
    """By how much a word takes more room in its line when it is `scale` times as large: with the spaces beside it, and
    with a plate that sticks out by `plate` on each side. `size` is that of its letters.
    """
    return (scale - 1) * (width + _SPACE * size) + 2 * scale * plate


def narrowed(layout: Layout, gains: Sequence[float], width: float, scale: float) -> float | None:
    """How wide lines may be so that they stay within `width` whichever word grows; None when they do already.

    `gains` are those of the words at the layout's factor.
    """
    most = max(gains, default=0.0)
    longest = max((sum(piece.width for piece in line.pieces) for line in layout.lines), default=0.0) * layout.factor
    return None if longest + most <= width else max(width / scale, width - most)


def anchor(align: Literal["start", "center", "end", "left", "right"], rtl: bool) -> float:
    """Where lines stay when they become longer: 0 on the left, 0.5 in the middle, 1 on the right."""
    if align == "center":
        return 0.5
    return 1.0 if align == "right" or (align == "start" and rtl) or (align == "end" and not rtl) else 0.0


def aside(boxes: Sequence[Bounds], lines: Sequence[int], gains: Mapping[int, float], fixed: float) -> list[float]:
    """How far each word moves to the right, when the words `gains` names become wider by so much.

    `boxes` are where words lie, `lines` the line of each; `fixed` is the `anchor`.
    """
    moved = [0.0] * len(boxes)
    for word, gain in gains.items():
        middle = boxes[word][0] + boxes[word][2]
        for index, box in enumerate(boxes):
            if lines[index] != lines[word]:
                continue
            side = 0.5 if index == word else float(box[0] + box[2] > middle)
            moved[index] += (side - fixed) * gain
    return moved
