"""What the catalogue answers."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from flatrender.kernel.schemas import Response


class TemplateFilter(BaseModel):
    """What is wanted from the catalogue; everything given must hold."""

    model_config = ConfigDict(frozen=True)

    category: str | None = Field(default=None, max_length=48, description="Code of a category.")
    tag: str | None = Field(default=None, max_length=40, description="A tag, in any case.")
    aspect: str | None = Field(default=None, pattern=r"^[1-9][0-9]?:[1-9][0-9]?$", description="Such as 16:9.")
    q: str | None = Field(
        default=None, max_length=200, description="Words; a match has one that begins with each of them."
    )


class TemplateSummary(Response):
    """`name` and `description` are texts per language, `duration` seconds, `preview_url` (a picture) and
    `preview_clip_url` (a short MP4 without sound) links that expire.
    """

    id: str
    version: int
    code: str
    name: dict[str, str]
    description: dict[str, str]
    category: str
    tags: Sequence[str]
    aspect: str
    duration: float
    preview_url: str | None
    preview_clip_url: str | None
    inputs_count: int
    published_at: str


class Choice(Response):
    value: str
    label: dict[str, str]


class InputField(Response):
    """Something to fill in; what does not apply to its `type` is null. An asset's default is the id of a file."""

    name: str
    type: Literal[
        "text", "image", "video", "svg", "lottie", "audio", "captions", "lut", "color", "choice", "toggle", "number"
    ]
    label: dict[str, str]
    help: dict[str, str] | None = None
    group: str | None = None
    required: bool
    default: str | bool | float | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    max_length: int | None = None
    multiline: bool | None = None
    direction: Literal["auto", "ltr", "rtl"] | None = None
    choices: Sequence[Choice] | None = None


class TemplateDetail(TemplateSummary):
    inputs: Sequence[InputField]


class Category(Response):
    code: str
    templates: int


class Categories(Response):
    data: Sequence[Category]
