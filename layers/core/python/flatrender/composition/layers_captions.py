"""Captions as a layer: cues from a file or from the document, word by word where that is wanted."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import captions, limits
from flatrender.composition.captions import Caption, CaptionsFault
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.layers_text import Plate, TextStyle
from flatrender.composition.values import AnimatedColor, AssetId, Box, Coordinate, Seconds, Strict


class CueWord(Strict):
    """A word, and the second at which it is said."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    start: Seconds


class Cue(Strict):
    """What is shown from `start` until `end`, seconds of the layer: `text`, or `words` with their times.

    `text` may have `<b>`, `<i>`, `<u>` and WebVTT's word times.
    """

    start: Seconds
    end: Seconds
    text: Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_CAPTION_TEXT)] | None = None
    words: Annotated[list[CueWord], Field(min_length=1, max_length=limits.MAX_CUE_WORDS)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Cue":
        if (self.text is None) == (self.words is None):
            raise PydanticCustomError("cue", "needs either 'text' or 'words', and not both")
        return self


class Highlight(Strict):
    """How the word looks that is being said; `scale` makes it larger, so that others move aside, `plate` lies behind
    it.
    """

    fill: AnimatedColor = "#ffd84d"
    scale: Annotated[float, Field(ge=1, le=2)] = 1.0
    plate: Plate | None = None


def _plate() -> Plate:
    return Plate(fill="#000000b3", padding=[22.0, 10.0], radius=12.0)


class CaptionsLayer(LayerBase):
    """Captions from a file (`asset`, SRT or WebVTT) or from the document (`cues`), `offset` seconds later.

    Without `box` they lie in the lower part of the canvas, where players and phones leave them free. `max_words` shows
    longer cues in parts. `highlight` marks the word that is being said; with `animation: karaoke` it fills up and
    stays marked, with `pop` words come in as they are said.
    """

    type: Literal["captions"]
    asset: AssetId | None = None
    cues: Annotated[list[Cue], Field(min_length=1, max_length=limits.MAX_INLINE_CUES)] | None = None
    offset: Coordinate = 0.0
    box: Box | None = None
    style: TextStyle = Field(default_factory=lambda: TextStyle(size=54, weight=600))
    align: Literal["start", "center", "end", "left", "right"] = "center"
    vertical: Literal["top", "middle", "bottom"] = "bottom"
    direction: Literal["auto", "ltr", "rtl"] = "auto"
    max_lines: Annotated[int, Field(ge=1, le=6)] = 2
    max_words: Annotated[int, Field(ge=1, le=50)] | None = None
    min_size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = 16
    plate: Plate | None = Field(default_factory=_plate)
    highlight: Highlight | None = None
    animation: Literal["none", "karaoke", "pop"] = "none"

    @model_validator(mode="after")
    def _one_source(self) -> "CaptionsLayer":
        if (self.asset is None) == (self.cues is None):
            raise PydanticCustomError("captions", "needs either an 'asset' or 'cues', and not both")
        return self

    def texts(self) -> Iterator[tuple[str, str]]:
        """(pointer within the layer, text) of all that the document itself says."""
        for index, cue in enumerate(self.cues or ()):
            if cue.text is not None:
                yield f"cues/{index}/text", cue.text
            for number, word in enumerate(cue.words or ()):
                yield f"cues/{index}/words/{number}/text", word.text

    def seen(self, begin: float, until: float) -> list[Cue]:
        """The cues of the document that may be on screen between two seconds of the layer."""
        cues = self.cues or ()
        return [cue for cue in cues if cue.start + self.offset <= until and cue.end + self.offset >= begin]

    def problem(self) -> str | None:
        """What is wrong with the cues of the document."""
        if sum(len(text) for _, text in self.texts()) > limits.MAX_INLINE_CAPTIONS:
            return f"Cues within a document may have {limits.MAX_INLINE_CAPTIONS} characters; upload them as a file."
        try:
            inline(self)
        except CaptionsFault as fault:
            return str(fault)
        return None


def inline(layer: CaptionsLayer) -> list[Caption]:
    """The captions that the document itself says. Raises CaptionsFault."""

    def cues() -> Iterator[tuple[Caption, str]]:
        for index, cue in enumerate(layer.cues or ()):
            where = f"Cue {index + 1}"
            if cue.words is not None:
                words = [(word.text, word.start) for word in cue.words]
                yield captions.spoken(words, cue.start, cue.end, where), where
            else:
                yield captions.caption(cue.text or "", cue.start, cue.end, where), where

    return captions.ordered(cues())
