"""Names of the document format and of the engine that draws it."""

from typing import Final, Literal

FORMAT: Final = "flatrender.composition/1"
"""The `format` of a composition document. A document of another major version is refused."""

type Format = Literal["flatrender.composition/1"]

ENGINE_VERSION: Final = "8"
"""Part of every chunk key. Raise it whenever the engine would draw the same document differently."""
