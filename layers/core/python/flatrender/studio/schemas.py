"""What comes in and goes out of the studio."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import Id
from flatrender.kernel.schemas import Request, Response

ProjectName = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Inputs = Annotated[dict[str, Any], Field(description="Values of the template's inputs by name.")]
Document = Annotated[dict[str, Any], Field(description="A document in the format flatrender.composition/1.")]


class ProjectCreate(Request):
    """A project is made from a template (`template_id`, perhaps with `inputs`) or from a `composition`."""

    name: ProjectName
    template_id: Id | None = None
    inputs: Inputs | None = None
    composition: Document | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template_id is None) == (self.composition is None):
            raise PydanticCustomError("project_source", "give either template_id or composition")
        if self.inputs is not None and self.template_id is None:
            raise PydanticCustomError("project_source", "inputs belong to a template; give template_id with them")
        return self


class ProjectPatch(Request):
    """A change of `revision`. `inputs` is a JSON merge patch: null takes a value back."""

    revision: Annotated[int, Field(ge=1)]
    name: ProjectName | None = None
    inputs: Inputs | None = None
    composition: Document | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.inputs is None and self.composition is None:
            raise PydanticCustomError("nothing_to_change", "give name, inputs or composition")
        return self


class ProjectSummary(Response):
    """`revision` counts changes from 1. Without a template, the project holds its own composition."""

    id: str
    name: str
    template_id: str | None
    template_version: int | None
    revision: int
    created_at: str
    updated_at: str


class Project(ProjectSummary):
    """`inputs` for a template's project, `composition` for any other."""

    inputs: dict[str, Any] | None
    composition: dict[str, Any] | None


class NamedAsset(Response):
    """A file that the project names; `available` is false when there is none, or it is not ready."""

    id: str
    available: bool
    kind: Literal["image", "video", "svg", "lottie", "audio", "captions", "lut"] | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


class Validation(Response):
    """Everything that is wrong, at once; `duration` in seconds when nothing is."""

    valid: bool
    faults: Sequence[Fault]
    duration: float | None
    assets: Sequence[NamedAsset]
