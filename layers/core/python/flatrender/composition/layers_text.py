"""Layers made of text: what is said, how it is set, and how it comes in."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flatrender.composition import limits
from flatrender.composition.layers_base import FontName, LayerBase, Stroke
from flatrender.composition.values import Box, Easing, Length, Paint, Strict, Weight


class Run(Strict):
    """A stretch of text; what is not given is taken from its layer."""

    text: Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)]
    font: FontName | None = None
    size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] | None = None
    weight: Weight | None = None
    italic: bool | None = None
    underline: bool = False
    fill: Paint | None = None
    """A gradient runs over the run alone."""


class TextAnimation(Strict):
    """Brings text in or out by lines, words or characters, each `stagger` seconds after the one before.

    In long texts they follow each other faster, so that the last one sets out `within` seconds at the latest. A
    character is what a reader takes for one, such as an emoji of a family; letters that join keep their shapes. Of
    texts with more than 400 of them words come instead, and lines of those with more than 400 words.
    `blur` sharpens from a blur, `tracking` draws letters together that came from `distance` further out, and
    `typewriter` lets them appear at once, `stagger` apart.
    """

    by: Literal["line", "word", "character"] = "word"
    preset: Literal["fade", "rise", "drop", "zoom", "slide", "blur", "tracking", "typewriter"] = "rise"
    duration: Annotated[float, Field(gt=0, le=10)] = 0.5
    stagger: Annotated[float, Field(ge=0, le=5)] = 0.08
    within: Annotated[float, Field(ge=0, le=60)] = 2.0
    distance: Annotated[float, Field(ge=0, le=1000)] = 40
    easing: Easing = "ease-out-quint"


class Plate(Strict):
    """A filled rectangle behind the text, as large as the text needs plus `padding` (`[horizontal, vertical]`)."""

    fill: Paint
    padding: Annotated[list[Length], Field(min_length=2, max_length=2)] = Field(default_factory=lambda: [24.0, 12.0])
    radius: Length = 0.0


class TextStyle(Strict):
    font: FontName = "theme:body"
    size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = 48
    weight: Weight | None = None
    italic: bool = False
    fill: Paint = "#ffffff"
    letter_spacing: Annotated[float, Field(ge=-0.2, le=2)] = 0.0
    line_height: Annotated[float, Field(ge=0.5, le=4)] = 1.2
    stroke: Stroke | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] | None = None
    """A BCP 47 tag such as `ja`, `zh-Hant`, `zh-HK` or `sr`, for shapes that differ between languages. Without one,
    Chinese characters are Japanese beside kana, Korean beside Hangul, traditional beside more characters that only
    these have, and else those of mainland China."""


class TextLayer(LayerBase):
    """Text wrapped into its box.

    `fit: shrink` makes it smaller, down to `min_size`, until it fits; what still does not fit ends in an ellipsis.
    `fit: grow` also makes it larger, up to `max_size`, until the box is full. Sizes are those of the largest run.
    `wrap: balance` makes lines of even length. `start` and `end` follow the direction of each paragraph.
    """

    type: Literal["text"]
    box: Box
    runs: Annotated[list[Run], Field(min_length=1, max_length=limits.MAX_RUNS)]
    style: TextStyle = Field(default_factory=TextStyle)
    align: Literal["start", "center", "end", "left", "right", "justify"] = "start"
    vertical: Literal["top", "middle", "bottom"] = "top"
    direction: Literal["auto", "ltr", "rtl"] = "auto"
    fit: Literal["none", "shrink", "grow"] = "shrink"
    min_size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = 16
    max_size: Annotated[float, Field(gt=0, le=limits.MAX_FONT_SIZE)] = limits.MAX_FONT_SIZE
    max_lines: Annotated[int, Field(ge=1, le=100)] | None = None
    wrap: Literal["greedy", "balance"] = "greedy"
    plate: Plate | None = None
    animation: TextAnimation | None = None
    exit_animation: TextAnimation | None = None


class CounterLayer(LayerBase):
    """A number that runs `from_value` → `to_value` over `count_duration` (default: the life of the layer)."""

    type: Literal["counter"]
    box: Box
    from_value: Annotated[float, Field(ge=-1e12, le=1e12)] = 0.0
    to_value: Annotated[float, Field(ge=-1e12, le=1e12)]
    count_duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)] | None = None
    easing: Easing = "ease-out"
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    grouping: bool = True
    digits: Literal["latin", "persian", "arabic"] = "latin"
    prefix: Annotated[str, StringConstraints(max_length=40)] = ""
    suffix: Annotated[str, StringConstraints(max_length=40)] = ""
    style: TextStyle = Field(default_factory=TextStyle)
    align: Literal["left", "center", "right"] = "center"
    vertical: Literal["top", "middle", "bottom"] = "middle"
