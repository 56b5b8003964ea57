"""The cues of a captions layer, from a file or from the document, and their words as runs of text."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from flatrender.composition import captions, limits
from flatrender.composition.captions import Caption, CaptionsFault, Word
from flatrender.composition.fonts import named, shipped
from flatrender.composition.layers_captions import CaptionsLayer, inline
from flatrender.composition.layers_text import Run
from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.layers_base import Kit
from flatrender.engine.layers_vector import run_style


def runs_of(words: Sequence[Word], layer: CaptionsLayer) -> tuple[list[str], list[Run], list[int]]:
    """Texts, their styles, and the word that each belongs to."""
    texts, made, of = [], [], []
    base = layer.style.weight or 400
    for index, word in enumerate(words):
        for number, span in enumerate(word.spans):
            last = number == len(word.spans) - 1
            texts.append(span.text + (word.after if last and index < len(words) - 1 else ""))
            made.append(
                Run(
                    text=texts[-1],
                    weight=min(900, max(700, base + 200)) if span.bold else None,
                    italic=True if span.italic else None,
                    underline=span.underline,
                )
            )
            of.append(index)
    return texts, made, of


def cues_of(layer: CaptionsLayer, kit: Kit) -> Sequence[Caption]:
    """What a layer shows. Raises UnreadableMedia for a file that is missing, is none, or cannot be written in the
    layer's font.
    """
    if layer.asset is None:
        cues: Sequence[Caption] = inline(layer)
    else:
        path = kit.assets.get(layer.asset)
        if path is None:
            raise UnreadableMedia(f"The captions {layer.asset} are missing.")
        family = run_style(None, layer.style, kit).families[0]
        cues = _file(path, path.stat().st_mtime_ns, family)
    return captions.divided(cues, layer.max_words) if layer.max_words else cues


@lru_cache(maxsize=4)
def _file(path: Path, _modified: int, family: str) -> Sequence[Caption]:
    """The cues of a file, read once for all chunks that a process draws."""
    try:
        with path.open("rb") as file:
            cues = captions.parse(file.read(limits.MAX_CAPTIONS_BYTES + 1))
    except CaptionsFault as fault:
        raise UnreadableMedia(f"The captions cannot be read. {fault}") from fault
    missing = shipped().missing("\n".join(cue.text for cue in cues), family)
    if missing:
        raise UnreadableMedia(f"No font has these characters of the captions: {named(missing)}.")
    return cues
