"""What is wrong with an input, and where."""

from pydantic import BaseModel, ConfigDict


class Fault(BaseModel):
    """One thing wrong with an input.

    `pointer` is a JSON pointer into what was sent (`/inputs/title`), `code` a stable word for programs,
    `message` a sentence a person can act on.
    """

    model_config = ConfigDict(frozen=True)

    pointer: str
    code: str
    message: str
