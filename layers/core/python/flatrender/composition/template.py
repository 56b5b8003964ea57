"""What a template is: a composition with holes, and the inputs that fill them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.values import AssetId, Color, Name, Strict

Label = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Labels = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], Label], Field(min_length=1, max_length=40)
]
"""A text per language (`en`, `fa`, …)."""


class InputBase(Strict):
    """One thing the user may fill in. `required` means that neither the default nor the user may leave it empty."""

    name: Name
    label: Labels
    help: Labels | None = None
    required: bool = False
    group: Label | None = None


class TextInput(InputBase):
    type: Literal["text"]
    default: Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)] = ""
    max_length: Annotated[int, Field(ge=1, le=limits.MAX_TEXT)] = 120
    multiline: bool = False
    direction: Literal["auto", "ltr", "rtl"] = "auto"


class ImageInput(InputBase):
    type: Literal["image"]
    default: AssetId | None = None


class VideoInput(InputBase):
    type: Literal["video"]
    default: AssetId | None = None


class AudioInput(InputBase):
    type: Literal["audio"]
    default: AssetId | None = None


class CaptionsInput(InputBase):
    type: Literal["captions"]
    default: AssetId | None = None


class LutInput(InputBase):
    """A table of colours (`.cube`), for the effect `lut`."""

    type: Literal["lut"]
    default: AssetId | None = None


class SvgInput(InputBase):
    """A drawing, for a layer of type `svg`: a logo that is sharp at any size."""

    type: Literal["svg"]
    default: AssetId | None = None


class LottieInput(InputBase):
    type: Literal["lottie"]
    default: AssetId | None = None


class ColorInput(InputBase):
    type: Literal["color"]
    default: Color


class Choice(Strict):
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    label: Labels


class ChoiceInput(InputBase):
    type: Literal["choice"]
    choices: Annotated[list[Choice], Field(min_length=1, max_length=limits.MAX_CHOICES)]
    default: str


class ToggleInput(InputBase):
    type: Literal["toggle"]
    default: bool = False


class NumberInput(InputBase):
    """A number from `min` to `max`; `step` is by how much a control moves it."""

    type: Literal["number"]
    default: float
    min: float
    max: float
    step: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "NumberInput":
        if self.min >= self.max:
            raise PydanticCustomError("number_range", "'max' must be larger than 'min'")
        return self


Input = Annotated[
    TextInput
    | ImageInput
    | VideoInput
    | SvgInput
    | LottieInput
    | AudioInput
    | CaptionsInput
    | LutInput
    | ColorInput
    | ChoiceInput
    | ToggleInput
    | NumberInput,
    Field(discriminator="type"),
]


class TemplateDefinition(Strict):
    """Metadata, declared inputs, and a composition in which `{"$input": name}` stands for a value.

    An object with `"when"` is left out unless it holds: `{"input": name, "is": value}`, `{"input": name, "in":
    [values]}` or `{"input": name, "set": true|false}`. `{"$input": name, "map": {value: anything}}` turns a choice
    or toggle into any value. In an expression, `input.name` is the value of a number or toggle.
    """

    format: Literal["flatrender.template/1"] = "flatrender.template/1"
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,47}$")]
    name: Labels
    description: Annotated[
        dict[str, Annotated[str, StringConstraints(max_length=600)]], Field(min_length=1, max_length=40)
    ]
    category: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,47}$")]
    tags: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=40)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    aspect: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]
    duration: Annotated[float, Field(gt=0, le=limits.MAX_DURATION)]
    inputs: Annotated[list[Input], Field(max_length=limits.MAX_INPUTS)] = Field(default_factory=list)
    composition: dict[str, Any]
