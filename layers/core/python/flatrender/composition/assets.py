"""What the composition package knows about an uploaded file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Rare(BaseModel):
    """A character of captions that only some fonts have, with its marks: the cue that says it first, or the beginning
    of that, and the second at which it does.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    cue: str
    start: float


class AssetInfo(BaseModel):
    """A file that a composition may name: its content hash, and what probing found. `width`/`height` are upright
    pixels, `duration` seconds; `slots` are what may be replaced in a Lottie, by name, and of which kind each is; `rare`
    is what captions say that not every font can draw; `ready` is false while the file is not yet probed; `size_bytes`
    is what it takes on a disk, where that is known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    sha256: str
    kind: Literal["image", "video", "audio", "svg", "lottie", "captions", "lut"]
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    has_audio: bool = False
    slots: dict[str, str] | None = None
    rare: list[Rare] | None = None
    ready: bool = True
    size_bytes: int | None = None
